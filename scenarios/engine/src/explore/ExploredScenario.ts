/**
 * A scenario that nobody wrote: a topology, faults and changes of mind, all by the decisions of {@link Choices}.
 *
 * Each scenario switches kinds of faults and changes on and off as a whole (swarm testing), so that rare combinations are not
 * drowned by common ones. What is broken is made good by the end or can be made good by the controllers: then the cluster has to
 * be what was last asked for, and to fall silent. What upstream does not promise to survive is never done, and stands below
 * beside the decision: it would fail for no fault of ours.
 *
 * @source https://agroce.github.io/issta12.pdf
 */
import { formatDuration } from "../language/Duration.ts"
import { apiVersion, type Expectation, type ScenarioDocument, type Step } from "../language/ScenarioDocument.ts"
import type { Choices } from "./Choices.ts"

/** What may happen in explored scenarios. */
export interface ExploreProfile {
  readonly faults: boolean
  /** Scaling, upgrades, pauses, deletion. */
  readonly changes: boolean
}

export const exploreProfiles = {
  all: { faults: true, changes: true },
  /** What was asked for at the beginning stays so. */
  faults: { faults: true, changes: false },
  /** Nothing breaks. */
  changes: { faults: false, changes: true }
} as const satisfies { readonly [name: string]: ExploreProfile }

export type ExploreProfileName = keyof typeof exploreProfiles

type NonEmpty<A> = readonly [A, ...ReadonlyArray<A>]
type Provider = "aws" | "dev"

const olderVersion = "v1.33.4"
const newerVersion = "v1.34.1"

/** `v1.33.3` before `v1.33.4`. */
const patchBefore = (version: string): string => version.replace(/\d+$/, (patch) => String(Number(patch) - 1))

/** What the cluster is to be like; changes move it on. */
interface Wanted {
  controlPlanes: number
  workers: number
  controlPlaneVersion: string
  workerVersion: string
  deleted: boolean
  /** Whether an instance has been taken out of its load balancer. */
  deregistered: boolean
}

interface Setting {
  readonly provider: Provider
  readonly zones: NonEmpty<string>
  readonly wanted: Wanted
}

/** A part of a scenario's steps; `at` is added where it is put. */
type Part = Omit<Step, "id" | "at">

const minutes = (choices: Choices, min: number, max: number): string =>
  formatDuration(choices.between(min, max) * 60_000)

const one = { pick: { count: 1 }, empty: "skip" } as const
const aWorker = { from: "workerVms", where: "it.state == 'running'", ...one } as const
const aControlPlane = { from: "controlPlaneVms", where: "it.state == 'running'", ...one } as const

/** Upstream survives the loss of one control-plane machine while all others are well, and promises nothing beyond. */
const allControlPlanesAreWell = ({ controlPlanes }: Wanted): string =>
  `controlPlanes.size() == ${controlPlanes} && controlPlanes.all(m, ready(m)) && etcd(controlPlane).members == ${controlPlanes} && etcd(controlPlane).healthy == ${controlPlanes}`

const struckServices = {
  aws: ["ec2", "elb", "secretsmanager", "kubernetes", "etcd"],
  dev: ["dev", "kubernetes", "etcd"]
} as const satisfies { readonly [P in Provider]: NonEmpty<string> }

const errorCodes: { readonly [service: string]: NonEmpty<string> } = {
  ec2: ["InternalError", "Unavailable", "InsufficientInstanceCapacity"],
  elb: ["InternalFailure", "ServiceUnavailable"],
  secretsmanager: ["InternalServiceError"],
  kubernetes: ["ServiceUnavailable", "InternalError", "Timeout"],
  etcd: ["Unavailable"],
  dev: ["InternalError"]
}

