/**
 * The controller of an infrastructure machine: everything that the contract asks of every provider, around the
 * provider's own `observe`, `ensure` and `remove`.
 *
 * Nothing is made before the finalizer is stored, the cluster's infrastructure stands and the bootstrap data is there.
 * Neither of the last two ever stands in the way of a deletion.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/infra-machine
 */
import { Cluster, isControlPlaneMachine, isDeleting, keyOf, type KubernetesObject, Machine } from "@capstan/api"
import { KubernetesApi, Secret } from "@capstan/kubernetes"
import {
  type AnyInfrastructureProvider,
  type MachineOutcome,
  type MachineScope,
  ProviderError,
  type Waiting
} from "@capstan/provider"
import { Effect, Option } from "effect"
import { Cache } from "../Cache.ts"
import { secretText } from "../certificates/ClusterCertificates.ts"
import type { Controller, Request, Watch } from "../Controller.ts"
import { hasFinalizer, withFinalizer, withoutFinalizer } from "../Metadata.ts"
import { openWorkingCopy } from "../OpenWorkingCopy.ts"
import { done, fromMillis, type Result } from "../Result.ts"
import {
  clusterMatters,
  clusterOfMachine,
  infrastructureClusterMatters,
  isExternallyManaged,
  labelledCluster,
  machineMatters,
  owningMachine,
  requestOfReference,
  requestsOfCluster
} from "./Ownership.ts"
import { withProviderId, withProvisioned, withStatus } from "./ProviderObject.ts"
import { afterWaiting, type PassError, runPass, stateNotReady, stateReady } from "./ProviderPass.ts"

const concurrencyDefault = 10

type Scope = MachineScope<unknown, unknown>

/** What stands in the way of creating the machine, if anything does. */
export const gateOfMachine = (cluster: Cluster, machine: Machine): Waiting | undefined => {
  if (cluster.status?.initialization?.infrastructureProvisioned !== true) {
    return {
      _tag: "Waiting",
      reason: "WaitingForClusterInfrastructure",
      message: "Waiting for the cluster's infrastructure to be provisioned",
      severity: "Info"
    }
  }
  if (machine.spec.bootstrap.dataSecretName === undefined) {
    return {
      _tag: "Waiting",
      reason: "WaitingForBootstrapData",
      message: "Waiting for the bootstrap provider to set spec.bootstrap.dataSecretName",
      severity: "Info"
    }
  }
  return undefined
}

/** Reads the bootstrap data Secret of a Machine from the API. */
const readBootstrapData = (api: KubernetesApi["Service"], machine: Machine): Scope["bootstrapData"] =>
  Effect.suspend(() => {
    const name = machine.spec.bootstrap.dataSecretName
    if (name === undefined) {
      return new ProviderError({
        reason: "BootstrapDataUnavailable",
        message: `Machine ${machine.metadata.name} has no bootstrap data yet`
      })
    }
    return Effect.flatMap(
      Effect.mapError(
        api.get(Secret, { namespace: machine.metadata.namespace ?? "", name }),
        (cause) =>
          new ProviderError({
            reason: "BootstrapDataUnavailable",
            message: `cannot read bootstrap data Secret ${name}: ${cause.message}`,
            cause
          })
      ),
      (secret) => {
        const value = secretText(secret, "value")
        return value === undefined
          ? new ProviderError({
              reason: "BootstrapDataUnavailable",
              message: `bootstrap data Secret ${name} has no readable value`
            })
          : Effect.succeed({ value, format: secretText(secret, "format") ?? "cloud-config" })
      }
    )
  })

