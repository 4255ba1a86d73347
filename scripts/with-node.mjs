#!/usr/bin/env node
/**
 * Runs a command of this project with the project's own Node and dependencies, and brings both first when they are missing.
 *
 *     node scripts/with-node.mjs <file.ts | file.mjs | a command of node_modules/.bin> [arguments…]
 *
 * This is all the set-up there is: `npm start`, `npm test` and `npx capstan` begin here. Therefore it is plain JavaScript that
 * Node 18 can run and imports nothing but Node. `node_modules` counts as installed when its stamp names the present
 * `package-lock.json`. The Node that runs the command is the one at hand if it is new enough, else the one that npm's `node`
 * package brought. Its own words go to stderr, so that a report on stdout stays clean; what it could not set up ends with exit
 * code 3, everything else with the command's own code, 128 + n after signal n.
 *
 * @source https://docs.npmjs.com/cli/commands/npm-ci
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { basename, delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { codeOfSignal, isNewEnough, nodeMin, runChild } from "./run-child.mjs"

/** Exit code when the command could not be run at all. */
const exitCannotRun = 3

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, "node_modules")
const stampFile = join(modules, ".capstan-installed")
const installLock = join(root, ".capstan", "installing")
const onWindows = process.platform === "win32"

const say = (text) => process.stderr.write(`capstan: ${text}\n`)

/** What cannot be set up, told in one line together with its remedy. */
export class SetUpError extends Error {}

/** What a finished installation is stamped with: the lock file, and the platform whose binaries were fetched. */
const stampNow = () => {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex")
  return `${lock} ${process.platform}-${process.arch}\n`
}

/** Whether `node_modules` holds what the present lock file asks for. */
export const isInstalled = () => existsSync(stampFile) && readFileSync(stampFile, "utf8") === stampNow()

/** Reasons for which npm fails, each with what to do about it. The first that matches npm's words counts. */
const npmFailures = [
  {
    when: /ENOSPC/,
    say: `the disk that holds ${root} or npm's cache is full: free about 1 GB and run the command again.`
  },
  {
    when: /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/,
    say: "the package registry cannot be reached: connect this machine to it (`npm ping` tells) and run the command again."
  },
  {
    when: /\b(EACCES|EPERM|EROFS)\b/,
    say: `npm may not write to ${root}/node_modules or to its cache: give yourself the right to, and run the command again.`
  },
  {
    when: /\bEUSAGE\b|in sync/,
    say: "package-lock.json does not fit the package.json files: run `npm install && node scripts/complete-lock.mjs` and commit it."
  },
  { when: /\bEINTEGRITY\b/, say: "a package arrived damaged: run `npm cache verify`, then the command again." },
  { when: /\bE404\b/, say: "a package is not at the configured registry: look at `npm config get registry`." }
]

/** The npm that started this process, or the one on the PATH. */
const npm = () => {
  const running = process.env.npm_execpath
  return running !== undefined && basename(running) === "npm-cli.js"
    ? { file: process.execPath, args: [running], shell: false }
    : { file: "npm", args: [], shell: onWindows }
}

/** Runs `npm ci` in the project, quietly unless it fails. */
const npmCi = async () => {
  say("installing dependencies into node_modules (the first time only, about a minute) …")
  const { args, file, shell } = npm()
  let output = ""
  let running
  let stoppedBy
  const collect = (chunk) => {
    output += chunk
  }
  const flags = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"]
  const code = await runChild(file, [...args, ...flags], {
    cwd: root,
    shell,
    stdio: ["ignore", "pipe", "pipe"],
    onSignal: (signal) => {
      stoppedBy = signal
      // npm takes its time to tidy up; without a stamp, what is left here is installed anew in any case.
      setTimeout(() => running?.kill("SIGKILL"), 1000).unref()
    },
    onStart: (child) => {
      running = child
      child.stdout.on("data", collect)
      child.stderr.on("data", collect)
    }
  }).catch((error) => {
    if (error.code === "ENOENT")
      throw new SetUpError("npm is not on the PATH: install Node with npm from https://nodejs.org.")
    throw error
  })
  if (stoppedBy !== undefined) process.exit(codeOfSignal(stoppedBy))
  if (code === 0) return
  const known = npmFailures.find(({ when }) => when.test(output))
  if (known !== undefined) throw new SetUpError(known.say)
  process.stderr.write(output)
  throw new SetUpError(`npm ci failed with exit code ${code}; its words stand above.`)
}

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === "EPERM"
  }
}

