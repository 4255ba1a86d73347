/**
 * The kubeconfig on disk: for its owner's eyes alone, and never in the place of somebody else's.
 *
 * @source https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
import { ExitCode, Stop } from "@capstan/command-line"
import * as Effect from "effect/Effect"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { isOurs } from "./Kubeconfig.ts"

export const defaultKubeconfig = ".capstan/kubeconfig"

const privateMode = 0o600

/** Writes the file whole or not at all. Fails when another kubeconfig stands there. */
export const writeKubeconfig = (file: string, name: string, text: string): Effect.Effect<void, Stop> =>
  Effect.try({
    try: () => {
      const path = resolve(file)
      if (existsSync(path) && !isOurs(readFileSync(path, "utf8"), name)) {
        throw new Error("it holds something else; name a file of its own with --kubeconfig")
      }
      mkdirSync(dirname(path), { recursive: true })
      const beside = `${path}.${process.pid}.part`
      rmSync(beside, { force: true })
      writeFileSync(beside, text, { mode: privateMode, flag: "wx" })
      renameSync(beside, path)
    },
    catch: (error) =>
      new Stop({
        code: ExitCode.cannotRun,
        message: `cannot write ${file}: ${error instanceof Error ? error.message : String(error)}.`
      })
  })
