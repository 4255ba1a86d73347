/**
 * A moto server of this project's own: brought from PyPI into `.capstan/moto`, once, started on a free port of the loopback address.
 *
 * Python 3.9 or newer with pip has to be there. What moto cannot be asked to make over the wire, images, it is started with.
 *
 * @source https://docs.getmoto.org/en/latest/docs/server_mode.html
 */
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Where the requirements, the images and the conformance of moto stand. */
export const motoFolder = join(root, "libs", "backends", "aws-live", "test", "moto")
const folder = motoFolder
const home = join(root, ".capstan", "moto")
const bin = join(home, process.platform === "win32" ? "Scripts" : "bin")
const startMillisMax = 60_000

/** moto cannot be had: a sentence with the reason and what to do. */
export class NoMoto extends Error {}

const giveUp = (text) => {
  throw new NoMoto(text)
}

/** moto in an environment of the project's own; brought when it is not there as the requirements ask for it. */
const install = () => {
  const requirements = join(folder, "requirements.txt")
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex")
  const stamp = join(home, "installed")
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  const python = ["python3", "python"].find((name) => spawnSync(name, ["--version"]).status === 0)
  if (python === undefined)
    giveUp("there is no Python on this machine; install Python 3.9 or newer, or give --endpoint URL")
  mkdirSync(home, { recursive: true })
  for (const command of [
    [python, "-m", "venv", home],
    [join(bin, "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
  ]) {
    const { status } = spawnSync(command[0], command.slice(1), { stdio: ["ignore", "inherit", "inherit"] })
    if (status !== 0) giveUp(`moto could not be installed: \`${command.join(" ")}\` ended with ${status}`)
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

/** Calls `use` with the address of a moto server, and ends the server afterwards. Throws `NoMoto` when there is none to be had. */
export const withMoto = async (use) => {
  install()
  const { server, url } = await start().catch((error) => giveUp(`moto did not start: ${error.message}`))
  try {
    return await use(url)
  } finally {
    server.kill()
  }
}
