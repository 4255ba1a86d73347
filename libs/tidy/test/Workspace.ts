/** A small workspace for the tables of this package: one project for each tag. */
import { type Project, projectOf } from "../src/Project.ts"

/** A project with the given dependencies, written as npm wants them. */
export const project = (
  folder: string,
  name: string,
  tag: string,
  dependencies: Readonly<Record<string, string>> = {},
  more: object = {}
): Project =>
  projectOf({
    path: `${folder}/package.json`,
    text: JSON.stringify({ name, nx: { tags: [tag] }, dependencies, ...more }, null, 2)
  })

/** All names of {@link workspace}, declared. */
const everything = Object.fromEntries(
  ["api", "kubernetes", "runtime", "core", "aws-live", "kernel", "simulator-aws", "engine", "cli"].map((name) => [
    `@capstan/${name}`,
    "*"
  ])
)

export const workspace: ReadonlyArray<Project> = [
  project("libs/contracts/api", "@capstan/api", "contract", everything),
  project("libs/contracts/kubernetes", "@capstan/kubernetes", "contract", everything, {
    exports: { ".": "", "./testing": "" }
  }),
  project("libs/controllers/runtime", "@capstan/runtime", "controller", everything),
  project("libs/controllers/core", "@capstan/core", "controller", everything, { devDependencies: { yaml: "2.9.1" } }),
  project("libs/backends/aws-live", "@capstan/aws-live", "backend", everything),
  project("simulator/kernel", "@capstan/kernel", "simulator", everything),
  project("simulator/aws", "@capstan/simulator-aws", "simulator", everything),
  project("scenarios/engine", "@capstan/engine", "scenario", everything),
  project("apps/capstan", "@capstan/cli", "app", everything),
  project("apps/manager", "@capstan/manager", "app", everything)
]
