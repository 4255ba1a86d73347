/**
 * Rules about `package.json`, `tsconfig.json` and the lock file: exact versions, one version each, and one truth told twice.
 *
 * npm and Nx read dependencies from `package.json`, the compiler from the references in `tsconfig.json`; where the two differ, a
 * build is stale without a word. Ranges are banned since Effect still moves names between minor versions. The lock names no
 * registry, so that any mirror serves it, and holds the optional packages of all platforms, so that `npm ci` takes it anywhere.
 *
 * @source https://docs.npmjs.com/cli/configuring-npm/package-lock-json
 */
import { resolveRelative } from "./Arrows.ts"
import type { Finding } from "./Finding.ts"
import { lineNaming, type Project } from "./Project.ts"
import type { SourceFile } from "./SourceFile.ts"

const exact = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/

/** Versions are exact and the same everywhere; packages of the workspace are asked for as `*`. */
export const checkVersions = (projects: ReadonlyArray<Project>): ReadonlyArray<Finding> => {
  const own = new Set(projects.map((project) => project.name))
  const firstAsked = new Map<string, { readonly version: string; readonly by: string }>()
  return projects.flatMap((project) =>
    [...project.dependencies].flatMap(([name, version]) => {
      const { manifest } = project
      const finding = (message: string): Finding => ({
        path: manifest.path,
        line: lineNaming(manifest, name),
        rule: "version",
        message
      })
      if (own.has(name)) return version === "*" ? [] : [finding(`${name} stands in this workspace: ask for "*"`)]
      if (!exact.test(version)) return [finding(`${name} "${version}" is a range: pin the exact version`)]
      const first = firstAsked.get(name)
      if (first === undefined) firstAsked.set(name, { version, by: manifest.path })
      if (first === undefined || first.version === version) return []
      return [finding(`${name} is ${version} here and ${first.version} in ${first.by}: one version for all`)]
    })
  )
}

const referencesOf = (tsconfig: SourceFile): ReadonlyArray<string> => {
  const parsed: { readonly references?: ReadonlyArray<{ readonly path: string }> } = JSON.parse(tsconfig.text)
  return (parsed.references ?? []).map((reference) => resolveRelative(tsconfig.path, reference.path))
}

const missingFrom = <A>(all: Iterable<A>, some: ReadonlySet<A>): ReadonlyArray<A> =>
  [...all].filter((one) => !some.has(one))

/** The references of each `tsconfig.json` are the dependencies of its `package.json`, and the root refers to every project. */
export const checkReferences = (
  projects: ReadonlyArray<Project>,
  tsconfigs: ReadonlyArray<SourceFile>
): ReadonlyArray<Finding> => {
  const byName = new Map(projects.map((project) => [project.name, project]))
  return projects.flatMap((project) => {
    const isRoot = project.folder === ""
    const path = isRoot ? "tsconfig.json" : `${project.folder}/tsconfig.json`
    const tsconfig = tsconfigs.find((file) => file.path === path)
    const finding = (line: number, message: string): Finding => ({ path, line, rule: "references", message })
    if (tsconfig === undefined) return [finding(1, `${project.name} has no tsconfig.json`)]

    const needed = isRoot ? projects : [...project.dependencies.keys()].flatMap((name) => byName.get(name) ?? [])
    const wanted = new Set(needed.map((other) => other.folder).filter((folder) => folder !== ""))
    const given = new Set(referencesOf(tsconfig))
    const source = isRoot ? "the workspace" : "the dependencies in package.json"
    return [
      ...missingFrom(wanted, given).map((folder) => finding(1, `add a reference to ${folder}, as in ${source}`)),
      ...missingFrom(given, wanted).map((folder) => finding(1, `${folder} is referred to, but is not in ${source}`))
    ]
  })
}

interface LockEntry {
  readonly resolved?: string
  readonly link?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** The lock names no registry host and leaves out no platform's package. */
export const checkLock = (lock: SourceFile): ReadonlyArray<Finding> => {
  const parsed: { readonly packages: Readonly<Record<string, LockEntry>> } = JSON.parse(lock.text)
  const locked = new Set(Object.keys(parsed.packages).map((path) => path.split("node_modules/").at(-1)))
  return Object.entries(parsed.packages).flatMap(([path, entry]) => {
    const finding = (message: string): Finding => ({
      path: lock.path,
      line: lineNaming(lock, path),
      rule: "lock",
      message
    })
    const optional = Object.entries(entry.optionalDependencies ?? {}).filter(([, version]) => exact.test(version))
    return [
      ...(entry.link !== true && entry.resolved?.includes("://")
        ? [finding(`${path} names where it was fetched from: run npm install with the .npmrc of this project`)]
        : []),
      ...optional
        .filter(([name]) => !locked.has(name))
        .map(([name]) =>
          finding(`${name}, an optional part of ${path}, is missing: run node scripts/complete-lock.mjs`)
        )
    ]
  })
}