export const infrastructureMachineController = (
  provider: AnyInfrastructureProvider
): Controller<KubernetesApi | Cache> => {
  const { contract } = provider
  const finalizer = provider.finalizers.machine
  const kind = provider.kinds.machine

  const remove = Effect.fnUntraced(function* (scope: Scope) {
    const copy = scope.infrastructure
    if (!hasFinalizer(copy.get(), finalizer)) return done
    const facts = yield* provider.machine.observe(scope)
    const removal = yield* provider.machine.remove(scope, facts)
    if (removal._tag === "Removed") {
      copy.change((object) => withoutFinalizer(object, finalizer))
      return done
    }
    yield* stateNotReady(copy, contract, removal)
    return fromMillis(removal.requeueAfterMillis)
  })

  const report = Effect.fnUntraced(function* (scope: Scope, outcome: MachineOutcome) {
    const copy = scope.infrastructure
    if (outcome._tag === "Waiting") {
      yield* stateNotReady(copy, contract, outcome)
      return afterWaiting(outcome)
    }
    const { addresses, failureDomain, interruptible, providerId, ready } = outcome
    copy.change((object) => withProviderId(object, providerId))
    copy.change((object) =>
      withStatus(object, {
        addresses,
        // The older contract has no such field in the status.
        ...(failureDomain === undefined || contract === "v1beta1" ? {} : { failureDomain }),
        ...(interruptible === undefined ? {} : { interruptible })
      })
    )
    copy.change((object) => withProvisioned(object, contract, ready === true))
    yield* ready === true ? stateReady(copy, contract) : stateNotReady(copy, contract, ready)
    return fromMillis(outcome.requeueAfterMillis)
  })

  const ensure = Effect.fnUntraced(function* (scope: Scope) {
    const copy = scope.infrastructure
    copy.change((object) => withFinalizer(object, finalizer))
    yield* copy.persist
    const waiting = gateOfMachine(scope.cluster, scope.machine)
    if (waiting !== undefined) {
      yield* stateNotReady(copy, contract, waiting)
      if (provider.machine.gate !== undefined) yield* provider.machine.gate(scope, waiting)
      return afterWaiting(waiting)
    }
    const facts = yield* provider.machine.observe(scope)
    return yield* report(scope, yield* provider.machine.ensure(scope, facts))
  })

  const reconcile = Effect.fnUntraced(function* (
    request: Request
  ): Effect.fn.Return<Result, PassError, KubernetesApi | Cache> {
    const cache = yield* Cache
    const api = yield* KubernetesApi
    const found = yield* cache.get(kind, request)
    if (Option.isNone(found) || isExternallyManaged(found.value)) return done
    const machine = yield* owningMachine(found.value)
    if (Option.isNone(machine)) return done
    const cluster = yield* clusterOfMachine(machine.value)
    if (Option.isNone(cluster)) return done
    const [reference] = requestOfReference(cluster.value, cluster.value.spec.infrastructureRef, provider.kinds.cluster)
    if (reference === undefined) return done
    const infrastructureCluster = yield* cache.get(provider.kinds.cluster, reference)
    if (Option.isNone(infrastructureCluster)) return done

    const copy = yield* openWorkingCopy(kind, found.value, { ownedConditions: "all" })
    const scope: Scope = {
      cluster: cluster.value,
      machine: machine.value,
      infrastructureCluster: infrastructureCluster.value,
      infrastructure: copy,
      isControlPlane: isControlPlaneMachine(machine.value),
      bootstrapData: readBootstrapData(api, machine.value)
    }
    return yield* runPass(
      { copy, contract, cluster: cluster.value },
      isDeleting(found.value) ? remove(scope) : ensure(scope)
    )
  })

  const requestOfMachine: Watch["map"] = (object, cache) => {
    const machine = cache.find(Machine, keyOf(object))
    return machine === undefined ? [] : requestOfReference(machine, machine.spec.infrastructureRef, kind)
  }
  const requestsOfInfrastructureCluster: Watch["map"] = (object, cache) => {
    const cluster = labelledCluster(object, cache)
    return cluster === undefined ? [] : requestsOfCluster(kind, keyOf(cluster), cache)
  }
  const related = provider.relatedMachines
  const relatedWatches: ReadonlyArray<Watch> =
    related === undefined
      ? []
      : provider.kinds.others.map((other) => ({
          kind: other,
          map: (object: KubernetesObject) => related(keyOf(object))
        }))

  return {
    name: provider.controllers.machine,
    kind,
    concurrency: provider.concurrency?.machine ?? concurrencyDefault,
    watches: [
      { kind: Machine, map: requestOfMachine, when: machineMatters },
      { kind: Cluster, map: (cluster, cache) => requestsOfCluster(kind, keyOf(cluster), cache), when: clusterMatters },
      { kind: provider.kinds.cluster, map: requestsOfInfrastructureCluster, when: infrastructureClusterMatters },
      ...relatedWatches
    ],
    reconcile
  }
}
