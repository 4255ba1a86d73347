/**
 * Faults of calls that drills begin, in front of AWS's services: throttling, errors, delays, zones without capacity.
 *
 * Off unless a folder is named. Whether a fault is over is told by the wall's clock, which the drill's process has too; the delays are
 * the world's. What drills need is loaded only when it is asked for.
 *
 * @source scenarios/drills/src/shim/CallFaultsFile.ts
 */
import type { Ec2, Elb, Iam, SecretsManager, Sts } from "@capstan/aws"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { onWallTime } from "./ClientTime.ts"

type Services = Ec2 | Elb | Iam | SecretsManager | Sts

/** The services as the faults in the drills' folder let them be. */
export const struckByDrills = (folder: string): Layer.Layer<Services, { readonly message: string }, Services> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { struckByFolder } = yield* Effect.promise(() => import("@capstan/drills"))
      return yield* Layer.build(struckByFolder(folder).pipe(Layer.provide(NodeServices.layer)))
    }).pipe(onWallTime)
  )
