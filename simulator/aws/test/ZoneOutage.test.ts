import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { aWorld, codeOf } from "./World.ts"

const zone = "ap-northeast-2a"

describe("a zone without power", () => {
  it("keeps its instances running in EC2's words, unreachable in truth, and boots them anew when it is back", () => {
    const { aws, run, wait, launch, subnet, other } = aWorld()
    const [here, there] = run(Effect.all([launch(subnet), launch(other)]))
    wait("60 seconds")
    aws.setZone(zone, { power: false })
    assert.deepInclude(aws.instances.get(here), {
      state: "running",
      reachable: false,
      powered: false,
      bootGeneration: 1
    })
    assert.deepInclude(aws.instances.get(there), { state: "running", reachable: true, bootGeneration: 1 })
    wait("45 minutes")
    assert.deepInclude(aws.instances.get(here), { state: "running", reachable: false, bootGeneration: 1 })
    aws.setZone(zone, { power: true })
    wait("10 minutes")
    assert.deepInclude(aws.instances.get(here), { state: "running", reachable: true, powered: true, bootGeneration: 2 })
    assert.deepInclude(aws.instances.get(there), { bootGeneration: 1 })
  })

  it("shows in the status checks after a while", () => {
    const { aws, run, wait, launch, subnet, ec2 } = aWorld()
    const id = run(launch(subnet))
    const status = () =>
      run(
        Effect.map(
          ec2.describeInstanceStatus({ InstanceIds: [id] }),
          (found) => found.InstanceStatuses?.[0]?.SystemStatus?.Status
        )
      )
    wait("30 seconds")
    assert.strictEqual(status(), "initializing")
    wait("5 minutes")
    assert.strictEqual(status(), "ok")
    aws.setZone(zone, { power: false })
    assert.strictEqual(status(), "ok")
    wait("5 minutes")
    assert.strictEqual(status(), "impaired")
  })

  it("launches and starts nothing", () => {
    const { aws, run, wait, launch, subnet, other, ec2 } = aWorld()
    const id = run(launch(subnet))
    wait("60 seconds")
    run(ec2.stopInstances({ InstanceIds: [id] }))
    wait("2 minutes")
    aws.setZone(zone, { power: false })
    assert.strictEqual(codeOf(run(Effect.result(launch(subnet)))), "InsufficientInstanceCapacity")
    assert.strictEqual(
      codeOf(run(Effect.result(ec2.startInstances({ InstanceIds: [id] })))),
      "InsufficientInstanceCapacity"
    )
    assert.strictEqual(codeOf(run(Effect.result(launch(other)))), "ok")
  })

  it("power that comes and goes boots a machine once", () => {
    const { aws, run, wait, launch, subnet } = aWorld()
    const id = run(launch(subnet))
    wait("60 seconds")
    for (const power of [false, true, false, true]) aws.setZone(zone, { power })
    wait("10 minutes")
    assert.deepInclude(aws.instances.get(id), { powered: true, bootGeneration: 2 })
  })

  it("an instance can be terminated all the same", () => {
    const { aws, run, wait, launch, subnet, ec2 } = aWorld()
    const id = run(launch(subnet))
    wait("60 seconds")
    aws.setZone(zone, { power: false })
    run(ec2.terminateInstances({ InstanceIds: [id] }))
    wait("2 minutes")
    assert.strictEqual(aws.instances.get(id)?.state, "terminated")
    wait("60 minutes")
    assert.isUndefined(aws.instances.get(id))
  })
})

describe("a zone without network", () => {
  it("lets its machines run on, unreachable", () => {
    const { aws, run, wait, launch, subnet } = aWorld()
    const id = run(launch(subnet))
    wait("60 seconds")
    const seen: Array<string> = []
    aws.instances.onChange((changed) => void seen.push(changed))
    aws.setZone(zone, { network: false })
    assert.deepInclude(aws.instances.get(id), { reachable: false, powered: true })
    aws.setZone(zone, { network: true })
    assert.deepInclude(aws.instances.get(id), { reachable: true, bootGeneration: 1 })
    assert.deepStrictEqual(seen, [id, id])
  })
})

describe("capacity", () => {
  it("a zone without capacity takes nothing new", () => {
    const { aws, run, launch, subnet } = aWorld()
    aws.setZone(zone, { capacity: false })
    const refused = run(Effect.flip(launch(subnet)))
    assert.deepInclude(refused, { code: "InsufficientInstanceCapacity", statusCode: 500 })
    assert.include(refused.message, zone)
  })

  it("a pool runs dry for its type alone", () => {
    const { aws, run, launch, subnet } = aWorld()
    aws.setCapacity(zone, "t3.large", 1)
    const codes = (effect: ReturnType<typeof launch>) => codeOf(run(Effect.result(effect)))
    assert.strictEqual(codes(launch(subnet)), "ok")
    assert.strictEqual(codes(launch(subnet)), "InsufficientInstanceCapacity")
    assert.strictEqual(codes(launch(subnet, { InstanceType: "m5.large" })), "ok")
    aws.setCapacity(zone, "t3.large", undefined)
    assert.strictEqual(codes(launch(subnet)), "ok")
  })

  it("vCPUs are counted against the quota", () => {
    const { aws, run, launch, subnet } = aWorld(0, { quotas: { standardVcpus: 4 } })
    const codes = () => codeOf(run(Effect.result(launch(subnet))))
    assert.deepStrictEqual([codes(), codes(), codes()], ["ok", "ok", "VcpuLimitExceeded"])
    aws.setQuota("standardVcpus", 6)
    assert.strictEqual(codes(), "ok")
  })
})

describe("other hands", () => {
  it("terminate, stop, start and hang an instance", () => {
    const { aws, run, wait, launch, subnet } = aWorld()
    const id = run(launch(subnet))
    wait("60 seconds")
    assert.isTrue(aws.hangInstance(id))
    assert.deepInclude(aws.instances.get(id), { state: "running", reachable: false, powered: true })
    assert.isTrue(aws.rebootInstance(id))
    assert.deepInclude(aws.instances.get(id), { reachable: true, bootGeneration: 2 })
    assert.isTrue(aws.stopInstance(id))
    wait("2 minutes")
    assert.isTrue(aws.startInstance(id))
    wait("2 minutes")
    assert.deepInclude(aws.instances.get(id), { state: "running", bootGeneration: 3 })
    assert.isTrue(aws.terminateInstance(id))
    assert.strictEqual(aws.instances.get(id)?.state, "shutting-down")
    assert.isFalse(aws.stopInstance(id))
    assert.isFalse(aws.terminateInstance("i-unknown"))
  })

  it("call AWS at once, without limits and outside the count", () => {
    const { aws, vpc } = aWorld()
    const before = aws.calls()
    assert.strictEqual(codeOf(aws.outOfBand("ec2", "DeleteVpc", { VpcId: vpc })), "DependencyViolation")
    assert.strictEqual(codeOf(aws.outOfBand("ec2", "CreateVpc", { CidrBlock: "10.1.0.0/16" })), "ok")
    assert.strictEqual(aws.view().vpcs.length, 2)
    assert.deepStrictEqual(aws.calls(), before)
  })
})
