#!/usr/bin/env node
/**
 * `npm run conformance:aws [-- --endpoint URL]`: the conformance suite of the AWS waist, through the SDK, against an emulator.
 *
 * Without an endpoint it starts a moto server of its own. Exit code 3 when there is no emulator to be had, else the tests' own.
 *
 * @source https://docs.getmoto.org/en/latest/docs/server_mode.html
 */
import { motoFolder, NoMoto, withMoto } from "./moto.mjs"
import { runChild } from "./run-child.mjs"

const say = (text) => process.stderr.write(`conformance:aws: ${text}\n`)

const test = (endpoint) =>
  runChild("vitest", ["run"], {
    cwd: motoFolder,
    env: { ...process.env, CAPSTAN_CONFORMANCE_ENDPOINT: endpoint },
    shell: process.platform === "win32",
    stdio: ["ignore", "inherit", "inherit"]
  })

const flags = process.argv.slice(2)
const [flag, given] = flags
if (flags.length > 0 && (flag !== "--endpoint" || given === undefined || !URL.canParse(given) || flags.length > 2)) {
  say("usage: npm run conformance:aws [-- --endpoint http://127.0.0.1:5000]")
  process.exit(2)
}
try {
  process.exitCode = given === undefined ? await withMoto(test) : await test(given)
} catch (error) {
  if (!(error instanceof NoMoto)) throw error
  say(`SKIPPED: ${error.message}`)
  process.exitCode = 3
}
