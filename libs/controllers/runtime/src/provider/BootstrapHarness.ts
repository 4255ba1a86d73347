/**
 * The controller of a bootstrap config: everything that the contract asks of every provider, around the provider's
 * own `generate`, `refresh` and `remove`.
 *
 * The data goes into a Secret of the config's name before the status says so; a pass that stops in between writes the
 * same Secret again, which nobody has read yet. There is no finalizer: `remove` is called once the config is gone.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/bootstrap-config
 */
import {
  Cluster,
  controllerOf,
  controllerReference,
  ensureOwnerReference,
  isControlPlaneMachine,
  isDeleting,
  keyOf,
  Labels,
  Machine
} from "@capstan/api"
import { type ApiError, KubernetesApi, Secret } from "@capstan/kubernetes"
import { type AnyBootstrapProvider, type BootstrapOutcome, type BootstrapScope, ProviderError } from "@capstan/provider"
import { Effect, Option } from "effect"
import { Base64 } from "effect/encoding"
import { Cache } from "../Cache.ts"
import type { Controller, Request, Watch } from "../Controller.ts"
import { openWorkingCopy } from "../OpenWorkingCopy.ts"
import { done, fromMillis, type Result } from "../Result.ts"
import {
  clusterMatters,
  clusterOfMachine,
  machineMatters,
  owningMachine,
  requestOfReference,
  requestsOfCluster
} from "./Ownership.ts"
import { bodyOf, withStatus } from "./ProviderObject.ts"
import { afterWaiting, type Copy, type PassError, runPass, state } from "./ProviderPass.ts"

const concurrencyDefault = 10
const contract = "v1beta2"
const secretType = "cluster.x-k8s.io/secret"

type Scope = BootstrapScope<unknown>
type Data = Extract<BootstrapOutcome, { readonly _tag: "Generated" }>

/** Says whether the data is there, in the config's own condition and in the summary. */
const stateData = Effect.fnUntraced(function* (copy: Copy, unavailable?: string) {
  const status = unavailable === undefined ? "True" : "False"
  const message = unavailable ?? ""
  yield* state(copy, contract, {
    type: "DataSecretAvailable",
    status,
    reason: unavailable === undefined ? "Available" : "NotAvailable",
    message
  })
  yield* state(copy, contract, {
    type: "Ready",
    status,
    reason: unavailable === undefined ? "Ready" : "NotReady",
    message: unavailable === undefined ? "" : `* DataSecretAvailable: ${message}`
  })
})

/** Puts the data into the Secret of the config's name, which must not be somebody else's. */
const storeData = Effect.fnUntraced(function* (
  scope: Scope,
  data: Data
): Effect.fn.Return<void, ApiError | ProviderError, KubernetesApi> {
  const api = yield* KubernetesApi
  const config = scope.config.get()
  const key = keyOf(config)
  const values = { value: Base64.encode(data.value), format: Base64.encode(data.format) }
  const owner = controllerReference(config)
  const labels = { [Labels.ClusterName]: scope.cluster.metadata.name }
  const create = api.create(Secret, {
    metadata: { ...key, labels, ownerReferences: [owner] },
    type: secretType,
    data: values
  })
  yield* Effect.catchIf(
    Effect.asVoid(create),
    (error) => error.reason === "AlreadyExists",
    () =>
      Effect.gen(function* () {
        const present = yield* api.get(Secret, key)
        const controller = controllerOf(present)
        if (controller !== undefined && controller.kind !== config.kind) {
          return yield* new ProviderError({
            reason: "BootstrapSecretNotOwned",
            message: `Secret ${key.name} is controlled by ${controller.kind} ${controller.name}`
          })
        }
        const ownerReferences = ensureOwnerReference(present.metadata.ownerReferences, owner)
        const body = { metadata: { labels, ownerReferences }, data: values }
        yield* api.patch(Secret, key, { type: "merge", body })
      })
  )
})

