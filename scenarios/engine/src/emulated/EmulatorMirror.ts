/**
 * What an emulator's account held when it was last looked at, in the shapes in which the world and the invariants see a cloud.
 *
 * An emulator is asked over the network; a world asks at once. So somebody looks again and again, and the world reads what was seen.
 * What an emulator does not tell is remembered from our own calls: user data and secrets. Pure but for its state.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
 */
import type { Ec2Shapes, ElbOperations } from "@capstan/aws"
import type { InstanceState, InstanceView } from "@capstan/world"
import type { CloudInstance, CloudResource } from "../invariants/Invariant.ts"
import { clusterOf, roleOf, type Tags } from "../simulated/AwsOwnership.ts"

export type TagList = ReadonlyArray<Ec2Shapes.Tag>
type LoadBalancer = NonNullable<ElbOperations["DescribeLoadBalancers"]["output"]["LoadBalancerDescriptions"]>[number]

/** One look at an account. */
export interface Sight {
  readonly instances: ReadonlyArray<Ec2Shapes.Instance>
  readonly loadBalancers: ReadonlyArray<LoadBalancer>
  /** Everything else that belongs to somebody; absent when this look did not go so far. */
  readonly others?: ReadonlyArray<Owned>
}

/** A resource and its tags; a subnet also has its zone. */
export interface Owned {
  readonly type: string
  readonly id: string
  readonly tags: TagList
  readonly zone?: string
}

/** A change of one instance between two looks. */
export interface Moved {
  readonly id: string
  readonly from: InstanceState | ""
  readonly to: InstanceState
}

const tagsOf = (tags: TagList | undefined): Tags =>
  Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]))

interface Known {
  readonly view: InstanceView
  readonly cloud: CloudInstance
}

export class EmulatorMirror {
  private readonly known = new Map<string, Known>()
  private readonly userData = new Map<string, string>()
  private readonly secrets = new Map<string, string>()
  private readonly imageNames = new Map<string, string>()
  private readonly hung = new Set<string>()
  /** Zones without power or without network: packets reach no machine there. */
  private readonly dark = new Map<string, { readonly power: boolean; readonly network: boolean }>()
  private loadBalancers: ReadonlyArray<LoadBalancer> = []
  private others: ReadonlyArray<CloudResource> = []
  private readonly subnetZones = new Map<string, string>()
  private allInstances: ReadonlyArray<CloudInstance> = []

  /** Takes in what was seen at a time (epoch milliseconds); gives the instances that have changed. */
  take(sight: Sight, now: number): ReadonlyArray<Moved> {
    this.loadBalancers = sight.loadBalancers
    if (sight.others !== undefined) {
      this.others = sight.others.map(({ id, tags, type, zone }) => {
        if (zone !== undefined) this.subnetZones.set(id, zone)
        const named = tagsOf(tags)
        const cluster = clusterOf(named)
        return { type, id, cluster, createdMillis: now, digest: cluster === undefined ? JSON.stringify(named) : "" }
      })
    }
    const moved = sight.instances.flatMap((instance) => this.takeInstance(instance, now))
    if (moved.length > 0) this.allInstances = [...this.known.values()].map(({ cloud }) => cloud)
    return moved
  }

  private takeInstance(instance: Ec2Shapes.Instance, now: number): ReadonlyArray<Moved> {
    const id = instance.InstanceId
    if (id === undefined) return []
    const before = this.known.get(id)
    // EC2 has no states but these.
    const state = (instance.State?.Name ?? "pending") as InstanceState
    const zone = instance.Placement?.AvailabilityZone ?? ""
    const boots = (before?.view.bootGeneration ?? 1) + (before?.view.state === "stopped" && state !== "stopped" ? 1 : 0)
    const userData = this.userData.get(id)
    const view: InstanceView = {
      id,
      providerId: `aws:///${zone}/${id}`,
      state,
      zone,
      privateIp: instance.PrivateIpAddress ?? before?.view.privateIp ?? "",
      privateDnsName: instance.PrivateDnsName ?? before?.view.privateDnsName ?? "",
      imageId: instance.ImageId ?? "",
      instanceType: instance.InstanceType ?? "",
      reachable: this.isReachable(id, zone, state),
      bootGeneration: boots,
      ...(userData === undefined ? {} : { userData })
    }
    if (before !== undefined && JSON.stringify(before.view) === JSON.stringify(view)) return []
    const tags = tagsOf(instance.Tags)
    const cloud: CloudInstance = {
      id,
      state,
      zone,
      providerId: view.providerId,
      cluster: clusterOf(tags),
      ownerUid: instance.ClientToken,
      name: tags["Name"] ?? "",
      role: roleOf(tags),
      createdMillis: before?.cloud.createdMillis ?? now
    }
    this.known.set(id, { view, cloud })
    return [{ id, from: before?.view.state ?? "", to: state }]
  }

