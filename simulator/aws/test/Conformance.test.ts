import { awsConformance, type AwsWaist } from "@capstan/aws/testing"
import { Kernel } from "@capstan/kernel"
import { Cause, Effect, Exit, Layer } from "effect"
import { capaImage, capaInstanceProfiles, SimulatedAws } from "../src/index.ts"

const imageId = "ami-0a1b2c3d4e5f60718"
const instanceProfile = "nodes.cluster-api-provider-aws.sigs.k8s.io"

/** A world of its own for every check, in virtual time. */
const simulated = (seed: number) => {
  let kernel = new Kernel({ seed })
  let aws: SimulatedAws | undefined
  const answering = new Set<string>()
  const layer: Layer.Layer<AwsWaist> = Layer.unwrap(
    Effect.sync(() => {
      if (aws === undefined) throw new Error("a check runs in a world")
      return aws.layer
    })
  )
  awsConformance({
    name: `simulated account, seed ${seed}`,
    layer,
    given: { imageId, instanceType: "t3.large", keyName: "default", instanceProfile },
    run: (check) => {
      kernel = new Kernel({ seed })
      aws = new SimulatedAws(kernel, {
        region: "ap-northeast-2",
        seeds: {
          images: [capaImage({ id: imageId, version: "v1.30.0" })],
          keyPairs: ["default"],
          instanceProfiles: capaInstanceProfiles
        }
      })
      aws.setServes((id, port) => answering.has(`${id}:${port}`))
      const exit = kernel.complete(check)
      if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    },
    answer: (id, port, answers) =>
      Effect.sync(() => {
        if (answers) answering.add(`${id}:${port}`)
        else answering.delete(`${id}:${port}`)
        aws?.healthChanged(id)
      })
  })
}

for (const seed of [0, 1, 7]) simulated(seed)