/** Holds the installation lock while `perform` runs: two commands started at once must not both empty `node_modules`. */
const withInstallLock = async (perform) => {
  mkdirSync(dirname(installLock), { recursive: true })
  for (let told = false; ;) {
    try {
      writeFileSync(installLock, String(process.pid), { flag: "wx" })
      break
    } catch (error) {
      if (error.code !== "EEXIST") throw error
    }
    const holder = existsSync(installLock) ? Number(readFileSync(installLock, "utf8")) : 0
    if (holder === 0 || !isAlive(holder)) rmSync(installLock, { force: true })
    else {
      if (!told) say(`process ${holder} is installing already; waiting for it …`)
      told = true
      await sleep(500)
    }
  }
  const release = () => rmSync(installLock, { force: true })
  process.once("exit", release)
  try {
    await perform()
  } finally {
    process.off("exit", release)
    release()
  }
}

/** Marks `node_modules` as fitting the present lock file. */
const stamp = () => writeFileSync(stampFile, stampNow())

/** npm's `postinstall`: whoever runs `npm ci` or `npm install` by hand need not install again. `npx` calls it too, and installs nothing. */
const stampAfterInstall = () => {
  if (["ci", "install"].includes(process.env.npm_command ?? "")) stamp()
}

/** Installs the dependencies unless they are there. */
export const ensureInstalled = async () => {
  if (isInstalled()) return
  await withInstallLock(async () => {
    if (isInstalled()) return
    await npmCi()
    stamp()
  }).catch((error) => {
    if (error instanceof SetUpError) throw error
    const known = npmFailures.find(({ when }) => when.test(error.code ?? ""))
    throw new SetUpError(known?.say ?? `the set-up failed: ${error.message}`)
  })
}

/** The path of a Node that is new enough: the one that runs this, or else the one from npm's `node` package. */
export const projectNode = () => {
  if (isNewEnough(process.version)) return process.execPath
  const brought = join(modules, "node", "bin", onWindows ? "node.exe" : "node")
  const version = existsSync(brought) ? String(spawnSync(brought, ["--version"]).stdout ?? "").trim() : ""
  if (isNewEnough(version)) return brought
  const why = existsSync(join(modules, "node"))
    ? "npm was told to skip its install script (`npm rebuild node --ignore-scripts=false` runs it)"
    : `npm's \`node\` package has no build for ${process.platform}-${process.arch}`
  throw new SetUpError(
    `Node ${nodeMin} or newer is needed, this is ${process.version}, and ${why}: install Node 24 from https://nodejs.org.`
  )
}

/**
 * Runs one command with the project's Node, its dependencies installed, and gives the exit code.
 *
 * A file that ends in `.ts`, `.mjs` or `.js` is run by Node; anything else is looked up in `node_modules/.bin`.
 */
export const runWithProjectNode = async (command, args) => {
  await ensureInstalled()
  const node = projectNode()
  const path = [join(modules, ".bin"), dirname(node), process.env.PATH ?? ""].join(delimiter)
  const options = { stdio: "inherit", env: { ...process.env, PATH: path } }
  // Before 24.12, Node warns that it strips types.
  if (/\.(ts|mjs|js)$/.test(command)) {
    return runChild(node, ["--disable-warning=ExperimentalWarning", command, ...args], options)
  }
  return runChild(command, args, { ...options, shell: onWindows }).catch((error) => {
    if (error.code !== "ENOENT") throw error
    throw new SetUpError(`there is no command ${command} in node_modules/.bin: is it a dependency in package.json?`)
  })
}

/** Ends the process with the code that `run` gives, or with one line that says what could not be set up. */
export const exitWith = async (run) => {
  try {
    process.exitCode = await run()
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error
    say(error.message)
    process.exitCode = exitCannotRun
  }
}

const startedDirectly =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
if (startedDirectly) {
  const [command, ...args] = process.argv.slice(2)
  if (command === "--stamp") stampAfterInstall()
  else if (command === undefined) {
    say("which command? For example: node scripts/with-node.mjs vitest run")
    process.exitCode = 2
  } else await exitWith(() => runWithProjectNode(command, args))
}
