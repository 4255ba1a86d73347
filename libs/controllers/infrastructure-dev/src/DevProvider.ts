/**
 * The dev provider, whole: the worked example of what a provider is.
 *
 * Everything that the contract asks of every provider is the harness's affair (see `@capstan/runtime`). What is left is how
 * this cloud is looked at (`observe`), brought to what is wanted (`ensure`) and emptied (`remove`); each may be cut off behind
 * any call and is simply called again, so every call in here is safe to repeat.
 *
 * To write one for another cloud, begin with a copy of this package: kinds, this file, and the conformance suite in its tests.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */
import {
  type AnyInfrastructureProvider,
  type ClusterOutcome,
  type ClusterScope,
  defineInfrastructureProvider,
  InfrastructureProvider,
  type MachineOutcome,
  type MachineScope,
  NameResolver,
  ProviderError,
  type ProviderReconciler,
  type Removal,
  type Waiting
} from "@capstan/provider"
import { Effect, Layer, Option } from "effect"
import { DevCloud } from "./cloud/DevCloud.ts"
import type { DevCloudError } from "./cloud/DevCloudError.ts"
import {
  type CloudBalancer,
  type CloudMachine,
  type CloudMachineState,
  type CloudZone,
  providerIdOf
} from "./cloud/DevCloudState.ts"
import { DevCluster, type DevClusterBody } from "./kinds/DevCluster.ts"
import { DevMachine, type DevMachineBody } from "./kinds/DevMachine.ts"
import { DevClusterTemplate, DevMachineTemplate } from "./kinds/Templates.ts"

/** Every kind that the provider installs. */
export const devKinds = [DevCluster, DevMachine, DevClusterTemplate, DevMachineTemplate] as const

const portDefault = 6443
const sizeDefault = "small"
/** How soon to look again at what is under way. Everything else is looked at on changes and on resync. */
const soonMillis = 5_000
const noCapacityMillis = 30_000

const fromCloudError = (cause: DevCloudError): ProviderError =>
  new ProviderError({ reason: cause.reason, message: cause.message, cause })

const waiting = (reason: string, message: string, requeueAfterMillis: number): Waiting => ({
  _tag: "Waiting",
  reason,
  message,
  requeueAfterMillis
})

const removed: Removal = { _tag: "Removed" }
const removing = (message: string): Removal => ({
  _tag: "Removing",
  reason: "Deleting",
  message,
  requeueAfterMillis: soonMillis
})

/** One load balancer a cluster, found by a name that outlives the object's uid. */
const balancerOf = ({ cluster }: Pick<ClusterScope<unknown>, "cluster">): string =>
  `${cluster.metadata.namespace}/${cluster.metadata.name}`

// ── Cluster: a load balancer, and the zones ──────────────────────────────────────────────────────────────────────────

interface ClusterFacts {
  readonly balancer: Option.Option<CloudBalancer>
  readonly zones: ReadonlyArray<CloudZone>
}

const clusterReconciler = (
  cloud: DevCloud["Service"],
  resolver: NameResolver["Service"]
): ProviderReconciler<ClusterScope<DevClusterBody>, ClusterFacts, ClusterOutcome> => ({
  observe: (scope) =>
    Effect.mapError(
      Effect.all({ balancer: cloud.findBalancer(balancerOf(scope)), zones: cloud.describeZones }),
      fromCloudError
    ),

  ensure: Effect.fnUntraced(function* (scope, facts) {
    const { name, namespace } = scope.cluster.metadata
    const { controlPlaneEndpoint: wanted, zones = facts.zones.map((zone) => zone.name) } =
      scope.infrastructure.get().spec
    const unknown = zones.filter((zone) => !facts.zones.some((known) => known.name === zone))
    if (unknown.length > 0) {
      return yield* new ProviderError({
        reason: "ZoneNotFound",
        message: `the cloud has no zone ${unknown.join(", ")}`
      })
    }
    const request = {
      name: balancerOf(scope),
      cluster: name,
      host: wanted?.host ?? `${name}.${namespace}.dev.internal`,
      port: wanted?.port ?? portDefault
    }
    const balancer = Option.isSome(facts.balancer)
      ? facts.balancer.value
      : yield* Effect.mapError(cloud.ensureBalancer(request), fromCloudError)
    // A name that nobody can resolve yet is no endpoint: whoever used it now would remember that it does not exist.
    if (Option.isNone(yield* Effect.option(resolver.resolve(balancer.host)))) {
      return waiting("WaitForDNSNameResolve", `${balancer.host} does not resolve yet`, soonMillis)
    }
    return {
      _tag: "Provisioned",
      endpoint: { host: balancer.host, port: balancer.port },
      failureDomains: zones.map((zone) => ({ name: zone, controlPlane: true }))
    }
  }),

  // Removed is what was seen to be gone, never what was just asked for.
  remove: (_scope, { balancer }) =>
    Option.isNone(balancer)
      ? Effect.succeed(removed)
      : Effect.mapBoth(cloud.deleteBalancer(balancer.value.name), {
          onFailure: fromCloudError,
          onSuccess: () => removing(`load balancer ${balancer.value.name} is being deleted`)
        })
})

// ── Machine: a machine of the cloud, behind the load balancer when it is a control plane's ───────────────────────────

type Scope = MachineScope<DevMachineBody, DevClusterBody>

interface MachineFacts {
  readonly server: Option.Option<CloudMachine>
  /** None for workers. */
  readonly balancer: Option.Option<CloudBalancer>
}

interface Verdict {
  readonly ready: Extract<MachineOutcome, { readonly _tag: "Provisioned" }>["ready"]
  readonly passing: boolean
}