const crashPoints = {
  aws: [
    "ec2.RunInstances",
    "ec2.TerminateInstances",
    "ec2.CreateTags",
    "elb.RegisterInstancesWithLoadBalancer",
    "secretsmanager.CreateSecret",
    "kubernetes.create",
    "kubernetes.patch",
    "kubernetes.patchStatus",
    "kubernetes.delete",
    "etcd.remove"
  ],
  dev: ["kubernetes.create", "kubernetes.patch", "kubernetes.patchStatus", "kubernetes.delete", "etcd.remove"]
} as const satisfies { readonly [P in Provider]: NonEmpty<string> }

/** Nothing where it makes no sense. */
type Make = (choices: Choices, setting: Setting) => Part | ReadonlyArray<Part> | undefined

const lasting =
  (fault: string, target: typeof aWorker | typeof aControlPlane): Make =>
  (choices, { wanted }) => {
    const part: Part = { fault, target, for: minutes(choices, 1, 40) }
    if (target === aWorker) return part
    // The only control plane cannot be replaced: it must come back before anybody gives it up.
    if (wanted.controlPlanes < 3) return { ...part, for: minutes(choices, 1, 4) }
    return { ...part, when: allControlPlanesAreWell(wanted) }
  }

const callFault =
  (fault: "api.throttle" | "api.error" | "api.latency"): Make =>
  (choices, { provider }) => {
    const service = choices.pick<string>(struckServices[provider])
    const probability = choices.between(1, 9) / 10
    const span = minutes(choices, 1, 20)
    if (fault === "api.throttle") return { fault, with: { service, probability }, for: span }
    if (fault === "api.latency") {
      return { fault, with: { service, probability, delay: `${choices.between(1, 45)}s` }, for: span }
    }
    const code = choices.pick(errorCodes[service] ?? ["InternalError"])
    return { fault, with: { service, probability, code, performed: choices.percent(50) }, for: span }
  }

/** Every kind of fault by name. Left out: `cloud.delete`, for a cluster without its load balancer is lost upstream, too. */
const faultMakers: { readonly [name: string]: Make } = {
  "worker-terminate": () => ({ fault: "compute.terminate", target: aWorker }),
  "worker-stop": lasting("compute.stop", aWorker),
  "worker-hang": lasting("compute.hang", aWorker),
  "worker-reboot": () => ({ fault: "compute.reboot", target: aWorker }),
  "control-plane-terminate": (_, { wanted }) =>
    // A cluster's only etcd member takes all its data with it.
    wanted.controlPlanes < 3
      ? undefined
      : { fault: "compute.terminate", target: aControlPlane, when: allControlPlanesAreWell(wanted) },
  "control-plane-stop": lasting("compute.stop", aControlPlane),
  "control-plane-hang": lasting("compute.hang", aControlPlane),
  "control-plane-reboot": () => ({ fault: "compute.reboot", target: aControlPlane }),
  "zone-outage": (choices, { zones }) => {
    const effects = ["instances-stop", "network-cut", "insufficient-capacity"].filter(() => choices.percent(70))
    const zone = choices.pick(zones)
    return {
      fault: "zone.outage",
      with: effects.length === 0 ? { zone } : { zone, effects },
      for: choices.percent(50) ? "4m" : minutes(choices, 1, 45)
    }
  },
  "zone-capacity": (choices, { zones }) => ({
    fault: "zone.capacity",
    with: { zone: choices.pick(zones) },
    for: minutes(choices, 5, 60)
  }),
  // Once: an instance that is behind no load balancer cannot be taken out of one.
  deregister: (choices, { provider, wanted }) => {
    if (provider === "dev" || wanted.deregistered) return undefined
    wanted.deregistered = true
    const span = minutes(choices, 1, 20)
    return { fault: "lb.deregister", target: aControlPlane, for: span, when: allControlPlanesAreWell(wanted) }
  },
  throttle: callFault("api.throttle"),
  error: callFault("api.error"),
  latency: callFault("api.latency"),
  crash: (choices) => ({ fault: "controller.crash", with: { restartAfter: `${choices.between(1, 120)}s` } }),
  "crash-at-call": (choices, { provider }) => ({
    fault: "controller.crash",
    with: {
      call: choices.pick<string>(crashPoints[provider]),
      when: choices.pick(["before", "after"]),
      times: choices.between(1, 5)
    },
    for: "30m"
  })
}

