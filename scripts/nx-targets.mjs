/**
 * Tells Nx what can be done with a project, so that no project has to say it.
 *
 * Every folder of the workspace globs with a `package.json` gets the same four targets: `typecheck`, `diagnose` (Effect's own
 * diagnostics), `lint`, and `test` when it has a `test` folder. All are cached by the files that they read. Arrows between
 * projects come from the `package.json` dependencies alone: Nx's source analysis cannot run on TypeScript 7.
 *
 * @source https://nx.dev/docs/extending-nx/project-graph-plugins
 */
import { existsSync } from "node:fs"
import { dirname, join, relative } from "node:path"

export const name = "capstan-targets"

/** Where the `test` target of the project in folder `root` leaves vitest's counts, from the workspace's root. */
export const testResultsFile = (root) => `.capstan/test-results/${root.replaceAll("/", "-")}.json`

const command = (line, cwd, rest) => ({
  executor: "nx:run-commands",
  options: { command: line, cwd, color: false },
  cache: true,
  ...rest
})

const targetsOf = (root, workspaceRoot) => {
  const up = relative(root, ".").replaceAll("\\", "/")
  const ownAndUsed = ["default", "^production"]
  const targets = {
    typecheck: command(`tsc -b ${root}`, ".", {
      dependsOn: ["^typecheck"],
      inputs: ownAndUsed,
      outputs: ["{projectRoot}/dist"]
    }),
    diagnose: command(`effect-tsgo diagnostics --project ${root}/tsconfig.json --format text`, ".", {
      inputs: ownAndUsed
    }),
    lint: command(`oxlint --deny-warnings ${root}`, ".", { inputs: ownAndUsed })
  }
  if (!existsSync(join(workspaceRoot, root, "test"))) return targets
  const results = testResultsFile(root)
  return {
    ...targets,
    test: command(
      `vitest run --config ${up}/vitest.config.ts --reporter=default --reporter=json --outputFile.json=${up}/${results}`,
      root,
      { inputs: [...ownAndUsed, { env: "CAPSTAN_UPSTREAM_DIR" }], outputs: [`{workspaceRoot}/${results}`] }
    )
  }
}

export const createNodes = [
  "{libs/contracts/*,libs/controllers/*,libs/backends/*,libs/tidy,simulator/*,scenarios/*,apps/*}/package.json",
  (files, _options, { workspaceRoot }) =>
    files.map((file) => {
      const root = dirname(file)
      return [file, { projects: { [root]: { root, targets: targetsOf(root, workspaceRoot) } } }]
    })
]
