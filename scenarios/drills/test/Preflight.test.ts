import { type AwsServiceName } from "@capstan/aws"
import { Intervention, type InterceptedCall, Kernel } from "@capstan/kernel"
import { capaImage, capaInstanceProfiles, SimulatedAws, type SimulatedAwsOptions } from "@capstan/simulator-aws"
import { awsError } from "@capstan/aws"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { capiImageOwner, type Finding, preflight, type PreflightOptions } from "../src/index.ts"

const wanted: PreflightOptions = {
  region: "eu-west-1",
  kubernetesVersion: "v1.30.0",
  imageOwner: capiImageOwner,
  instanceType: "t3.large",
  keyName: "default",
  clusters: []
}

const seeds = {
  images: [capaImage({ id: "ami-0a1b2c3d4e5f60718", version: "v1.30.0" })],
  keyPairs: ["default"],
  instanceProfiles: capaInstanceProfiles
}

const look = (
  options: Partial<PreflightOptions> = {},
  account: Partial<SimulatedAwsOptions> = {},
  intervene?: (call: InterceptedCall) => Intervention
): ReadonlyArray<Finding> => {
  const kernel = new Kernel({ seed: 0 })
  const aws = new SimulatedAws(kernel, { region: "eu-west-1", seeds, ...account })
  kernel.intervene = intervene
  const exit = kernel.complete(Effect.provide(preflight({ ...wanted, ...options }), aws.layer))
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  assert.deepStrictEqual(aws.view().vpcs, [])
  return exit.value
}

/** What is not well, as `what: status`. */
const ills = (findings: ReadonlyArray<Finding>) =>
  findings.filter(({ status }) => status !== "ok").map(({ status, what }) => `${what}: ${status}`)

/** Lets calls of these operations fail. */
const failing =
  (code: string, ...operations: ReadonlyArray<string>) =>
  (call: InterceptedCall): Intervention =>
    operations.includes(call.operation)
      ? Intervention.Fail({ error: awsError(call.service as AwsServiceName, call.operation, code, "no", 403) })
      : Intervention.None()

describe("the preflight", () => {
  it("finds nothing to say about an account that has everything, and changes nothing", () => {
    assert.deepStrictEqual(ills(look()), [])
  })

  it.each([
    { rule: "image", options: { kubernetesVersion: "v1.99.0" }, says: ["image: missing"] },
    { rule: "image that was not asked for", options: { kubernetesVersion: undefined }, says: ["image: warning"] },
    { rule: "instance type", options: { instanceType: "z9.tiny" }, says: ["instance type: missing"] },
    { rule: "key pair", options: { keyName: "absent" }, says: ["key pair: missing"] },
    { rule: "cluster", options: { clusters: ["demo"] }, says: ["drills on demo: warning"] }
  ])("tells of a missing $rule, with a remedy", ({ options, says }) => {
    const findings = look(options)
    assert.deepStrictEqual(ills(findings), says)
    assert.isTrue(findings.every(({ remedy, status }) => (status === "ok") === (remedy === "")))
  })

  it("tells of missing instance profiles", () => {
    assert.strictEqual(ills(look({}, { seeds: { ...seeds, instanceProfiles: [] } })).length, 2)
  })

  it("tells of too few addresses", () => {
    assert.deepStrictEqual(ills(look({}, { quotas: { addresses: 2 } })), ["Elastic IP addresses: warning"])
  })

  it("looks no further than at credentials that are no good", () => {
    const findings = look({}, {}, failing("InvalidClientTokenId", "GetCallerIdentity"))
    assert.deepStrictEqual(ills(findings), ["credentials: missing"])
    assert.strictEqual(findings.length, 1)
    assert.include(findings[0]?.remedy, "AWS_PROFILE")
  })

  it("tells a right that is denied from one that is there", () => {
    const findings = look({}, {}, failing("UnauthorizedOperation", "CreateVpc", "DescribeVpcs"))
    assert.deepStrictEqual(ills(findings), ["VPCs: missing", "right to ec2:CreateVpc: missing"])
    assert.isTrue(findings.some(({ remedy }) => remedy.includes("capstan aws iam-policy")))
  })
})