const patched = (kind: string, name: string, spec: object): Part => ({ patch: { kind, name, value: { spec } } })

/** Every kind of change by name. Each moves `wanted` on. */
const changeMakers: { readonly [name: string]: Make } = {
  "scale-workers": (choices, { wanted }) => {
    wanted.workers = choices.between(0, 5)
    return patched("MachineDeployment", "demo-md-0", { replicas: wanted.workers })
  },
  "scale-control-plane": (choices, { wanted }) => {
    wanted.controlPlanes = choices.pick([1, 3, 3, 5])
    return patched("KubeadmControlPlane", "demo-control-plane", { replicas: wanted.controlPlanes })
  },
  // Both at once and never back: a worker joins with the kubeadm of the control plane's minor version, and none goes back.
  upgrade: (_, { wanted }) => {
    wanted.controlPlaneVersion = newerVersion
    wanted.workerVersion = newerVersion
    return [
      patched("KubeadmControlPlane", "demo-control-plane", { version: newerVersion }),
      patched("MachineDeployment", "demo-md-0", { template: { spec: { version: newerVersion } } })
    ]
  },
  "roll-workers-over-and-back": (_, { wanted }) => {
    const { controlPlaneVersion, workerVersion } = wanted
    wanted.workerVersion = workerVersion === controlPlaneVersion ? patchBefore(workerVersion) : controlPlaneVersion
    return patched("MachineDeployment", "demo-md-0", { template: { spec: { version: wanted.workerVersion } } })
  },
  "delete-workers": (_, { wanted }) =>
    wanted.workers === 0 ? undefined : { when: "workers.size() > 0", delete: { kind: "Machine", from: "workers" } }
}

/** The kinds that this scenario switches on: each with an even chance, and at least one. */
const swarm = (choices: Choices, makers: { readonly [name: string]: Make }): ReadonlyArray<Make> => {
  const all = Object.values(makers)
  const on = all.filter(() => choices.percent(50))
  return on.length > 0 ? on : all.slice(0, 1)
}

const everyRegion = "eu-west-1"
const everyZone: NonEmpty<string> = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]

/** The steps, each at its time; their order is that of time. */
const stepsOf = (choices: Choices, profile: ExploreProfile, setting: Setting): ReadonlyArray<Step> => {
  const faults = profile.faults ? swarm(choices, faultMakers) : []
  const changes = profile.changes ? swarm(choices, changeMakers) : []
  const menu = [...faults, ...changes]
  const times = Array.from({ length: choices.between(1, 10) }, () => choices.between(0, 110)).sort((a, b) => a - b)
  const steps: Array<Step> = []
  for (const time of times) {
    const make = menu[choices.between(0, menu.length - 1)]
    for (const part of [make?.(choices, setting) ?? []].flat()) {
      steps.push({ id: `step-${steps.length + 1}`, at: `+${time}m`, ...part })
    }
  }
  if (profile.changes && choices.percent(15)) steps.push(...pauseAround(choices, steps.length))
  if (profile.changes && choices.percent(15)) {
    setting.wanted.deleted = true
    steps.push({ id: "delete", at: `+${choices.between(60, 120)}m`, delete: { kind: "Cluster", name: "demo" } })
  }
  return steps
}

const pauseAround = (choices: Choices, count: number): ReadonlyArray<Step> => [
  { id: `step-${count + 1}`, at: "+111m", ...patched("Cluster", "demo", { paused: true }) },
  { id: `step-${count + 2}`, hold: minutes(choices, 1, 30) },
  { id: `step-${count + 3}`, ...patched("Cluster", "demo", { paused: false }) }
]

