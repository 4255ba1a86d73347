import type { Ec2Operations } from "@capstan/aws"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { anAccount, aWorld, codeOf, imageId } from "./World.ts"

describe("requests", () => {
  const run: Ec2Operations["RunInstances"]["input"] = { ImageId: imageId, MinCount: 1, MaxCount: 1 }
  const rows: ReadonlyArray<readonly [operation: "RunInstances" | "DescribeVpcs", request: object, sentence: string]> =
    [
      [
        "RunInstances",
        { ...run, HibernationOptions: { Configured: true } },
        "The parameter HibernationOptions is not recognized"
      ],
      [
        "RunInstances",
        { ...run, Placement: { GroupName: "x" } },
        "The parameter Placement.GroupName is not recognized"
      ],
      [
        "RunInstances",
        { ...run, NetworkInterfaces: [{}, { Ipv6AddressCount: 1 }] },
        "The parameter NetworkInterfaces.2.Ipv6AddressCount is not recognized"
      ],
      ["DescribeVpcs", { constructor: "x" }, "The parameter constructor is not recognized"]
    ]
  for (const [operation, request, sentence] of rows) {
    it(`${operation} with ${JSON.stringify(request)} is refused`, () => {
      const { aws } = anAccount()
      const answer = aws.outOfBand("ec2", operation, request as typeof run)
      assert.isTrue(Result.isFailure(answer))
      if (Result.isFailure(answer)) {
        assert.deepInclude(answer.failure, { code: "UnknownParameter", message: sentence, statusCode: 400 })
      }
    })
  }

  it("an absent parameter may stand there as undefined", () => {
    const { aws } = anAccount()
    assert.strictEqual(codeOf(aws.outOfBand("ec2", "DescribeVpcs", { VpcIds: undefined, NextToken: undefined })), "ok")
  })

  it("an unknown operation is refused", () => {
    const { aws, run } = anAccount()
    const refused = run(Effect.flip(aws.call("ec2", "CreateFleet", {}, true)))
    assert.deepInclude(refused, { code: "UnsupportedOperation", operation: "CreateFleet", service: "ec2" })
    assert.strictEqual(codeOf(run(Effect.result(aws.call("ec2", "toString", {}, false)))), "UnsupportedOperation")
  })

  it("answers come in pages", () => {
    const { run, ec2 } = aWorld()
    const first = run(ec2.describeSubnets({ MaxResults: 1 }))
    const second = run(ec2.describeSubnets({ MaxResults: 1, NextToken: first.NextToken }))
    assert.deepStrictEqual(
      [first.Subnets?.[0]?.CidrBlock, second.Subnets?.[0]?.CidrBlock],
      ["10.0.0.0/24", "10.0.1.0/24"]
    )
    assert.isUndefined(second.NextToken)
  })
})

describe("quotas", () => {
  it("a region takes five VPCs and five addresses", () => {
    const { aws } = anAccount()
    const vpcs = Array.from({ length: 6 }, () =>
      codeOf(aws.outOfBand("ec2", "CreateVpc", { CidrBlock: "10.0.0.0/16" }))
    )
    assert.deepStrictEqual([...new Set(vpcs.slice(0, 5)), vpcs[5]], ["ok", "VpcLimitExceeded"])
    const addresses = Array.from({ length: 6 }, () =>
      codeOf(aws.outOfBand("ec2", "AllocateAddress", { Domain: "vpc" }))
    )
    assert.deepStrictEqual([...new Set(addresses.slice(0, 5)), addresses[5]], ["ok", "AddressLimitExceeded"])
  })

  it("a subnet of sixteen addresses takes eleven instances, and one more when one is gone", () => {
    const { aws, run, wait, launch, vpc } = aWorld()
    const made = run(
      aws.clients.ec2.createSubnet({ VpcId: vpc, CidrBlock: "10.0.9.0/28", AvailabilityZone: "ap-northeast-2c" })
    )
    const small = made.Subnet?.SubnetId ?? ""
    const ids = run(Effect.all(Array.from({ length: 11 }, () => Effect.delay(launch(small), "1 seconds"))))
    assert.strictEqual(aws.instances.get(ids[0] ?? "")?.privateIp, "10.0.9.4")
    assert.strictEqual(aws.instances.get(ids[10] ?? "")?.privateIp, "10.0.9.14")
    assert.strictEqual(codeOf(run(Effect.result(launch(small)))), "InsufficientFreeAddressesInSubnet")
    aws.terminateInstance(ids[3] ?? "")
    wait("60 seconds")
    assert.strictEqual(aws.instances.get(run(launch(small)))?.privateIp, "10.0.9.7")
  })
})

