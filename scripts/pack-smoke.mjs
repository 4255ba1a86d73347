/**
 * Proves that the packed command line works elsewhere: packs it, installs the tarball in an empty project in a temporary folder,
 * and runs a scenario there as a user would.
 *
 *     node scripts/pack-smoke.mjs [scenario file, by default the shortest of the catalogue]
 *
 * Runs on the machine's own Node, also one that is too old for capstan, since that is what users have.
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const catalogue = join(root, "scenarios", "catalogue")
const shell = process.platform === "win32"

/** Runs a command, shows it with its output, and stops everything when it fails. Gives what it printed on stdout. */
const run = (cwd, command, ...args) => {
  process.stdout.write(`$ ${[command, ...args].join(" ")}\n`)
  const { status, stdout } = spawnSync(command, args, {
    cwd,
    shell,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"]
  })
  process.stdout.write(stdout ?? "")
  if (status === 0) return stdout
  throw new Error(`${[command, ...args].join(" ")} ended with exit code ${status}`)
}

const yamlFiles = () =>
  readdirSync(catalogue, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.ya?ml$/.test(path) && !/(?:^|[\\/])(?:node_modules|dist)[\\/]/.test(path))
    .sort()

/** The shortest scenario of the catalogue, as a path below it. */
const shortestScenario = () => {
  const sized = yamlFiles()
    .map((path) => ({ path, text: readFileSync(join(catalogue, path), "utf8") }))
    .filter(({ text }) => /^kind: Scenario$/m.test(text))
    .sort((a, b) => a.text.length - b.text.length)
  const [shortest] = sized
  if (shortest === undefined) throw new Error(`there is no scenario below ${catalogue}`)
  return shortest.path
}

const project = mkdtempSync(join(tmpdir(), "capstan-smoke-"))
try {
  const tarball = run(root, "npm", "run", "--silent", "pack:cli").trim().split("\n").at(-1)
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "smoke", version: "1.0.0", private: true }))
  run(project, "npm", "install", "--save-dev", "--no-audit", "--no-fund", "--loglevel=error", join(root, tarball))

  const scenario = process.argv[2] ?? shortestScenario()
  for (const path of yamlFiles()) {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    cpSync(join(catalogue, path), join(project, path))
  }
  const folder = join(project, dirname(scenario))
  renameSync(join(project, scenario), join(folder, "my-scenario.yaml"))

  run(project, "npx", "capstan", "--help")
  const report = run(folder, "npx", "capstan", "test", "my-scenario.yaml")
  if (report.trim() === "") throw new Error("capstan test printed nothing")
  run(folder, "npx", "capstan", "test", "my-scenario.yaml", "--reporter", "html=report.html")
  const page = readFileSync(join(folder, "report.html"), "utf8")
  if (!page.includes('<script type="application/x-capstan-trace"')) throw new Error("the page holds no run")
  process.stdout.write(`${tarball} works in an empty project\n`)
} catch (error) {
  process.stderr.write(`pack-smoke: ${error.message}\n`)
  process.exitCode = 1
} finally {
  rmSync(project, { recursive: true, force: true })
}