  private isReachable(id: string, zone: string, state: InstanceState): boolean {
    const { network, power } = this.dark.get(zone) ?? { network: true, power: true }
    return state === "running" && network && power && !this.hung.has(id)
  }

  /** Looks again at who can be reached; gives those for whom it has changed. */
  private reconsider(bootAgain: (view: InstanceView) => boolean = () => false): ReadonlyArray<string> {
    const changed: Array<string> = []
    for (const [id, { cloud, view }] of this.known) {
      const reachable = this.isReachable(id, view.zone, view.state)
      const boots = view.bootGeneration + (bootAgain(view) ? 1 : 0)
      if (reachable === view.reachable && boots === view.bootGeneration) continue
      this.known.set(id, { cloud, view: { ...view, reachable, bootGeneration: boots } })
      changed.push(id)
    }
    return changed
  }

  /** The machine stops answering, or answers again. Gives the instances that have changed. */
  setHung(id: string, hung: boolean): ReadonlyArray<string> {
    if (hung) this.hung.add(id)
    else this.hung.delete(id)
    return this.reconsider()
  }

  /** What ran on the machine begins anew. Gives the instances that have changed. */
  rebooted(id: string): ReadonlyArray<string> {
    return this.reconsider((view) => view.id === id && view.state === "running")
  }

  /** The load balancers that an instance is registered with. */
  loadBalancersWith(id: string): ReadonlyArray<string> {
    return this.loadBalancers.flatMap(({ Instances, LoadBalancerName }) =>
      LoadBalancerName !== undefined && Instances?.some(({ InstanceId }) => InstanceId === id) === true
        ? [LoadBalancerName]
        : []
    )
  }

  /** Power and network of a zone, as the world takes them: the emulator has neither. Machines boot anew when power is back. */
  setZone(zone: string, change: { readonly power?: boolean; readonly network?: boolean }): ReadonlyArray<string> {
    const before = this.dark.get(zone) ?? { network: true, power: true }
    const after = { power: change.power ?? before.power, network: change.network ?? before.network }
    this.dark.set(zone, after)
    const back = !before.power && after.power
    return this.reconsider((view) => back && view.zone === zone && view.state === "running")
  }

  /** What a launch that succeeded was given, since nobody may ask for it later. */
  launched(request: { readonly UserData?: string }, answer: Ec2Shapes.Reservation): void {
    const { UserData } = request
    if (UserData === undefined) return
    const text = Buffer.from(UserData, "base64").toString("utf8")
    for (const { InstanceId } of answer.Instances ?? [])
      if (InstanceId !== undefined) this.userData.set(InstanceId, text)
  }

  subnetMade(id: string, zone: string): void {
    this.subnetZones.set(id, zone)
  }

  /** Where a subnet lies, as far as it has been seen. */
  zoneOfSubnet(id: string): string | undefined {
    return this.subnetZones.get(id)
  }

  /** Text, or base64 of bytes. */
  secretWritten(name: string, value: string): void {
    this.secrets.set(name, value)
  }

  secretDeleted(name: string): void {
    this.secrets.delete(name)
  }

  readSecret(name: string): string | undefined {
    return this.secrets.get(name)
  }

  imageNamed(id: string, name: string): void {
    this.imageNames.set(id, name)
  }

  imageName(id: string): string | undefined {
    return this.imageNames.get(id)
  }

  /** Images of known instances whose names nobody has asked for yet. */
  get unnamedImages(): ReadonlyArray<string> {
    const ids = [...this.known.values()].map(({ view }) => view.imageId)
    return [...new Set(ids)].filter((id) => id !== "" && !this.imageNames.has(id))
  }

  views(): ReadonlyArray<InstanceView> {
    return [...this.known.values()].map(({ view }) => view)
  }

  view(id: string): InstanceView | undefined {
    return this.known.get(id)?.view
  }

  instances(): ReadonlyArray<CloudInstance> {
    return this.allInstances
  }

  resources(): ReadonlyArray<CloudResource> {
    const instances = this.allInstances
      .filter(({ state }) => state !== "terminated")
      .map(({ cluster, createdMillis, id, state }): CloudResource => ({
        type: "instance",
        id,
        cluster,
        createdMillis,
        digest: cluster === undefined ? state : ""
      }))
    return [...instances, ...this.others]
  }

  /** The instances behind a load balancer's name that answer at its port. */
  resolve(host: string, serves: (instance: string, port: number) => boolean): "unresolved" | ReadonlyArray<string> {
    const balancer = this.loadBalancers.find(({ DNSName }) => DNSName?.toLowerCase() === host.toLowerCase())
    if (balancer === undefined) return "unresolved"
    const port = balancer.ListenerDescriptions?.[0]?.Listener?.InstancePort ?? 6443
    const ids = new Set((balancer.Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? []))
    return [...ids].filter((id) => this.known.get(id)?.view.reachable === true && serves(id, port))
  }
}
