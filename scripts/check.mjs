/**
 * `npm run check`: everything that can be said about the code without running it.
 *
 * Types, Effect's diagnostics, lint, format, what is generated and tidiness. All parts run, even after one has failed; the exit code is 1 if any did.
 */
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { runChild } from "./run-child.mjs"
import { runNx } from "./run-nx.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const shell = process.platform === "win32"

// oxlint and oxfmt print colours wherever CI is set, even under NO_COLOR.
const { CI: _, ...env } = process.env
const run = (command, args, cwd = root) =>
  runChild(command, args, { cwd, env, shell, stdio: ["ignore", "inherit", "inherit"] })

const parts = [
  { title: "types", run: () => run("tsc", ["-b"]) },
  { title: "Effect diagnostics", run: () => runNx(["run-many", "-t", "diagnose"]) },
  { title: "lint", run: () => run("oxlint", ["--deny-warnings"]) },
  { title: "format", run: () => run("oxfmt", ["--check", "."]) },
  { title: "names on the AWS wire", run: () => run("node", [join(root, "scripts", "aws-names.mjs"), "--check"]) },
  { title: "fidelity page", run: () => run("node", [join(root, "scripts", "fidelity.mjs"), "--check"]) },
  {
    title: "tidy",
    run: () =>
      run(
        "vitest",
        ["run", "--config", "../../vitest.config.ts", "test/Repository.test.ts"],
        join(root, "libs", "tidy")
      )
  }
]

const verdicts = []
for (const { run: perform, title } of parts) {
  process.stdout.write(`\n# ${title}\n`)
  const code = await perform()
  if (code > 128) process.exit(code)
  verdicts.push(`${code === 0 ? "ok    " : "FAILED"}  ${title}`)
}

process.stdout.write(`\n${verdicts.join("\n")}\n`)
process.exitCode = verdicts.some((verdict) => verdict.startsWith("FAILED")) ? 1 : 0
