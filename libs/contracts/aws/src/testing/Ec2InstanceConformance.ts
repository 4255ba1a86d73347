/**
 * What every EC2 has to do with instances: launches that may be repeated, lifecycles, and what instances hold on to.
 *
 * @source https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { Ec2, type Ec2Operations } from "../Ec2.ts"
import { checksOf, type ConformanceBackend } from "./Backend.ts"
import { aGroup, aSubnet, aVpc, filter, findInstance, inState, present, refusedWith, until } from "./Fixtures.ts"

type RunInstancesRequest = Ec2Operations["RunInstances"]["input"]

/** Launches one instance and gives its id. */
const launch = (request: RunInstancesRequest) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const reservation = yield* ec2.runInstances(request)
    return present(reservation.Instances?.[0]?.InstanceId, "InstanceId")
  })

const terminated = (id: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    yield* until("the instance can be terminated", Effect.as(ec2.terminateInstances({ InstanceIds: [id] }), true))
    yield* inState(id, "terminated")
  })

export const ec2InstanceConformance = (backend: ConformanceBackend): void => {
  const { imageId: ImageId, instanceType, keyName: KeyName, instanceProfile } = backend.given

  const one = (SubnetId: string, more: Partial<RunInstancesRequest> = {}): RunInstancesRequest => ({
    ImageId,
    // The type is a name of AWS's, given from outside.
    InstanceType: instanceType as NonNullable<RunInstancesRequest["InstanceType"]>,
    MinCount: 1,
    MaxCount: 1,
    SubnetId,
    ...more
  })

  describe(`EC2 instances: ${backend.name}`, () => {
    const check = checksOf(backend)

    check("an instance is pending, then runs, with an address of its subnet", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const made = yield* ec2.runInstances(one(SubnetId, { KeyName, IamInstanceProfile: { Name: instanceProfile } }))
        const instance = present(made.Instances?.[0], "instance")
        assert.strictEqual(instance.State?.Name, "pending")
        const running = yield* inState(present(instance.InstanceId, "InstanceId"), "running")
        assert.match(running.PrivateIpAddress ?? "", /^10\.0\.0\.\d+$/)
        assert.isTrue(running.PrivateDnsName?.startsWith(`ip-${running.PrivateIpAddress?.replaceAll(".", "-")}.`))
        assert.strictEqual(running.SubnetId, SubnetId)
        assert.isString(running.BlockDeviceMappings?.[0]?.Ebs?.VolumeId)
        assert.match(running.IamInstanceProfile?.Arn ?? "", new RegExp(`instance-profile/.*${instanceProfile}$`))
      })
    )

    check("tags given at the launch are there from the start", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const Tags = [{ Key: "Name", Value: `of-${SubnetId}` }]
        const id = yield* launch(
          one(SubnetId, {
            TagSpecifications: [
              { ResourceType: "instance", Tags },
              { ResourceType: "volume", Tags },
              { ResourceType: "network-interface", Tags }
            ]
          })
        )
        const byTag = yield* until(
          "the instance is found by its tag",
          Effect.map(
            ec2.describeInstances({
              Filters: [filter("tag:Name", `of-${SubnetId}`), filter("instance-state-name", "pending", "running")]
            }),
            (found) => found.Reservations?.[0]?.Instances?.[0]
          )
        )
        assert.strictEqual(byTag.InstanceId, id)
        const interfaces = yield* until(
          "its interface is visible",
          Effect.map(
            ec2.describeNetworkInterfaces({ Filters: [filter("attachment.instance-id", id)] }),
            (found) => found.NetworkInterfaces?.[0]
          )
        )
        assert.deepStrictEqual(interfaces.TagSet, Tags)
      })
    )

    check("the same token and the same request give the same instance", () =>
      Effect.gen(function* () {
        const SubnetId = yield* aSubnet(yield* aVpc())
        const request = one(SubnetId, { ClientToken: `same-${SubnetId}`, UserData: "aGVsbG8=" })
        const first = yield* launch(request)
        assert.strictEqual(yield* launch(request), first)
        yield* inState(first, "running")
        assert.strictEqual(yield* launch(request), first)
      })
    )

    check("the same token and another request are refused", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const request = one(SubnetId, { ClientToken: `mismatch-${SubnetId}`, UserData: "aGVsbG8=" })
        yield* launch(request)
        yield* refusedWith("IdempotentParameterMismatch", ec2.runInstances({ ...request, UserData: "d29ybGQ=" }))
      })
    )

    check("a token counts in one zone only", () =>
      Effect.gen(function* () {
        const vpc = yield* aVpc()
        const here = yield* aSubnet(vpc, 0)
        const there = yield* aSubnet(vpc, 1)
        const ClientToken = `zonal-${vpc}`
        const first = yield* launch(one(here, { ClientToken }))
        assert.notStrictEqual(yield* launch(one(there, { ClientToken })), first)
      })
    )

    check("a token of a terminated instance launches nothing", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const request = one(SubnetId, { ClientToken: `terminated-${SubnetId}` })
        yield* terminated(yield* launch(request))
        yield* refusedWith("IdempotentInstanceTerminated", ec2.runInstances(request))
      })
    )

    check("a request that was refused does not use its token up", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const ClientToken = `refused-${SubnetId}`
        yield* refusedWith(
          "InvalidKeyPair.NotFound",
          ec2.runInstances(one(SubnetId, { ClientToken, KeyName: "no-such-key" }))
        )
        yield* launch(one(SubnetId, { ClientToken }))
      })
    )

    check("an instance is found by its token", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const ClientToken = `found-${SubnetId}`
        const id = yield* launch(one(SubnetId, { ClientToken }))
        const found = yield* until(
          "the instance is found by its token",
          Effect.map(
            ec2.describeInstances({ Filters: [filter("client-token", ClientToken)] }),
            (found) => found.Reservations?.[0]
          )
        )
        assert.deepStrictEqual(
          found.Instances?.map((instance) => instance.InstanceId),
          [id]
        )
      })
    )

    check("an unknown instance is not found, a malformed id is malformed", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const InstanceIds = ["i-0123456789abcdef0"]
        yield* refusedWith("InvalidInstanceID.NotFound", ec2.describeInstances({ InstanceIds }))
        yield* refusedWith("InvalidInstanceID.NotFound", ec2.terminateInstances({ InstanceIds }))
        yield* refusedWith("InvalidInstanceID.Malformed", ec2.terminateInstances({ InstanceIds: ["not-an-id"] }))
      })
    )

    check("terminating is safe to repeat", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const id = yield* launch(one(SubnetId))
        yield* inState(id, "running")
        const first = yield* ec2.terminateInstances({ InstanceIds: [id] })
        assert.strictEqual(first.TerminatingInstances?.[0]?.CurrentState?.Name, "shutting-down")
        assert.strictEqual(first.TerminatingInstances?.[0]?.PreviousState?.Name, "running")
        yield* ec2.terminateInstances({ InstanceIds: [id] })
        yield* inState(id, "terminated")
        const again = yield* ec2.terminateInstances({ InstanceIds: [id] })
        assert.strictEqual(again.TerminatingInstances?.[0]?.CurrentState?.Name, "terminated")
      })
    )

    check("one unknown id keeps the others alive", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const id = yield* launch(one(SubnetId))
        yield* inState(id, "running")
        yield* refusedWith(
          "InvalidInstanceID.NotFound",
          ec2.terminateInstances({ InstanceIds: [id, "i-0123456789abcdef0"] })
        )
        assert.strictEqual((yield* findInstance(id))?.State?.Name, "running")
      })
    )

    check("what a launch names has to exist", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const refused = (code: string, more: Partial<RunInstancesRequest>) =>
          refusedWith(code, ec2.runInstances(one(SubnetId, more)))
        yield* refused("InvalidAMIID.NotFound", { ImageId: "ami-0123456789abcdef0" })
        yield* refused("InvalidAMIID.Malformed", { ImageId: "not-an-image" })
        yield* refused("InvalidKeyPair.NotFound", { KeyName: "no-such-key" })
        yield* refused("InvalidSubnetID.NotFound", { SubnetId: "subnet-0123456789abcdef0" })
        yield* refused("InvalidGroup.NotFound", { SecurityGroupIds: ["sg-0123456789abcdef0"] })
        yield* refused("InvalidParameterValue", { IamInstanceProfile: { Name: "no-such-profile" } })
      })
    )

    check("user data has at most 16 KB", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const bytes = (count: number) => Buffer.alloc(count, "x").toString("base64")
        yield* refusedWith("InvalidParameterValue", ec2.runInstances(one(SubnetId, { UserData: bytes(16_385) })))
        yield* launch(one(SubnetId, { UserData: bytes(16_384) }))
      })
    )

    check("a stopped instance keeps its address and starts again", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const id = yield* launch(one(SubnetId))
        const InstanceIds = [id]
        const before = yield* inState(id, "running")
        yield* ec2.stopInstances({ InstanceIds })
        const stopped = yield* inState(id, "stopped")
        assert.strictEqual(stopped.PrivateIpAddress, before.PrivateIpAddress)
        yield* refusedWith("IncorrectInstanceState", ec2.rebootInstances({ InstanceIds }))
        yield* ec2.startInstances({ InstanceIds })
        yield* inState(id, "running")
        yield* ec2.rebootInstances({ InstanceIds })
      })
    )

    check("a terminated instance neither stops nor starts", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const SubnetId = yield* aSubnet(yield* aVpc())
        const id = yield* launch(one(SubnetId))
        yield* terminated(id)
        yield* refusedWith("IncorrectInstanceState", ec2.stopInstances({ InstanceIds: [id] }))
        yield* refusedWith("IncorrectInstanceState", ec2.startInstances({ InstanceIds: [id] }))
      })
    )

    check("an instance holds its subnet and groups until it is terminated", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const vpc = yield* aVpc()
        const SubnetId = yield* aSubnet(vpc)
        const GroupId = yield* aGroup(vpc, "held")
        const id = yield* launch(one(SubnetId, { SecurityGroupIds: [GroupId] }))
        yield* inState(id, "running")
        yield* refusedWith("DependencyViolation", ec2.deleteSubnet({ SubnetId }))
        yield* refusedWith("DependencyViolation", ec2.deleteSecurityGroup({ GroupId }))
        yield* terminated(id)
        yield* ec2.deleteSecurityGroup({ GroupId })
        yield* ec2.deleteSubnet({ SubnetId })
      })
    )

    check("an instance's groups are replaced as a whole", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const vpc = yield* aVpc()
        const SubnetId = yield* aSubnet(vpc)
        const first = yield* aGroup(vpc, "first")
        const second = yield* aGroup(vpc, "second")
        const InstanceId = yield* launch(one(SubnetId, { SecurityGroupIds: [first] }))
        yield* inState(InstanceId, "running")
        const groups = Effect.map(findInstance(InstanceId), (found) =>
          found?.SecurityGroups?.map((group) => group.GroupId)
        )
        yield* ec2.modifyInstanceAttribute({ InstanceId, Groups: [first, second] })
        assert.sameMembers((yield* groups) ?? [], [first, second])
        const NetworkInterfaceId = (yield* findInstance(InstanceId))?.NetworkInterfaces?.[0]?.NetworkInterfaceId
        yield* ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups: [second] })
        assert.deepStrictEqual(yield* groups, [second])
      })
    )

    check("images and instance types are found by name, and unknown ones are refused", () =>
      Effect.gen(function* () {
        const ec2 = yield* Ec2
        const image = present((yield* ec2.describeImages({ ImageIds: [ImageId] })).Images?.[0], "image")
        assert.isString(image.RootDeviceName)
        const pattern = `${image.Name?.slice(0, -1)}?`
        const byName = yield* ec2.describeImages({
          Filters: [filter("name", pattern), filter("owner-id", present(image.OwnerId, "OwnerId"))]
        })
        assert.isTrue(byName.Images?.some((one) => one.ImageId === ImageId))
        yield* refusedWith("InvalidAMIID.NotFound", ec2.describeImages({ ImageIds: ["ami-0123456789abcdef0"] }))
        const InstanceTypes = [instanceType as NonNullable<RunInstancesRequest["InstanceType"]>]
        const types = yield* ec2.describeInstanceTypes({ InstanceTypes })
        const architectures: ReadonlyArray<string> =
          types.InstanceTypes?.[0]?.ProcessorInfo?.SupportedArchitectures ?? []
        assert.include(architectures, image.Architecture)
      })
    )
  })
}
