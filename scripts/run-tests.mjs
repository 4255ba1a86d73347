/**
 * `npm test`: the tests of all projects, those of unchanged projects from Nx's cache, and one line with the sum at the end.
 *
 * Vitest leaves its counts as JSON per project, which Nx caches together with the output; the sum is taken over these files. A
 * project that fails without a failed test (a file that cannot be loaded, a crash) counts as one failure, so the last line never
 * says `0 failed` when the exit code is 1. Arguments go to Nx: `npm test -- -p @capstan/kernel`.
 *
 * @source https://nx.dev/docs/reference/nx-commands#nx-run-many
 */
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { runNx } from "./run-nx.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const resultsFolder = join(root, ".capstan", "test-results")

/** Passed and failed tests of one project, from vitest's JSON report. A test file that could not run is one failure. */
const countsOf = (report) => {
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")
  )
  const failed = report.numFailedTests + brokenFiles.length
  return { passed: report.numPassedTests, failed: failed === 0 && !report.success ? 1 : failed }
}

// Nx puts cached results back; whatever is here then belongs to this run.
rmSync(resultsFolder, { recursive: true, force: true })
const code = await runNx(["run-many", "-t", "test", ...process.argv.slice(2)])

const reports = existsSync(resultsFolder)
  ? readdirSync(resultsFolder).map((file) => countsOf(JSON.parse(readFileSync(join(resultsFolder, file), "utf8"))))
  : []
const sum = (key) => reports.reduce((total, counts) => total + counts[key], 0)
const passed = sum("passed")
const failed = code !== 0 && sum("failed") === 0 ? 1 : sum("failed")

process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = code === 0 && failed > 0 ? 1 : code