const withDataSecret = (copy: Copy, dataSecretName: string): void =>
  copy.change((object) =>
    withStatus(object, {
      dataSecretName,
      initialization: { ...bodyOf(object).status?.initialization, dataSecretCreated: true }
    })
  )

export const bootstrapController = (provider: AnyBootstrapProvider): Controller<KubernetesApi | Cache> => {
  const kind = provider.kinds.config

  const work = Effect.fnUntraced(function* (scope: Scope): Effect.fn.Return<Result, PassError, KubernetesApi> {
    const copy = scope.config
    if (bodyOf(copy.get()).status?.initialization?.["dataSecretCreated"] === true) {
      yield* stateData(copy)
      if (scope.machine.status?.nodeRef !== undefined) return done
      const { requeueAfterMillis } = yield* provider.refresh(scope)
      return fromMillis(requeueAfterMillis)
    }
    if (scope.cluster.status?.initialization?.infrastructureProvisioned !== true) {
      yield* stateData(copy, "Waiting for Cluster status.initialization.infrastructureProvisioned to be true")
      return done
    }
    // A Machine that has its data already (after a move, from a backup) keeps it.
    const adopted = scope.machine.spec.bootstrap.dataSecretName
    if (adopted !== undefined) {
      withDataSecret(copy, adopted)
      yield* stateData(copy)
      return done
    }
    const outcome = yield* provider.generate(scope)
    if (outcome._tag === "Waiting") {
      yield* stateData(copy, outcome.message)
      return afterWaiting(outcome)
    }
    yield* storeData(scope, outcome)
    withDataSecret(copy, keyOf(copy.get()).name)
    yield* stateData(copy)
    return fromMillis(outcome.requeueAfterMillis)
  })

  const pass = (scope: Scope): Effect.Effect<Result, PassError, KubernetesApi> =>
    Effect.tap(
      Effect.tapError(work(scope), (error) =>
        error instanceof ProviderError ? stateData(scope.config, error.message) : Effect.void
      ),
      () =>
        Effect.sync(() =>
          scope.config.change((object) => {
            const { generation } = object.metadata
            return generation === undefined || bodyOf(object).status?.observedGeneration === generation
              ? object
              : withStatus(object, { observedGeneration: generation })
          })
        )
    )

  const reconcile = Effect.fnUntraced(function* (
    request: Request
  ): Effect.fn.Return<Result, PassError, KubernetesApi | Cache> {
    const cache = yield* Cache
    const found = yield* cache.get(kind, request)
    if (Option.isNone(found)) {
      yield* provider.remove({ cluster: undefined, config: request })
      return done
    }
    if (isDeleting(found.value)) return done
    const machine = yield* owningMachine(found.value)
    if (Option.isNone(machine)) return done
    const cluster = yield* clusterOfMachine(machine.value)
    if (Option.isNone(cluster)) return done
    const copy = yield* openWorkingCopy(kind, found.value, { ownedConditions: "all" })
    const scope: Scope = {
      cluster: cluster.value,
      machine: machine.value,
      isControlPlane: isControlPlaneMachine(machine.value),
      config: copy
    }
    return yield* runPass({ copy, contract, cluster: cluster.value, readyFromErrors: false }, pass(scope))
  })

  const requestOfMachine: Watch["map"] = (object, cache) => {
    const machine = cache.find(Machine, keyOf(object))
    return machine === undefined ? [] : requestOfReference(machine, machine.spec.bootstrap.configRef, kind)
  }

  return {
    name: provider.controller,
    kind,
    concurrency: provider.concurrency ?? concurrencyDefault,
    watches: [
      { kind: Machine, map: requestOfMachine, when: machineMatters },
      { kind: Cluster, map: (cluster, cache) => requestsOfCluster(kind, keyOf(cluster), cache), when: clusterMatters }
    ],
    clusterCacheEvents: (cluster, cache) => requestsOfCluster(kind, cluster, cache),
    reconcile
  }
}
