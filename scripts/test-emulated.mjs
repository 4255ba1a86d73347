#!/usr/bin/env node
/**
 * `npm run test:emulated [-- ARGUMENTS OF capstan test]`: a scenario against a moto server of this project's own.
 *
 * The quick start with an instance kill and a zone outage unless another is named. Exit code 3 when there is no emulator to be
 * had, else `capstan test`'s own.
 *
 * @source docs/guides/emulators.md
 */
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { NoMoto, withMoto } from "./moto.mjs"
import { runChild } from "./run-child.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const given = process.argv.slice(2)
const wanted = given.length > 0 ? given : ["catalogue:quick-start/kill-and-outage", "--seed", "1"]

try {
  process.exitCode = await withMoto((url) =>
    runChild(
      process.execPath,
      [join(root, "apps", "capstan", "src", "main.ts"), "test", ...wanted, "--backend", "emulated", "--endpoint", url],
      { stdio: ["ignore", "inherit", "inherit"] }
    )
  )
} catch (error) {
  if (!(error instanceof NoMoto)) throw error
  process.stderr.write(`test:emulated: SKIPPED: ${error.message}\n`)
  process.exitCode = 3
}
