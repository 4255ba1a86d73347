import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { aWorld } from "./World.ts"

const name = "api"

/** A load balancer with one running instance registered; checks every 5 s, 2 to come in, 6 to go. */
const balanced = () => {
  const world = aWorld()
  const { aws, run, wait, launch, subnet, elb } = world
  const answering = new Set<string>()
  aws.setServes((id, port) => port === 6443 && answering.has(id))
  const { id, dnsName } = run(
    Effect.gen(function* () {
      const made = yield* elb.createLoadBalancer({
        LoadBalancerName: name,
        Listeners: [{ Protocol: "TCP", LoadBalancerPort: 6443, InstancePort: 6443 }],
        Subnets: [subnet]
      })
      yield* elb.configureHealthCheck({
        LoadBalancerName: name,
        HealthCheck: { Target: "TCP:6443", Interval: 5, Timeout: 4, HealthyThreshold: 2, UnhealthyThreshold: 6 }
      })
      return { id: yield* launch(subnet), dnsName: made.DNSName ?? "" }
    })
  )
  wait("60 seconds")
  const answers = (answer: boolean) => {
    if (answer) answering.add(id)
    else answering.delete(id)
    aws.healthChanged(id)
  }
  const state = () => aws.view().loadBalancers[0]?.targets[0]?.state
  const register = () =>
    run(elb.registerInstancesWithLoadBalancer({ LoadBalancerName: name, Instances: [{ InstanceId: id }] }))
  return { ...world, id, dnsName, answers, state, register }
}

describe("health checks", () => {
  it("bring an instance into service after the registration and the healthy threshold", () => {
    const { answers, state, register, wait, aws, dnsName, id } = balanced()
    answers(true)
    register()
    assert.strictEqual(state(), "OutOfService")
    wait("10 seconds")
    assert.strictEqual(state(), "OutOfService")
    wait("10 seconds")
    assert.strictEqual(state(), "InService")
    assert.deepStrictEqual(aws.resolve(dnsName), [id])
  })

  it("take it out after the unhealthy threshold, and not when it answers again before", () => {
    const { answers, state, register, wait } = balanced()
    answers(true)
    register()
    wait("30 seconds")
    answers(false)
    wait("20 seconds")
    answers(true)
    wait("60 seconds")
    assert.strictEqual(state(), "InService")
    answers(false)
    wait("27 seconds")
    assert.strictEqual(state(), "InService")
    wait("1 seconds")
    assert.strictEqual(state(), "OutOfService")
  })

  it("take it out at once when it stops, and drop it when it is terminated", () => {
    const { answers, state, register, wait, aws, id } = balanced()
    answers(true)
    register()
    wait("30 seconds")
    aws.stopInstance(id)
    assert.strictEqual(state(), "OutOfService")
    aws.terminateInstance(id)
    wait("2 minutes")
    assert.deepStrictEqual(aws.view().loadBalancers[0]?.targets, [])
  })

  it("fail in a zone without network, and pass again after it", () => {
    const { answers, state, register, wait, aws } = balanced()
    answers(true)
    register()
    wait("30 seconds")
    aws.setZone("ap-northeast-2a", { network: false })
    wait("30 seconds")
    assert.strictEqual(state(), "OutOfService")
    aws.setZone("ap-northeast-2a", { network: true })
    wait("15 seconds")
    assert.strictEqual(state(), "InService")
  })
})

describe("a load balancer's name", () => {
  it("resolves some time after its creation, and no longer after its deletion", () => {
    const { aws, run, subnet, wait, elb } = aWorld()
    const made = run(
      elb.createLoadBalancer({
        LoadBalancerName: name,
        Listeners: [{ Protocol: "TCP", LoadBalancerPort: 6443, InstancePort: 6443 }],
        Subnets: [subnet]
      })
    )
    const dnsName = made.DNSName ?? ""
    assert.strictEqual(aws.resolve(dnsName), "unresolved")
    wait("30 seconds")
    assert.deepStrictEqual(aws.resolve(dnsName.toUpperCase()), [])
    run(elb.deleteLoadBalancer({ LoadBalancerName: name }))
    assert.strictEqual(aws.resolve(dnsName), "unresolved")
    assert.strictEqual(aws.view().networkInterfaces.length, 1)
    wait("60 seconds")
    assert.strictEqual(aws.view().networkInterfaces.length, 0)
  })
})
