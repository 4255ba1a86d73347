#!/usr/bin/env node
/**
 * `npm run conformance:aws [-- --endpoint URL]`: the conformance suite of the AWS waist, through the SDK, against an emulator.
 *
 * Without an endpoint it starts a moto server of its own. Where a Docker engine answers and LOCALSTACK_AUTH_TOKEN is set,
 * LocalStack in a container follows, which is told and not judged; else it is said why not. Exit code 3 when moto is not to be
 * had, else the tests' own.
 *
 * @source https://docs.getmoto.org/en/latest/docs/server_mode.html
 * @source https://docs.localstack.cloud/references/docker-images/
 */
import { spawnSync } from "node:child_process"
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

const localStackMillisMax = 60_000

/** The token goes through the environment, so that no list of processes shows it. */
const localStackImage = process.env["LOCALSTACK_IMAGE"] ?? "localstack/localstack:stable"

const docker = (...words) => {
  const { error, status, stderr, stdout } = spawnSync("docker", words, { encoding: "utf8" })
  if (error !== undefined) return { problem: error.message }
  return status === 0 ? { told: stdout.trim() } : { problem: stderr.trim() || `it ended with ${status}` }
}

/** Why LocalStack cannot be had here; `undefined` when it can. */
const withoutLocalStack = () => {
  if (!process.env["LOCALSTACK_AUTH_TOKEN"]) return "LOCALSTACK_AUTH_TOKEN is not set"
  const { problem } = docker("version", "--format", "{{.Server.Version}}")
  return problem === undefined ? undefined : `no Docker engine answers (${problem})`
}

/** Runs the suite against LocalStack in a container, and takes the container away again. */
const testLocalStack = async () => {
  const { problem, told: container } = docker(
    ...["run", "--detach", "--rm", "--publish", "127.0.0.1:0:4566", "--env", "LOCALSTACK_AUTH_TOKEN", localStackImage]
  )
  if (problem !== undefined) {
    say(`${localStackImage} does not start: ${problem}`)
    return 1
  }
  try {
    const { told: address } = docker("port", container, "4566/tcp")
    const url = `http://${address?.split("\n")[0]}`
    const end = Date.now() + localStackMillisMax
    const healthy = () =>
      fetch(`${url}/_localstack/health`).then(
        ({ ok }) => ok,
        () => false
      )
    while (!(await healthy())) {
      if (Date.now() > end) {
        say(`LocalStack at ${url} is not healthy after ${localStackMillisMax / 1000} s`)
        return 1
      }
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    say(`LocalStack listens at ${url}`)
    return await test(url)
  } finally {
    docker("rm", "--force", container)
  }
}

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

if (given === undefined) {
  const why = withoutLocalStack()
  if (why !== undefined) say(`LocalStack: SKIPPED: ${why}`)
  else if ((await testLocalStack()) === 0) say("LocalStack: passed")
  else
    say(
      "LocalStack: differs as shown above; told and not judged, since its differences are not sorted from faults of ours"
    )
}
