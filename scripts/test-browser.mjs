/**
 * `npm run test:browser [-- --install]`: reports as a person meets them, in Chromium, from a disk.
 *
 * It takes the Chromium that is on PATH, or the one that `CHROMIUM` names. Where there is none, `--install` has Debian's package
 * manager bring one, as root, which a build machine is; else it is said aloud that nothing was tested. Exit code 3 when there is
 * none to be had, else the tests' own.
 *
 * @source https://packages.debian.org/stable/chromium
 */
import { spawnSync } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { findChromium } from "../scenarios/report/src/testing/Chromium.ts"
import { runChild } from "./run-child.mjs"

const tests = join(dirname(dirname(fileURLToPath(import.meta.url))), "scenarios", "report", "test", "browser")
const say = (text) => process.stderr.write(`test:browser: ${text}\n`)

/** Why it could not be installed; `undefined` when it was. */
const install = () => {
  const steps = [
    ["apt-get", "update", "-q"],
    ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
  ]
  for (const [command, ...words] of steps) {
    const { error, status } = spawnSync(command, words, {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "ignore", "inherit"]
    })
    if (error !== undefined || status !== 0) {
      return `\`${[command, ...words].join(" ")}\` ${error === undefined ? `ended with ${status}` : error.message}`
    }
  }
  return undefined
}

if (findChromium() === undefined && process.argv.includes("--install")) {
  say("there is no Chromium on this machine; installing Debian's")
  const problem = install()
  if (problem !== undefined) say(problem)
}
if (findChromium() === undefined) {
  say("nothing was tested: there is no Chromium. Install one, or give the path of one in CHROMIUM.")
  process.exitCode = 3
} else {
  process.exitCode = await runChild("vitest", ["run"], {
    cwd: tests,
    shell: process.platform === "win32",
    stdio: ["ignore", "inherit", "inherit"]
  })
}
