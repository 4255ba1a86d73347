/**
 * A world made by hand for one invariant: tests put objects, instances and members into it, let time pass, and read what the
 * invariant has said. Events reach it as a run would send them.
 */
import type { KubernetesObject, OwnerReference } from "@capstan/api"
import type {
  CloudInstance,
  CloudResource,
  EtcdView,
  Invariant,
  WorldEvent,
  WorldView
} from "../../src/invariants/Invariant.ts"

/** An object of any kind, as far as a test writes it out. */
export type Thing = KubernetesObject & { readonly [field: string]: unknown }

const startMillis = Date.UTC(2026, 0, 1)
const idOf = ({ kind, metadata }: KubernetesObject): string => `${kind}/${metadata.namespace}/${metadata.name}`

export class HandMadeWorld {
  readonly said: Array<string> = []
  nowMillis = startMillis
  faultsActive = false
  lastFaultEndMillis = 0
  instances: ReadonlyArray<CloudInstance> = []
  /** Besides the instances that are not terminated. */
  resources: ReadonlyArray<CloudResource> = []
  etcd: ReadonlyArray<EtcdView> = []
  private readonly invariant: Invariant
  private readonly memory: unknown
  private readonly things = new Map<string, Thing>()
  private readonly view: WorldView

  constructor(invariant: Invariant) {
    this.invariant = invariant
    this.memory = invariant.start()
    const those = (is: (kind: string) => boolean) => [...this.things.values()].filter(({ kind }) => is(kind))
    const now = (): number => this.nowMillis
    const active = (): boolean => this.faultsActive
    const lastEnd = (): number => this.lastFaultEndMillis
    this.view = {
      get nowMillis() {
        return now()
      },
      get faultsActive() {
        return active()
      },
      get lastFaultEndMillis() {
        return lastEnd()
      },
      objects: ({ kind: wanted }) => those((kind) => kind === wanted),
      infrastructureMachines: () => those((kind) => kind === "DevMachine"),
      infrastructureClusters: () => those((kind) => kind === "DevCluster"),
      instances: () => this.instances,
      resources: () => [
        ...this.instances
          .filter(({ state }) => state !== "terminated")
          .map(({ cluster, createdMillis, id, state }) => ({
            type: "instance",
            id,
            cluster,
            createdMillis,
            digest: state
          })),
        ...this.resources
      ],
      etcd: () => this.etcd
    }
  }

  get timestamp(): string {
    return new Date(this.nowMillis).toISOString()
  }

  get(kind: string, name: string): Thing {
    const found = this.things.get(`${kind}/default/${name}`)
    if (found === undefined) throw new Error(`the test has made no ${kind} ${name}`)
    return found
  }

  /** Creates or replaces. */
  put(thing: Thing, actor: "manager" | "other" = "manager"): void {
    const before = this.things.get(idOf(thing))
    this.things.set(idOf(thing), thing)
    this.tell({
      kind: "write",
      write: { verb: before === undefined ? "create" : "patch", actor, kind: thing.kind, before, after: thing }
    })
  }

  change(kind: string, name: string, fields: { readonly [field: string]: unknown }, actor?: "manager" | "other"): void {
    this.put({ ...this.get(kind, name), ...fields }, actor)
  }

  /** Asks for its deletion: it is marked. */
  condemn(kind: string, name: string, actor?: "manager" | "other"): void {
    const thing = this.get(kind, name)
    this.put({ ...thing, metadata: { ...thing.metadata, deletionTimestamp: this.timestamp } }, actor)
  }

  /** It disappears. */
  vanish(kind: string, name: string, actor: "manager" | "other" = "manager"): void {
    const before = this.get(kind, name)
    this.things.delete(idOf(before))
    this.tell({ kind: "write", write: { verb: "patch", actor, kind, before, after: undefined } })
  }

  /** Adds an instance, or changes the one of this id. */
  instance(id: string, fields: Partial<CloudInstance> = {}): void {
    const known = this.instances.find((each) => each.id === id)
    const usual: CloudInstance = known ?? {
      id,
      state: "running",
      zone: "a",
      providerId: `dev:///a/${id}`,
      cluster: "c",
      ownerUid: undefined,
      name: "",
      role: "worker",
      createdMillis: this.nowMillis
    }
    const instance = { ...usual, ...fields }
    this.instances =
      known === undefined
        ? [...this.instances, instance]
        : this.instances.map((each) => (each === known ? instance : each))
    this.tell({ kind: "cloud" })
  }

  setResources(resources: ReadonlyArray<Partial<CloudResource> & { readonly id: string }>): void {
    this.resources = resources.map((resource) => ({
      type: "subnet",
      cluster: "c",
      createdMillis: this.nowMillis,
      digest: "",
      ...resource
    }))
    this.tell({ kind: "cloud" })
  }