describe("what the machines' inside sees", () => {
  it("an instance with its decoded user data, provider id and names", () => {
    const { aws, run, launch, subnet } = aWorld()
    const UserData = Buffer.from("#cloud-config\n").toString("base64")
    const id = run(launch(subnet, { UserData, ClientToken: "uid-1" }))
    assert.deepInclude(aws.instances.get(id), {
      id,
      providerId: `aws:///ap-northeast-2a/${id}`,
      state: "pending",
      privateIp: "10.0.0.4",
      privateDnsName: "ip-10-0-0-4.ap-northeast-2.compute.internal",
      userData: "#cloud-config\n",
      clientToken: "uid-1",
      bootGeneration: 1
    })
  })

  it("a secret as text, or nothing", () => {
    const { aws, run } = anAccount()
    run(aws.clients.secretsManager.createSecret({ Name: "text", SecretString: "hello" }))
    run(aws.clients.secretsManager.createSecret({ Name: "bytes", SecretBinary: Uint8Array.of(104, 105) }))
    assert.deepStrictEqual(
      [aws.readSecret("text"), aws.readSecret("bytes"), aws.readSecret("none")],
      ["hello", "aGk=", undefined]
    )
  })

  it("a way out through a NAT gateway for as long as the gateway's zone is up", () => {
    const { aws, run, wait, launch, ec2, gateway, vpc, subnet, other } = aWorld()
    const id = run(
      Effect.gen(function* () {
        const tableFor = (SubnetId: string, target: { GatewayId?: string; NatGatewayId?: string }) =>
          Effect.gen(function* () {
            const made = yield* ec2.createRouteTable({ VpcId: vpc })
            const RouteTableId = made.RouteTable?.RouteTableId
            yield* ec2.createRoute({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", ...target })
            yield* ec2.associateRouteTable({ RouteTableId, SubnetId })
          })
        yield* tableFor(subnet, { GatewayId: gateway })
        const { AllocationId } = yield* ec2.allocateAddress({})
        const made = yield* ec2.createNatGateway({ SubnetId: subnet, AllocationId })
        yield* tableFor(other, { NatGatewayId: made.NatGateway?.NatGatewayId ?? "" })
        return yield* launch(other)
      })
    )
    wait("30 seconds")
    assert.isFalse(aws.reachesInternet(id))
    wait("75 seconds")
    assert.isTrue(aws.reachesInternet(id))
    aws.setZone("ap-northeast-2a", { power: false })
    assert.isFalse(aws.reachesInternet(id))
    aws.setZone("ap-northeast-2a", { power: true })
    assert.isTrue(aws.reachesInternet(id))
  })
})

describe("eventual consistency", () => {
  it("a new resource that is not visible yet is not found by its id and left out by filters", () => {
    const { run, wait, ec2 } = anAccount(0, {
      latencies: {
        visibleById: [
          [0, 5000],
          [1, 5000]
        ],
        visibleByFilter: [
          [0, 5000],
          [1, 5000]
        ]
      }
    })
    const made = run(ec2.createVpc({ CidrBlock: "10.0.0.0/16" }))
    const id = made.Vpc?.VpcId ?? ""
    const byId = () => codeOf(run(Effect.result(ec2.describeVpcs({ VpcIds: [id] }))))
    const byFilter = () => run(ec2.describeVpcs({ Filters: [{ Name: "vpc-id", Values: [id] }] })).Vpcs?.length
    assert.deepStrictEqual([byId(), byFilter()], ["InvalidVpcID.NotFound", 0])
    wait("5 seconds")
    assert.deepStrictEqual([byId(), byFilter()], ["ok", 0])
    wait("5 seconds")
    assert.strictEqual(byFilter(), 1)
  })
})

describe("the account as data", () => {
  /** Something of everything under way: a boot, a NAT gateway, health checks, a secret's end. */
  const busy = (seed: number) => {
    const world = aWorld(seed)
    const { run, launch, subnet, ec2, elb, aws } = world
    aws.setServes(() => true)
    run(
      Effect.gen(function* () {
        const retried = <A>(effect: Effect.Effect<A, unknown>) => Effect.retry(effect, { times: 200 })
        const { AllocationId } = yield* ec2.allocateAddress({})
        yield* retried(ec2.createNatGateway({ SubnetId: subnet, AllocationId }))
        const id = yield* retried(launch(subnet, { ClientToken: "one" }))
        yield* retried(
          elb.createLoadBalancer({
            LoadBalancerName: "api",
            Listeners: [{ Protocol: "TCP", LoadBalancerPort: 6443, InstancePort: 6443 }],
            Subnets: [subnet]
          })
        )
        yield* retried(
          elb.registerInstancesWithLoadBalancer({ LoadBalancerName: "api", Instances: [{ InstanceId: id }] })
        )
        yield* aws.clients.secretsManager.createSecret({ Name: "s", SecretString: "x" })
        yield* retried(aws.clients.secretsManager.deleteSecret({ SecretId: "s" }))
      })
    )
    return world
  }

  for (const seed of [0, 5]) {
    it(`a saved account goes on in another kernel as it would have here, seed ${seed}`, () => {
      const original = busy(seed)
      const snapshot = original.kernel.save()
      const copy = anAccount(seed)
      copy.aws.setServes(() => true)
      copy.kernel.restore(snapshot)
      assert.deepStrictEqual(copy.aws.view(), original.aws.view())
      for (const { run, aws, ec2 } of [original, copy]) {
        aws.setZone("ap-northeast-2b", { capacity: false })
        run(Effect.delay(Effect.ignore(ec2.describeVpcs({})), "30 minutes"))
        const [instance] = aws.instances.list()
        run(ec2.terminateInstances({ InstanceIds: [instance?.id ?? ""] }))
        run(Effect.sleep("2 hours"))
      }
      assert.deepStrictEqual(copy.aws.view(), original.aws.view())
      assert.deepStrictEqual(copy.aws.calls(), original.aws.calls())
      assert.strictEqual(copy.kernel.trace.hash(), original.kernel.trace.hash())
    })

    it(`the same calls give the same trace, seed ${seed}`, () => {
      assert.strictEqual(busy(seed).kernel.trace.hash(), busy(seed).kernel.trace.hash())
    })
  }

  it("a view does not change afterwards, and lists that did not change are the same", () => {
    const { aws } = aWorld()
    const before = aws.view()
    aws.outOfBand("ec2", "CreateVpc", { CidrBlock: "10.1.0.0/16" })
    assert.strictEqual(before.vpcs.length, 1)
    assert.strictEqual(aws.view().vpcs.length, 2)
    assert.strictEqual(aws.view().subnets, before.subnets)
  })

  it("every call and every transition is in the trace", () => {
    const { kernel, run, wait, launch, subnet } = aWorld()
    const id = run(launch(subnet, { UserData: "c2VjcmV0", KeyName: "default" }))
    wait("20 seconds")
    const launched = kernel.trace.events.find((event) => event.operation === "RunInstances")
    assert.deepInclude(launched, { kind: "aws", service: "ec2", latency: 1200 })
    assert.include(launched?.ids as ReadonlyArray<string>, id)
    assert.notProperty(launched?.request, "UserData")
    const causes = kernel.trace.events
      .filter((event) => event.kind === "aws.state" && event.id === id)
      .map((event) => event.cause)
    assert.deepStrictEqual(causes, [launched?.seq, launched?.seq])
    const moves = kernel.trace.events.filter((event) => event.kind === "aws.state" && event.id === id)
    assert.deepStrictEqual(
      moves.map((event) => `${event.from}→${event.to}`),
      ["absent→pending", "pending→running"]
    )
  })
})

describe("volumes", () => {
  it("come with the launch, root first, and go with the instance", () => {
    const { aws, run, wait, launch, subnet } = aWorld()
    const id = run(
      launch(subnet, {
        BlockDeviceMappings: [
          { DeviceName: "/dev/sdb", Ebs: { VolumeSize: 100, VolumeType: "gp3" } },
          { DeviceName: "/dev/sda1", Ebs: { VolumeSize: 20 } }
        ]
      })
    )
    const volumes = aws.view().volumes.map(({ deviceName, sizeGiB, volumeType }) => [deviceName, sizeGiB, volumeType])
    assert.deepStrictEqual(volumes, [
      ["/dev/sda1", 20, "gp2"],
      ["/dev/sdb", 100, "gp3"]
    ])
    aws.terminateInstance(id)
    wait("60 seconds")
    assert.deepStrictEqual(aws.view().volumes, [])
  })

  it("smaller than the image are refused", () => {
    const { run, launch, subnet } = aWorld()
    const small = launch(subnet, { BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 1 } }] })
    assert.strictEqual(codeOf(run(Effect.result(small))), "InvalidBlockDeviceMapping")
  })
})
