/** The command line as processes: started, listened to, waited for. */
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A folder of its own, gone with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "capstan-sim-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** The command line as a process of its own. */
export class Running {
  readonly child: ChildProcess
  private out = ""
  private err = ""
  private code: number | null | undefined

  /** `environment`: besides what the tests run in; without a kubeconfig of whoever runs them. */
  constructor(cwd: string, args: ReadonlyArray<string>, environment: { readonly [name: string]: string } = {}) {
    const { KUBECONFIG: _, ...inherited } = process.env
    const env = { ...inherited, ...environment }
    this.child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], { cwd, env })
    this.child.stdout?.on("data", (chunk: Buffer) => (this.out += String(chunk)))
    this.child.stderr?.on("data", (chunk: Buffer) => (this.err += String(chunk)))
    this.child.on("close", (code) => (this.code = code))
  }

  /** What it has said so far. */
  get said(): { readonly out: string; readonly err: string } {
    return { out: this.out, err: this.err }
  }

  /** Waits until it has said something, or has ended. */
  says(text: string): Effect.Effect<string> {
    return Effect.suspend(() =>
      this.out.includes(text) || this.err.includes(text) || this.code !== undefined
        ? Effect.succeed(this.out + this.err)
        : Effect.delay(this.says(text), 20)
    )
  }

  get ended(): Effect.Effect<Ended> {
    return Effect.suspend(() =>
      this.code === undefined
        ? Effect.delay(this.ended, 20)
        : Effect.succeed({ code: this.code, out: this.out, err: this.err })
    )
  }
}

/** Killed with the scope. */
export const start = (cwd: string, ...args: ReadonlyArray<string>): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Running(cwd, args)),
    ({ child }) => Effect.sync(() => void child.kill("SIGKILL"))
  )

/** The same with something in its environment. */
export const startWith = (
  cwd: string,
  environment: { readonly [name: string]: string },
  ...args: ReadonlyArray<string>
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Running(cwd, args, environment)),
    ({ child }) => Effect.sync(() => void child.kill("SIGKILL"))
  )

/** To its end. */
export const run = (cwd: string, ...args: ReadonlyArray<string>): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(cwd, ...args), ({ ended }) => ended))
