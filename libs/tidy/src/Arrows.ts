/**
 * Imports point one way: contracts ← controllers, contracts ← backends; only scenarios and apps put the two together.
 *
 * The table below is the design's. Every import across projects must follow it, go through the other package's front door (its
 * name, or a subpath that its `exports` lists) and stand in the importing package's `package.json`, from which Nx and npm know of
 * it. Tests and the conformance suites under `src/testing/` may also use the root's development dependencies.
 */
import type { Finding } from "./Finding.ts"
import { type Import, importsOf, packageOf } from "./Import.ts"
import { type Project, projectAt } from "./Project.ts"
import type { SourceFile } from "./SourceFile.ts"

/** Which tags a project with the given tag may import. */
export const arrows: Readonly<Record<string, ReadonlyArray<string>>> = {
  contract: ["contract"],
  controller: ["contract"],
  backend: ["contract"],
  simulator: ["contract", "simulator"],
  scenario: ["contract", "controller", "backend", "simulator", "scenario"],
  app: ["contract", "controller", "backend", "simulator", "scenario"]
}

/** Arrows beside the table: what all controllers share. */
const sharedByControllers = "@capstan/runtime"

/** Packages that import nothing of ours, so that everything may rest on them. */
const standAlone = ["@capstan/api", "@capstan/kernel"]

const mayImport = (from: Project, to: Project): boolean => {
  if (standAlone.includes(from.name)) return false
  if (from.tag === "controller" && to.name === sharedByControllers) return true
  return arrows[from.tag]?.includes(to.tag) ?? false
}

const whereItBelongs = (from: Project, to: Project): string => {
  if (standAlone.includes(from.name)) return `${from.name} imports nothing of ours`
  const allowed = arrows[from.tag]?.join(", ") ?? "nothing: give it a tag under nx.tags in its package.json"
  const shared = from.tag === "controller" ? ` and ${sharedByControllers}` : ""
  return `a ${from.tag || "project without a tag"} may import ${allowed}${shared}, and ${to.name} is a ${to.tag}; what both need belongs in a contract`
}

const isTest = (project: Project, path: string): boolean =>
  path.startsWith(`${project.folder}/test/`) ||
  path.startsWith(`${project.folder}/bench/`) ||
  path.includes("/src/testing/")

/** Resolves `..` and `.` of a relative specifier against the folder of the importing file. */
export const resolveRelative = (path: string, specifier: string): string => {
  const parts = path.split("/").slice(0, -1)
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== ".") parts.push(part)
  }
  return parts.join("/")
}

/** Findings about one import of one file. */
const checkImport = (
  { line, specifier }: Import,
  file: SourceFile,
  project: Project,
  projects: ReadonlyArray<Project>,
  rootTools: ReadonlySet<string>
): ReadonlyArray<Finding> => {
  const finding = (rule: string, message: string): Finding => ({ path: file.path, line, rule, message })

  if (specifier.startsWith(".")) {
    if (resolveRelative(file.path, specifier).startsWith(`${project.folder}/`)) return []
    return [finding("arrows", `"${specifier}" leaves ${project.name}: import the other package by its name`)]
  }
  const name = packageOf(specifier)
  if (name === undefined) return []

  const target = projects.find((other) => other.name === name)
  const test = isTest(project, file.path)
  if (target === project)
    return test ? [] : [finding("arrows", `${name} imports itself by name: use the relative path`)]
  if (target !== undefined && !mayImport(project, target)) return [finding("arrows", whereItBelongs(project, target))]
  if (target !== undefined && specifier !== name && !target.doors.has(`.${specifier.slice(name.length)}`)) {
    return [finding("deep-import", `"${specifier}" reaches into ${name}: import what it exports by "${name}"`)]
  }
  if (test && rootTools.has(name)) return []
  if (!project.dependencies.has(name)) {
    return [
      finding("undeclared", `${name} is not among the dependencies in ${project.folder}/package.json: declare it there`)
    ]
  }
  if (!test && project.developmentOnly.has(name)) {
    return [
      finding(
        "undeclared",
        `${name} is only a devDependency of ${project.name}, and this file is shipped: make it a dependency`
      )
    ]
  }
  return []
}

/** Every import across a border, judged. `rootTools` are the root's devDependencies. */
export const checkArrows = (
  files: ReadonlyArray<SourceFile>,
  projects: ReadonlyArray<Project>,
  rootTools: ReadonlySet<string>
): ReadonlyArray<Finding> =>
  files.flatMap((file) => {
    const project = projectAt(projects, file.path)
    if (project === undefined) return []
    return importsOf(file).flatMap((one) => checkImport(one, file, project, projects, rootTools))
  })
