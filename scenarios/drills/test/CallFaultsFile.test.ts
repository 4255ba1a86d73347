import { Ec2 } from "@capstan/aws"
import { Kernel } from "@capstan/kernel"
import { SimulatedAws } from "@capstan/simulator-aws"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type CallFault, CallFaults, callFaultsFolder, isHeard, struckByFolder } from "../src/index.ts"

const throttle = (expiresMillis: number): CallFault => ({
  owner: "drill/step",
  kind: "throttle",
  service: "ec2",
  probability: 1,
  code: "RequestLimitExceeded",
  performed: false,
  delayMillis: 0,
  expiresMillis
})

/** The controllers' process: its AWS layer reads the folder. Answers an account in no time at all. */
const controllers = (folder: string) => {
  const kernel = new Kernel({ seed: 0 })
  const aws = new SimulatedAws(kernel, { region: "eu-west-1" })
  /** The simulated account answers by its kernel's clock, and the file by the wall's: a call is let through at once. */
  const account = Layer.effect(
    Ec2,
    Effect.sync(() =>
      Ec2.of({
        ...aws.clients.ec2,
        describeVpcs: (input) =>
          Effect.suspend(() => {
            const exit = kernel.complete(aws.clients.ec2.describeVpcs(input))
            return Exit.isSuccess(exit) ? Effect.succeed(exit.value) : Effect.die("refused")
          })
      })
    )
  )
  return struckByFolder(folder).pipe(Layer.provide(Layer.merge(aws.layer, account)))
}

const codeNow = Effect.flatMap(Ec2, (ec2) => ec2.describeVpcs({})).pipe(
  Effect.match({ onSuccess: () => "ok", onFailure: ({ code }) => code })
)

describe("faults of calls through a folder", () => {
  it("are felt by controllers that read it, end with their owner or by themselves, and survive a broken file", async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "capstan-faults-")), "drills")
    const drill = Layer.build(callFaultsFolder(folder))
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          assert.isFalse(yield* isHeard(folder))
          const listening = yield* Layer.build(controllers(folder))
          assert.isTrue(yield* isHeard(folder))
          const now = Effect.provide(codeNow, listening)
          const { begin, end } = yield* Effect.provide(CallFaults, yield* drill)
          const codes = [yield* now]
          yield* begin(throttle(Number.MAX_SAFE_INTEGER))
          codes.push(yield* now)
          yield* end("drill/step")
          codes.push(yield* now)
          yield* begin(throttle(1))
          codes.push(yield* now)
          writeFileSync(join(folder, "call-faults.json"), "torn")
          codes.push(yield* now)
          assert.deepStrictEqual(codes, ["ok", "RequestLimitExceeded", "ok", "ok", "ok"])
        })
      ).pipe(
        Effect.provide(NodeServices.layer),
        Effect.ensuring(Effect.sync(() => rmSync(join(folder, ".."), { recursive: true })))
      )
    )
  })
})
