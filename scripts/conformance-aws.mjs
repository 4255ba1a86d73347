#!/usr/bin/env node
/**
 * `npm run conformance:aws [-- --endpoint URL]`: the conformance suite of the AWS waist, through the SDK, against an emulator.
 *
 * Without an endpoint it starts a moto server of its own on a free port of the loopback address and ends it again. moto comes from
 * PyPI into `.capstan/moto`, once; Python 3.9 or newer has to be there. Where a Docker engine answers and LOCALSTACK_AUTH_TOKEN is
 * set, LocalStack in a container follows, which is told and not judged; else it is said why not. Exit code 3 when moto is not to be
 * had, else the tests' own.
 *
 * @source https://docs.getmoto.org/en/latest/docs/server_mode.html
 * @source https://docs.localstack.cloud/references/docker-images/
 */
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { runChild } from "./run-child.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, "libs", "backends", "aws-live", "test", "moto")
const home = join(root, ".capstan", "moto")
const bin = join(home, process.platform === "win32" ? "Scripts" : "bin")
const startMillisMax = 60_000

const say = (text) => process.stderr.write(`conformance:aws: ${text}\n`)

const giveUp = (text) => {
  say(text)
  process.exit(3)
}

/** moto in an environment of the project's own; brought when it is not there as the requirements ask for it. */
const install = () => {
  const requirements = join(folder, "requirements.txt")
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex")
  const stamp = join(home, "installed")
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  const python = ["python3", "python"].find((name) => spawnSync(name, ["--version"]).status === 0)
  if (python === undefined)
    giveUp("SKIPPED: there is no Python on this machine; install Python 3.9 or newer, or give --endpoint URL")
  mkdirSync(home, { recursive: true })
  for (const command of [
    [python, "-m", "venv", home],
    [join(bin, "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
  ]) {
    const { status } = spawnSync(command[0], command.slice(1), { stdio: ["ignore", "inherit", "inherit"] })
    if (status !== 0) giveUp(`SKIPPED: moto could not be installed: \`${command.join(" ")}\` ended with ${status}`)
  }
  writeFileSync(stamp, wanted)
}

/** Starts a moto server; resolves with it and its address once it listens. */
const start = () =>
  new Promise((resolve, reject) => {
    const server = spawn(join(bin, "moto_server"), ["-H", "127.0.0.1", "-p", "0"], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        MOTO_AMIS_PATH: join(folder, "images.json"),
        MOTO_ENABLE_AMI_VALIDATION: "true",
        MOTO_ENABLE_KEYPAIR_VALIDATION: "true",
        MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: "true"
      }
    })
    let told = ""
    const late = setTimeout(() => {
      server.kill()
      reject(new Error(`no word of its address within ${startMillisMax / 1000} s:\n${told}`))
    }, startMillisMax)
    const listen = (chunk) => {
      // Each call is a line of its own later on: nobody needs them.
      if (told.length < 10_000) told += chunk
      const [, url] = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(told) ?? []
      if (url === undefined) return
      clearTimeout(late)
      resolve({ server, url })
    }
    server.stdout.on("data", listen)
    server.stderr.on("data", listen)
    server.on("error", reject)
    server.on("exit", (code) => reject(new Error(`it ended with ${code}:\n${told}`)))
  })

const test = (endpoint) =>
  runChild("vitest", ["run"], {
    cwd: folder,
    env: { ...process.env, CAPSTAN_CONFORMANCE_ENDPOINT: endpoint },
    shell: process.platform === "win32",
    stdio: ["ignore", "inherit", "inherit"]
  })

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
    const end = Date.now() + startMillisMax
    const healthy = () =>
      fetch(`${url}/_localstack/health`).then(
        ({ ok }) => ok,
        () => false
      )
    while (!(await healthy())) {
      if (Date.now() > end) {
        say(`LocalStack at ${url} is not healthy after ${startMillisMax / 1000} s`)
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
if (given !== undefined) process.exitCode = await test(given)
else {
  install()
  const { server, url } = await start().catch((error) => giveUp(`SKIPPED: moto did not start: ${error.message}`))
  say(`moto listens at ${url}`)
  try {
    process.exitCode = await test(url)
  } finally {
    server.kill()
  }
  const why = withoutLocalStack()
  if (why !== undefined) say(`LocalStack: SKIPPED: ${why}`)
  else if ((await testLocalStack()) === 0) say("LocalStack: passed")
  else
    say(
      "LocalStack: differs as shown above; told and not judged, since its differences are not sorted from faults of ours"
    )
}
