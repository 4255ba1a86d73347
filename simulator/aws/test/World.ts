/** A small account to test in: a VPC with a public and a private subnet in each of two zones, and how to launch in it. */
import type { AwsError, Ec2Shapes } from "@capstan/aws"
import { Kernel } from "@capstan/kernel"
import { Cause, Effect, Exit, Result } from "effect"
import { capaImage, capaInstanceProfiles, SimulatedAws, type SimulatedAwsOptions } from "../src/index.ts"

export const imageId = "ami-0a1b2c3d4e5f60718"

/** The error's code, or `ok`. */
export const codeOf = (result: Result.Result<unknown, AwsError>): string =>
  Result.isFailure(result) ? result.failure.code : "ok"

export const anAccount = (seed = 0, options: Partial<SimulatedAwsOptions> = {}) => {
  const kernel = new Kernel({ seed })
  const aws = new SimulatedAws(kernel, {
    region: "ap-northeast-2",
    ...options,
    seeds: {
      images: [capaImage({ id: imageId, version: "v1.30.0" })],
      keyPairs: ["default"],
      instanceProfiles: capaInstanceProfiles,
      ...options.seeds
    }
  })
  const run = <A>(effect: Effect.Effect<A, unknown>): A => {
    const exit = kernel.complete(effect)
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    return exit.value
  }
  /** Lets virtual time go by. */
  const wait = (duration: `${number} seconds` | `${number} minutes` | `${number} millis`) => run(Effect.sleep(duration))
  return { kernel, aws, run, wait, ec2: aws.clients.ec2, elb: aws.clients.elb }
}

export const aWorld = (seed = 0, options: Partial<SimulatedAwsOptions> = {}) => {
  const account = anAccount(seed, options)
  const { run, ec2 } = account
  const { vpc, subnet, other, gateway } = run(
    Effect.gen(function* () {
      const vpc = (yield* ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).Vpc?.VpcId ?? ""
      const made = (CidrBlock: string, letter: string) =>
        Effect.map(
          ec2.createSubnet({ VpcId: vpc, CidrBlock, AvailabilityZone: `ap-northeast-2${letter}` }),
          (answer) => answer.Subnet?.SubnetId ?? ""
        )
      const gateway = (yield* ec2.createInternetGateway({})).InternetGateway?.InternetGatewayId ?? ""
      yield* ec2.attachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc })
      return { vpc, gateway, subnet: yield* made("10.0.0.0/24", "a"), other: yield* made("10.0.1.0/24", "b") }
    })
  )
  const launch = (SubnetId: string, more: Partial<Ec2Shapes.RunInstancesRequest> = {}) =>
    Effect.map(
      ec2.runInstances({ ImageId: imageId, InstanceType: "t3.large", MinCount: 1, MaxCount: 1, SubnetId, ...more }),
      (reservation) => reservation.Instances?.[0]?.InstanceId ?? ""
    )
  return { ...account, vpc, subnet, other, gateway, launch }
}
