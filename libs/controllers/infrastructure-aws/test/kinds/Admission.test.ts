import { assert, describe, it } from "@effect/vitest"
import type { ObjectOf } from "@capstan/api"
import { validateAwsCluster } from "../../src/kinds/AWSClusterAdmission.ts"
import type { AWSClusterBody, AWSClusterSpec } from "../../src/kinds/AWSCluster.ts"
import type { AWSMachineBody, AWSMachineSpec } from "../../src/kinds/AWSMachine.ts"
import { defaultAwsMachine, validateAwsMachine } from "../../src/kinds/AWSMachineAdmission.ts"

const metadata = { name: "x", uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" }
const cluster = (spec: AWSClusterSpec): ObjectOf<AWSClusterBody> => ({
  apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
  kind: "AWSCluster",
  metadata,
  spec
})
const machine = (spec: Partial<AWSMachineSpec>): ObjectOf<AWSMachineBody> => ({
  apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
  kind: "AWSMachine",
  metadata,
  spec: { instanceType: "t3.large", ...spec }
})
const fields = (errors: ReadonlyArray<{ readonly field: string }>) => errors.map(({ field }) => field)

describe("validateAwsCluster", () => {
  const cases: ReadonlyArray<{
    rule: string
    spec: AWSClusterSpec
    old?: AWSClusterSpec
    expected: ReadonlyArray<string>
  }> = [
    { rule: "accepts a plain cluster", spec: { region: "eu-west-1" }, expected: [] },
    {
      rule: "refuses a block that is none",
      spec: { network: { vpc: { cidrBlock: "10.0.0/16" } } },
      expected: ["spec.network.vpc.cidrBlock"]
    },
    {
      rule: "refuses tags of AWS's own",
      spec: { additionalTags: { "aws:x": "1" } },
      expected: ["spec.additionalTags"]
    },
    {
      rule: "refuses a load balancer that is not built here, rather than building another",
      spec: { controlPlaneLoadBalancer: { loadBalancerType: "nlb" } },
      expected: ["spec.controlPlaneLoadBalancer.loadBalancerType"]
    },
    { rule: "keeps the region", spec: { region: "b" }, old: { region: "a" }, expected: ["spec.region"] },
    {
      rule: "lets the endpoint be set once",
      spec: { controlPlaneEndpoint: { host: "h", port: 6443 } },
      old: {},
      expected: []
    },
    {
      rule: "keeps the endpoint once it is set",
      spec: { controlPlaneEndpoint: { host: "other", port: 6443 } },
      old: { controlPlaneEndpoint: { host: "h", port: 6443 } },
      expected: ["spec.controlPlaneEndpoint"]
    },
    {
      rule: "keeps the VPC once it is known",
      spec: { network: { vpc: { id: "vpc-2" } } },
      old: { network: { vpc: { id: "vpc-1" } } },
      expected: ["spec.network.vpc.id"]
    }
  ]
  it.each(cases)("$rule", ({ expected, old, spec }) => {
    assert.deepStrictEqual(fields(validateAwsCluster(cluster(spec), old && cluster(old))), expected)
  })
})

describe("validateAwsMachine", () => {
  const cases: ReadonlyArray<{
    rule: string
    spec: Partial<AWSMachineSpec>
    old?: Partial<AWSMachineSpec>
    expected: ReadonlyArray<string>
  }> = [
    { rule: "accepts a plain machine", spec: {}, expected: [] },
    { rule: "keeps the instance type", spec: { instanceType: "m5.large" }, old: {}, expected: ["spec"] },
    {
      rule: "lets the controller write the instance and the secrets",
      spec: {
        providerID: "aws:///a/i-1",
        instanceID: "i-1",
        cloudInit: { secretPrefix: "p", secretCount: 2, secureSecretsBackend: "secrets-manager" }
      },
      old: { cloudInit: { secureSecretsBackend: "secrets-manager" } },
      expected: []
    },
    {
      rule: "wants prefix and count of secrets together",
      spec: { cloudInit: { secretPrefix: "p" } },
      expected: ["spec.cloudInit.secretCount"]
    },
    {
      rule: "wants iops for io1",
      spec: { rootVolume: { size: 8, type: "io1" } },
      expected: ["spec.rootVolume.iops"]
    },
    {
      rule: "refuses a price that is no number",
      spec: { spotMarketOptions: { maxPrice: "cheap" } },
      expected: ["spec.spotMarketOptions.maxPrice"]
    },
    { rule: "refuses what is not built", spec: { hostID: "h-01234567890123456" }, expected: ["spec.hostID"] }
  ]
  it.each(cases)("$rule", ({ expected, old, spec }) => {
    assert.deepStrictEqual(fields(validateAwsMachine(machine(spec), old && machine(old))), expected)
  })
})

describe("defaultAwsMachine", () => {
  it("keeps bootstrap data in Secrets Manager unless told otherwise", () => {
    assert.deepStrictEqual(defaultAwsMachine(machine({})).spec.cloudInit, { secureSecretsBackend: "secrets-manager" })
    const insecure = machine({ cloudInit: { insecureSkipSecretsManager: true } })
    assert.strictEqual(defaultAwsMachine(insecure), insecure)
  })
})
