import { describe, expect, it } from "vitest"
import { EmulatorMirror, type Sight } from "../../src/emulated/EmulatorMirror.ts"

type Instance = Sight["instances"][number]

const instance = (given: Partial<Instance> = {}): Instance => ({
  InstanceId: "i-1",
  State: { Name: "running" },
  Placement: { AvailabilityZone: "eu-west-1a" },
  PrivateIpAddress: "10.0.0.4",
  PrivateDnsName: "ip-10-0-0-4.internal",
  ImageId: "ami-1",
  InstanceType: "t3.large",
  ...given
})
const seen = (...instances: ReadonlyArray<Instance>): Sight => ({ instances, loadBalancers: [] })
const always = () => true

describe("EmulatorMirror", () => {
  it("tells which instances have changed, and how", () => {
    const mirror = new EmulatorMirror()
    expect(mirror.take(seen(instance()), 1000)).toEqual([{ id: "i-1", from: "", to: "running" }])
    expect(mirror.take(seen(instance()), 2000)).toEqual([])
    expect(mirror.take(seen(instance({ State: { Name: "terminated" } })), 3000)).toEqual([
      { id: "i-1", from: "running", to: "terminated" }
    ])
    expect(mirror.instances()).toMatchObject([{ id: "i-1", state: "terminated", createdMillis: 1000 }])
  })

  it("knows whose an instance is by its tags", () => {
    const mirror = new EmulatorMirror()
    const Tags = [
      { Key: "sigs.k8s.io/cluster-api-provider-aws/cluster/c1", Value: "owned" },
      { Key: "sigs.k8s.io/cluster-api-provider-aws/role", Value: "node" },
      { Key: "Name", Value: "md-0-abcde" }
    ]
    mirror.take(seen(instance({ Tags })), 0)
    expect(mirror.instances()).toMatchObject([{ cluster: "c1", role: "worker", name: "md-0-abcde" }])
  })

  it("lets an instance boot anew when it was stopped", () => {
    const mirror = new EmulatorMirror()
    mirror.take(seen(instance()), 0)
    mirror.take(seen(instance({ State: { Name: "stopped" } })), 0)
    expect(mirror.view("i-1")).toMatchObject({ bootGeneration: 1, reachable: false })
    mirror.take(seen(instance()), 0)
    expect(mirror.view("i-1")).toMatchObject({ bootGeneration: 2, reachable: true })
  })

  it("gives an instance the user data that it was launched with", () => {
    const mirror = new EmulatorMirror()
    mirror.launched(
      { UserData: Buffer.from("#cloud-config").toString("base64") },
      { Instances: [{ InstanceId: "i-1" }] }
    )
    mirror.take(seen(instance()), 0)
    expect(mirror.view("i-1")?.userData).toBe("#cloud-config")
  })

  it("cuts a zone off without a reboot, and powers it up with one", () => {
    const mirror = new EmulatorMirror()
    mirror.take(seen(instance(), instance({ InstanceId: "i-2", Placement: { AvailabilityZone: "eu-west-1b" } })), 0)
    expect(mirror.setZone("eu-west-1a", { network: false })).toEqual(["i-1"])
    expect(mirror.view("i-1")).toMatchObject({ reachable: false, bootGeneration: 1 })
    expect(mirror.setZone("eu-west-1a", { network: true })).toEqual(["i-1"])
    expect(mirror.view("i-1")).toMatchObject({ reachable: true, bootGeneration: 1 })
    mirror.setZone("eu-west-1a", { power: false })
    expect(mirror.setZone("eu-west-1a", { power: true })).toEqual(["i-1"])
    expect(mirror.view("i-1")).toMatchObject({ reachable: true, bootGeneration: 2 })
    expect(mirror.view("i-2")).toMatchObject({ reachable: true, bootGeneration: 1 })
  })

  it("leads a load balancer's name to registered instances that answer", () => {
    const mirror = new EmulatorMirror()
    mirror.take(
      {
        instances: [instance(), instance({ InstanceId: "i-2" }), instance({ InstanceId: "i-3" })],
        loadBalancers: [
          {
            DNSName: "Api.example.com",
            ListenerDescriptions: [{ Listener: { Protocol: "TCP", LoadBalancerPort: 6443, InstancePort: 6443 } }],
            Instances: [{ InstanceId: "i-1" }, { InstanceId: "i-2" }, { InstanceId: "i-1" }]
          }
        ]
      },
      0
    )
    expect(mirror.resolve("other.example.com", always)).toBe("unresolved")
    expect(mirror.resolve("api.example.com", always)).toEqual(["i-1", "i-2"])
    mirror.setHung("i-2", true)
    expect(mirror.resolve("api.example.com", always)).toEqual(["i-1"])
    expect(mirror.resolve("api.example.com", (_, port) => port !== 6443)).toEqual([])
  })

  it("shows what belongs to nobody with its tags, so that a change of them is seen", () => {
    const mirror = new EmulatorMirror()
    const others = [{ type: "VPC", id: "vpc-1", tags: [{ Key: "owner", Value: "finance" }] }]
    mirror.take({ ...seen(), others }, 0)
    expect(mirror.resources()).toMatchObject([{ id: "vpc-1", cluster: undefined, digest: '{"owner":"finance"}' }])
  })
})
