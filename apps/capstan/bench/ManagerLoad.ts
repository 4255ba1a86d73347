/**
 * What a manager needs in a steady management cluster: the packed one, in a process of its own, over HTTPS and AWS's wire.
 *
 * API server, workload clusters and AWS account are a simulated world in a second process whose machines are Ready from the start.
 * Where the world goes faster than the clock, the manager goes with it.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

interface World {
  readonly kubeconfig: string
  /** Lines for a shell. */
  readonly aws: ReadonlyArray<string>
  /** Flags of the manager. */
  readonly route: string
}

export interface ManagerFigures {
  /** Of one core, at the pace of the clock. */
  readonly cpuPercent: number
  /** The most of the measurement. */
  readonly megabytes: number
  /** Before there was anything to do. */
  readonly megabytesAtStart: number
  /** Real seconds until all was listed and calm. */
  readonly settledSeconds: number
  /** Reconciles that failed during the measurement. */
  readonly failed: number
}

export interface ManagerLoad {
  readonly clusters: number
  readonly workers: number
  /** Virtual seconds in a real one. */
  readonly speed: number
  /** Virtual minutes that are measured. */
  readonly minutes: number
  /** The command line: a file for Node. */
  readonly capstan: string
}

const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

const textAt = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { agent: false }, (response) => {
      const chunks: Array<string> = []
      response.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk))
      response.on("end", () => resolve(chunks.join("")))
    })
    asked.on("error", reject)
    asked.end()
  })

/** The sum of a metric's series. */
const sumOf = (metrics: string, name: string): number =>
  [...metrics.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].reduce((sum, [, n]) => sum + Number(n), 0)

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
}

/** Waits for a line of a process; gives what the expression finds in it. */
const lineOf = (child: ChildProcess, stream: "stdout" | "stderr", wanted: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    const input = child[stream]
    if (input === null) throw new Error("the process has no output")
    const said: Array<string> = []
    createInterface({ input }).on("line", (line) => {
      said.push(line)
      const [, found] = wanted.exec(line) ?? []
      if (found !== undefined) resolve(found)
    })
    child.once("exit", (code) => reject(new Error(`a process ended with ${code}:\n${said.slice(-20).join("\n")}`)))
  })

const settleMillisMax = 240_000
/** Calm is fewer reconciles than this in a second, for three looks in a row. */
const calm = (load: ManagerLoad): number => (load.clusters * (load.workers + 3) * load.speed) / 60

export const measureManagerLoad = async (load: ManagerLoad): Promise<ManagerFigures> => {
  const place = mkdtempSync(join(tmpdir(), "capstan-bench-"))
  const node = ["--disable-warning=ExperimentalWarning"]
  const worldFile = fileURLToPath(new URL("./managerWorld.ts", import.meta.url))
  const size = [load.clusters, load.workers, load.speed].map(String)
  const worldProcess = spawn(process.execPath, [...node, worldFile, ...size], { stdio: ["pipe", "pipe", "inherit"] })
  let manager: ChildProcess | undefined
  try {
    const world = JSON.parse(await lineOf(worldProcess, "stdout", /^(\{.*\})$/)) as World
    const kubeconfig = join(place, "kubeconfig")
    writeFileSync(kubeconfig, world.kubeconfig, { mode: 0o600 })
    const env = {
      ...process.env,
      ...Object.fromEntries(
        [...world.aws.join("\n").matchAll(/\b(AWS_[A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value])
      )
    }
    const capstan = (...args: ReadonlyArray<string>) => [...node, load.capstan, "manager", ...args]
    const install = spawn(process.execPath, capstan("install", "--kubeconfig", kubeconfig), { env, stdio: "ignore" })
    await ended(install)
    if (install.exitCode !== 0) throw new Error(`capstan manager install ended with ${install.exitCode}`)
    const flags = [
      ...world.route.split(" "),
      // Long, so that a machine that is busy with the world does not lose a Lease.
      ...["--leader-elect", "--leader-elect-lease-duration=90s", "--leader-elect-renew-deadline=60s"],
      // A resync of everything falls into the measurement, ten times as often as by default where that is short.
      `--sync-period=${Math.ceil(load.minutes * 60)}s`,
      ...["--health-addr=0", "--diagnostics-address=127.0.0.1:0"]
    ]
    manager = spawn(process.execPath, capstan("run", "--kubeconfig", kubeconfig, ...flags), {
      env,
      stdio: ["ignore", "ignore", "pipe"]
    })
    const url = await lineOf(manager, "stderr", /metrics at (\S+?)"/)
    const child = manager
    const said: Array<string> = []
    if (child.stderr !== null) createInterface({ input: child.stderr }).on("line", (line) => said.push(line))
    const look = async () => {
      const metrics = await textAt(url).catch(async (error: unknown) => {
        // Its end may be noticed a little later than that of its connections.
        await Promise.race([ended(child), sleep(2000)])
        const { exitCode, signalCode } = child
        if (exitCode === null && signalCode === null) throw error
        throw new Error(`the manager ended with ${exitCode ?? signalCode}:\n${said.slice(-5).join("\n")}`, {
          cause: error
        })
      })
      return {
        cpuSeconds: sumOf(metrics, "process_cpu_seconds_total"),
        bytes: sumOf(metrics, "process_resident_memory_bytes"),
        reconciles: sumOf(metrics, "controller_runtime_reconcile_total"),
        failed: sumOf(metrics, "controller_runtime_reconcile_errors_total")
      }
    }
    const begin = performance.now()
    const atStart = await look()
    for (let quiet = 0, before = atStart.reconciles; quiet < 3;) {
      if (performance.now() - begin > settleMillisMax) throw new Error("the manager does not come to rest")
      await sleep(1000)
      const { reconciles } = await look()
      quiet = reconciles > 0 && reconciles - before < calm(load) ? quiet + 1 : 0
      before = reconciles
    }
    const settledSeconds = (performance.now() - begin) / 1000
    const first = await look()
    const start = performance.now()
    let bytes = first.bytes
    while (performance.now() - start < (load.minutes * 60_000) / load.speed) {
      await sleep(2000)
      bytes = Math.max(bytes, (await look()).bytes)
    }
    const last = await look()
    const seconds = ((performance.now() - start) * load.speed) / 1000
    if (last.reconciles === first.reconciles) throw new Error("the manager has done nothing")
    return {
      cpuPercent: (100 * (last.cpuSeconds - first.cpuSeconds)) / seconds,
      megabytes: bytes / 1024 ** 2,
      megabytesAtStart: atStart.bytes / 1024 ** 2,
      failed: last.failed - first.failed,
      settledSeconds
    }
  } finally {
    manager?.kill("SIGTERM")
    worldProcess.stdin.end()
    await Promise.all([manager, worldProcess].flatMap((child) => (child === undefined ? [] : ended(child))))
    rmSync(place, { recursive: true, force: true })
  }
}