/** What each state says of the machine, and whether another is to follow by itself. */
const verdicts: { readonly [S in CloudMachineState]: Verdict } = {
  pending: { ready: { reason: "Pending", message: "the machine is booting", severity: "Info" }, passing: true },
  running: { ready: true, passing: false },
  stopping: {
    ready: { reason: "Stopping", message: "the machine is being stopped", severity: "Warning" },
    passing: true
  },
  stopped: { ready: { reason: "Stopped", message: "the machine was stopped", severity: "Warning" }, passing: false },
  "shutting-down": {
    ready: { reason: "ShuttingDown", message: "the machine is being terminated", severity: "Error" },
    passing: true
  },
  terminated: {
    ready: { reason: "Terminated", message: "the machine was terminated", severity: "Error" },
    passing: false
  }
}

/** What to say of a machine that is there. */
const reportOf = (server: CloudMachine): MachineOutcome => ({
  _tag: "Provisioned",
  providerId: providerIdOf(server),
  failureDomain: server.zone,
  addresses: [
    { type: "Hostname", address: server.name },
    { type: "InternalIP", address: server.address },
    { type: "InternalDNS", address: server.name }
  ],
  ready: verdicts[server.state].ready,
  ...(verdicts[server.state].passing ? { requeueAfterMillis: soonMillis } : {})
})

/** What to say of a machine that there was: it is never made anew, whoever needs one replaces the Machine. */
const reportLost = (object: ReturnType<Scope["infrastructure"]["get"]>, providerId: string): MachineOutcome => ({
  _tag: "Provisioned",
  providerId,
  addresses: object.status?.addresses ?? [],
  ready: { reason: "NotFound", message: `${providerId} is not there any more`, severity: "Error" }
})

const machineReconciler = (cloud: DevCloud["Service"]): ProviderReconciler<Scope, MachineFacts, MachineOutcome> => {
  const create = Effect.fnUntraced(function* (scope: Scope) {
    const { metadata, spec } = scope.infrastructure.get()
    const data = yield* scope.bootstrapData
    const wanted = scope.machine.spec.failureDomain
    const usable = scope.infrastructureCluster.status?.failureDomains ?? []
    return yield* cloud.createMachine({
      token: metadata.uid,
      name: scope.machine.metadata.name,
      cluster: scope.cluster.metadata.name,
      role: scope.isControlPlane ? "control-plane" : "worker",
      zones: wanted === undefined ? usable.map((domain) => domain.name) : [wanted],
      size: spec.size ?? sizeDefault,
      image: spec.image ?? `kubernetes-${scope.machine.spec.version ?? "latest"}`,
      userData: data.value
    })
  })

  return {
    observe: (scope) => {
      const { metadata, spec } = scope.infrastructure.get()
      const id = spec.providerID?.slice(spec.providerID.lastIndexOf("/") + 1)
      const server = cloud.findMachine(id === undefined ? { token: metadata.uid } : { id })
      const balancer = scope.isControlPlane ? cloud.findBalancer(balancerOf(scope)) : Effect.succeedNone
      return Effect.mapError(Effect.all({ server, balancer }), fromCloudError)
    },

    ensure: Effect.fnUntraced(
      function* (scope, { balancer, server }) {
        const object = scope.infrastructure.get()
        if (Option.isNone(server) && object.spec.providerID !== undefined)
          return reportLost(object, object.spec.providerID)
        const machine = Option.isSome(server) ? server.value : yield* create(scope)
        if (machine.state === "running" && Option.isSome(balancer) && !balancer.value.targets.includes(machine.id)) {
          yield* cloud.register(balancer.value.name, machine.id)
        }
        return reportOf(machine)
      },
      Effect.catchTag("DevCloudError", (error) =>
        error.reason === "NoCapacity"
          ? Effect.succeed<MachineOutcome>(waiting(error.reason, error.message, noCapacityMillis))
          : Effect.fail(fromCloudError(error))
      )
    ),

    remove: Effect.fnUntraced(function* (_scope, { balancer, server }) {
      if (Option.isNone(server) || server.value.state === "terminated") return removed
      const { id, state } = server.value
      // First out of the load balancer, so that no client is sent to a machine that is about to go.
      if (Option.isSome(balancer) && balancer.value.targets.includes(id))
        yield* cloud.deregister(balancer.value.name, id)
      if (state !== "shutting-down") yield* cloud.deleteMachine(id)
      return removing(`machine ${id} is being terminated`)
    }, Effect.mapError(fromCloudError))
  }
}

// ── The provider as one value ────────────────────────────────────────────────────────────────────────────────────────

/** Builds the provider over a cloud. It remembers nothing between reconciles. */
export const devProvider: Effect.Effect<AnyInfrastructureProvider, never, DevCloud | NameResolver> = Effect.gen(
  function* () {
    const cloud = yield* DevCloud
    const resolver = yield* NameResolver
    return defineInfrastructureProvider({
      name: "dev",
      contract: "v1beta2",
      kinds: { cluster: DevCluster, machine: DevMachine, others: [DevClusterTemplate, DevMachineTemplate] },
      finalizers: {
        cluster: "devcluster.infrastructure.cluster.x-k8s.io",
        machine: "devmachine.infrastructure.cluster.x-k8s.io"
      },
      controllers: { cluster: "devcluster", machine: "devmachine" },
      cluster: clusterReconciler(cloud, resolver),
      machine: machineReconciler(cloud)
    })
  }
)

/** The provider as the one of a manager. */
export const layer: Layer.Layer<InfrastructureProvider, never, DevCloud | NameResolver> = Layer.effect(
  InfrastructureProvider,
  devProvider
)