  /** Healthy voters by name; `-` before a name makes it ill, `+` a learner. */
  setMembers(...names: ReadonlyArray<string>): void {
    const members = names.map((text) => {
      const name = text.replace(/^[-+]/, "")
      return { id: `id-${name}`, name, healthy: !text.startsWith("-"), voter: !text.startsWith("+") }
    })
    this.etcd = [...this.etcd.filter(({ cluster }) => cluster !== "c"), { cluster: "c", members }]
    this.tell({ kind: "time" })
  }

  removeMember(name: string): void {
    this.etcd = this.etcd.map((etcd) => ({ ...etcd, members: etcd.members.filter((member) => member.name !== name) }))
    this.tell({ kind: "etcd", etcd: { cluster: "c", step: "removed" } })
  }

  fault(active: boolean): void {
    this.faultsActive = active
    if (!active) this.lastFaultEndMillis = this.nowMillis
  }

  /** Lets time pass, looking once a minute. */
  pass(minutes: number): void {
    for (let minute = 0; minute < minutes; minute++) {
      this.nowMillis += 60_000
      this.tell({ kind: "time" })
    }
  }

  end(): void {
    this.tell({ kind: "end" })
  }

  private tell(event: WorldEvent): void {
    const { check, kinds, on } = this.invariant
    if (!on.includes(event.kind)) return
    if (event.write !== undefined && kinds !== undefined && !kinds.includes(event.write.kind)) return
    for (const message of check(this.view, event, this.memory))
      if (!this.said.includes(message)) this.said.push(message)
  }
}

// ── Objects, all in the namespace `default` and of the cluster `c` ───────────────────────────────────────────────────

interface Extras {
  readonly labels?: { readonly [name: string]: string }
  readonly annotations?: { readonly [name: string]: string }
  readonly finalizers?: ReadonlyArray<string>
  readonly owner?: Thing
  readonly spec?: object
  readonly status?: object
}

export const thing = (kind: string, name: string, extras: Extras = {}): Thing => {
  const { annotations, finalizers = ["a"], labels, owner, spec = {}, status } = extras
  const reference: OwnerReference | undefined = owner && {
    apiVersion: "v1",
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true
  }
  return {
    apiVersion: "v1",
    kind,
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${kind}-${name}`,
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { "cluster.x-k8s.io/cluster-name": "c", ...labels },
      finalizers,
      ...(annotations === undefined ? {} : { annotations }),
      ...(reference === undefined ? {} : { ownerReferences: [reference] })
    },
    spec,
    ...(status === undefined ? {} : { status })
  }
}

export const cluster = (zones: ReadonlyArray<string> = [], spec: object = {}): Thing =>
  thing("Cluster", "c", { spec, status: { failureDomains: zones.map((name) => ({ name, controlPlane: true })) } })

export const controlPlane = (replicas: number, maxSurge?: number): Thing =>
  thing("KubeadmControlPlane", "kcp", {
    spec: { replicas, ...(maxSurge === undefined ? {} : { rollout: { strategy: { rollingUpdate: { maxSurge } } } }) }
  })

const controlPlaneLabel = { "cluster.x-k8s.io/control-plane": "" }

/** A control plane's Machine on the Node of its name. */
export const controlPlaneMachine = (
  name: string,
  fields: { readonly zone?: string; readonly version?: string; readonly status?: object } = {}
): Thing =>
  thing("Machine", name, {
    labels: controlPlaneLabel,
    owner: controlPlane(3),
    spec: {
      clusterName: "c",
      version: fields.version ?? "v1.34.0",
      ...(fields.zone === undefined ? {} : { failureDomain: fields.zone })
    },
    status: fields.status ?? { nodeRef: { name } }
  })

export const workerMachine = (name: string, extras: Extras = {}): Thing =>
  thing("Machine", name, { ...extras, spec: { clusterName: "c", ...extras.spec } })

/** The infrastructure machine of a Machine, under the same name. */
export const infrastructureOf = (machine: Thing, spec: object = {}): Thing =>
  thing("DevMachine", machine.metadata.name, {
    owner: machine,
    spec,
    labels: machine.metadata.labels?.["cluster.x-k8s.io/control-plane"] === undefined ? {} : controlPlaneLabel
  })

// ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Situation {
  readonly situation: string
  readonly happens: (world: HandMadeWorld) => void
  /** What the invariant says; nothing when the situation is legal. */
  readonly says?: ReadonlyArray<string>
}

/** What an invariant says of a situation. */
export const judge = (invariant: Invariant, { happens }: Situation): ReadonlyArray<string> => {
  const world = new HandMadeWorld(invariant)
  happens(world)
  return world.said
}
