/** `capstan manager run`: the controllers on the real world, until they are asked to stop. */
import { type Stop, usage } from "@capstan/command-line"
import { Effect, type FileSystem } from "effect"
import { randomBytes } from "node:crypto"
import { liveBackends } from "../assembly/LiveBackends.ts"
import { runManagerProcess } from "../RunManager.ts"
import { type ManagerFlags, managerSettings } from "../settings/ManagerSettings.ts"
import { stopSignal } from "../StopSignal.ts"

export const runCommand = (flags: ManagerFlags): Effect.Effect<void, Stop, FileSystem.FileSystem> =>
  Effect.scoped(
    Effect.gen(function* () {
      const settings = yield* Effect.mapError(Effect.fromResult(managerSettings(flags, process.env)), usage)
      const stop = yield* stopSignal
      return yield* runManagerProcess({
        settings,
        backends: liveBackends(settings),
        stop,
        uniqueSuffix: randomBytes(8).toString("hex")
      })
    })
  )
