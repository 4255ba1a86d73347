/**
 * Reads the repository's files and applies every rule to them.
 *
 * The files are those that git knows or would add; without git, all but what is never committed. This is the only place of the
 * package that touches a disk.
 *
 * @source https://git-scm.com/docs/git-ls-files
 */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { allowList, withoutAllowed } from "./AllowList.ts"
import { checkArrows } from "./Arrows.ts"
import { checkFileCircles, checkProjectCircles } from "./Circles.ts"
import { checkClocksAndChance } from "./ClocksAndChance.ts"
import type { Finding } from "./Finding.ts"
import { checkLock, checkReferences, checkVersions } from "./Manifests.ts"
import { projectOf } from "./Project.ts"
import type { SourceFile } from "./SourceFile.ts"
import { checkDrawers, checkFrontDoors, checkHeaders, checkNames, checkUnfinished } from "./Words.ts"

const neverCommitted = new Set(["node_modules", "dist", ".git", ".nx", ".capstan"])

const walk = (root: string, folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (neverCommitted.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(root, path) : [relative(root, path).replaceAll("\\", "/")]
  })

const pathsOf = (root: string): ReadonlyArray<string> => {
  const git = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024
  })
  return git.status === 0 ? git.stdout.split("\0").filter((path) => path !== "") : walk(root, root)
}

/** The files that rules read, sorted by path: code, and the manifests. */
export const readRepository = (root: string): ReadonlyArray<SourceFile> =>
  [...new Set(pathsOf(root))]
    .filter((path) => /\.(?:tsx?|mjs|js)$|(?:^|\/)(?:package|tsconfig|package-lock)\.json$/.test(path))
    .filter((path) => existsSync(join(root, path)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))

/** Everything that is out of order in these files, sorted by place. */
export const checkRepository = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Finding> => {
  const named = (name: string): ReadonlyArray<SourceFile> =>
    files.filter((file) => file.path === name || file.path.endsWith(`/${name}`))
  const code = files.filter((file) => !file.path.endsWith(".json"))
  const projects = named("package.json").map(projectOf)
  const workspace = projects.filter((project) => project.folder !== "")
  const rootTools = projects.find((project) => project.folder === "")?.developmentOnly ?? new Set()

  const findings = [
    ...checkArrows(code, workspace, rootTools),
    ...checkProjectCircles(workspace),
    ...checkFileCircles(code),
    ...checkClocksAndChance(code),
    ...checkHeaders(code),
    ...checkDrawers(code),
    ...checkNames(code),
    ...checkFrontDoors(code),
    ...checkUnfinished(code),
    ...checkVersions(projects),
    ...checkReferences(projects, named("tsconfig.json")),
    ...files.filter((file) => file.path === "package-lock.json").flatMap(checkLock)
  ]
  return withoutAllowed(findings, allowList).toSorted((a, b) =>
    a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1
  )
}
