/**
 * No circles: neither between projects nor between files.
 *
 * In a circle no part can be read, tested or moved without the others. Between files only imports that are there at run time
 * count: two types may name each other.
 */
import { resolveRelative } from "./Arrows.ts"
import type { Finding } from "./Finding.ts"
import { importsOf } from "./Import.ts"
import { lineNaming, type Project } from "./Project.ts"
import type { SourceFile } from "./SourceFile.ts"

/** From each node to its neighbours, in the order in which they are named. */
type Graph = ReadonlyMap<string, ReadonlyArray<string>>

/** One circle for each place where a walk through the graph comes back to its own path: `a, b, c` for a → b → c → a. */
export const circlesOf = (graph: Graph): ReadonlyArray<ReadonlyArray<string>> => {
  const circles: Array<ReadonlyArray<string>> = []
  const done = new Set<string>()
  const walk = (node: string, path: ReadonlyArray<string>): void => {
    if (path.includes(node)) circles.push(path.slice(path.indexOf(node)))
    if (path.includes(node) || done.has(node)) return
    for (const next of graph.get(node) ?? []) walk(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) walk(node, [])
  return circles
}

const tell = (circle: ReadonlyArray<string>): string => [...circle, circle[0]].join(" → ")

/** Circles of imports between files. */
export const checkFileCircles = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Finding> => {
  const known = new Set(files.map((file) => file.path))
  const imports = new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter((one) => !one.typeOnly && one.specifier.startsWith("."))
        .map((one) => ({ path: resolveRelative(file.path, one.specifier), line: one.line }))
        .filter((one) => known.has(one.path))
    ])
  )
  const graph = new Map([...imports].map(([path, targets]) => [path, targets.map((target) => target.path)]))
  return circlesOf(graph).map((circle) => {
    const [first = "", second = first] = circle
    const line = imports.get(first)?.find((one) => one.path === second)?.line ?? 1
    return {
      path: first,
      line,
      rule: "circles",
      message: `${tell(circle)}: move what they share into a file of its own`
    }
  })
}

/** Circles of dependencies between projects. */
export const checkProjectCircles = (projects: ReadonlyArray<Project>): ReadonlyArray<Finding> => {
  const byName = new Map(projects.map((project) => [project.name, project]))
  const graph = new Map(
    projects.map((project) => [project.name, [...project.dependencies.keys()].filter((name) => byName.has(name))])
  )
  return circlesOf(graph).flatMap((circle) => {
    const first = byName.get(circle[0] ?? "")
    if (first === undefined) return []
    const line = lineNaming(first.manifest, circle[1] ?? first.name)
    return [
      {
        path: first.manifest.path,
        line,
        rule: "circles",
        message: `${tell(circle)}: move what they share into a contract`
      }
    ]
  })
}