const expectationsOf = ({ wanted }: Setting): ReadonlyArray<Expectation> => {
  if (wanted.deleted) {
    return [
      { id: "nothing-is-left", finally: "clusters.size() == 0 && machines.size() == 0" },
      { id: "no-instance-is-left", finally: "vms.all(v, v.state == 'terminated')" }
    ]
  }
  const { controlPlanes, workers, controlPlaneVersion, workerVersion } = wanted
  return [
    {
      id: "as-many-as-wanted",
      finally: `controlPlanes.size() == ${controlPlanes} && workers.size() == ${workers}`
    },
    { id: "all-are-ready", finally: "machines.all(m, ready(m))" },
    {
      id: "of-the-wanted-version",
      finally: `controlPlanes.all(m, m.spec.version == '${controlPlaneVersion}') && workers.all(m, m.spec.version == '${workerVersion}')`
    },
    {
      id: "etcd-is-whole",
      finally: `etcd(controlPlane).members == ${controlPlanes} && etcd(controlPlane).healthy == ${controlPlanes}`
    },
    { id: "cluster-is-available", finally: "isTrue(cluster, 'Available')" },
    {
      id: "one-instance-a-machine",
      finally: `vms.filter(v, v.state != 'terminated').size() == ${controlPlanes + workers}`
    }
  ]
}

const topology = (
  choices: Choices,
  folder: string
): { readonly setting: Setting; readonly given: ScenarioDocument["spec"]["given"] } => {
  const provider: Provider = choices.percent(80) ? "aws" : "dev"
  const wanted: Wanted = {
    controlPlanes: choices.pick([3, 3, 3, 1, 5]),
    workers: choices.between(1, 4),
    controlPlaneVersion: olderVersion,
    workerVersion: olderVersion,
    deleted: false,
    deregistered: false
  }
  const name = { CLUSTER_NAME: "demo" }
  return {
    setting: { provider, zones: everyZone, wanted },
    given: {
      world: { provider, region: everyRegion, zones: [...everyZone] },
      manifests: [
        {
          file: `${folder}${provider}-cluster.yaml`,
          substitute: {
            ...name,
            CONTROL_PLANE_MACHINE_COUNT: wanted.controlPlanes,
            WORKER_MACHINE_COUNT: wanted.workers,
            KUBERNETES_VERSION: olderVersion
          }
        },
        // Any number may be replaced, and for whatever is ill: a check that held back would leave it so for ever.
        { file: `${folder}thorough-health-checks.yaml`, substitute: name }
      ],
      ready: { let: "cluster", is: "Available", within: "60m" }
    }
  }
}

/**
 * The scenario of these choices.
 *
 * @param folder where the catalogue's manifests are for whoever reads the scenario, such as `catalogue:manifests/`.
 */
export const exploredScenario = (options: {
  readonly choices: Choices
  readonly profile: ExploreProfileName
  readonly name: string
  readonly seed: number
  readonly folder: string
}): ScenarioDocument => {
  const { choices, folder, name, profile, seed } = options
  const { given, setting } = topology(choices, folder)
  const steps = stepsOf(choices, exploreProfiles[profile], setting)
  return {
    apiVersion,
    kind: "Scenario",
    metadata: { name },
    spec: {
      seeds: [seed],
      timeouts: { scenario: "48h", step: "6h", settle: "8h" },
      given,
      let: {
        cluster: { kind: "Cluster", name: "demo", one: true },
        clusters: { kind: "Cluster", cluster: "demo" },
        controlPlane: { kind: "KubeadmControlPlane", name: "demo-control-plane", one: true },
        machines: { kind: "Machine", cluster: "demo" },
        controlPlanes: { kind: "Machine", cluster: "demo", role: "control-plane" },
        workers: { kind: "Machine", cluster: "demo", role: "worker" },
        vms: { resource: "instance", cluster: "demo" },
        controlPlaneVms: { resource: "instance", cluster: "demo", role: "control-plane" },
        workerVms: { resource: "instance", cluster: "demo", role: "worker" }
      },
      steps: [...steps],
      expect: [...expectationsOf(setting)]
    }
  }
}
