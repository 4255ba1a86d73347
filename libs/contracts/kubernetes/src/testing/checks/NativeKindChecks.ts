/** Promises about kinds of Kubernetes' own: Secrets, ConfigMaps, Leases, Events, Nodes, Pods and their budgets. */
import { type KubernetesObject, ownerReference } from "@capstan/api"
import { Effect, Result } from "effect"
import { ConfigMap } from "../../core/ConfigMap.ts"
import { Event } from "../../core/Event.ts"
import { Lease } from "../../core/Lease.ts"
import { Node } from "../../core/Node.ts"
import { Pod } from "../../core/Pod.ts"
import { PodDisruptionBudget } from "../../core/PodDisruptionBudget.ts"
import { RoleBinding } from "../../core/Rbac.ts"
import { Secret } from "../../core/Secret.ts"
import {
  check,
  type CheckContext,
  claim,
  type ConformanceCheck,
  eventually,
  isGone,
  refused,
  same
} from "../ConformanceCheck.ts"

/** A running, ready Pod with the label `app: web`. */
const readyPod = ({ api, namespace }: CheckContext, name: string, owner?: KubernetesObject) =>
  Effect.gen(function* () {
    const owned = owner === undefined ? {} : { ownerReferences: [{ ...ownerReference(owner), controller: true }] }
    const pod = yield* api.create(Pod, {
      metadata: { name, namespace, labels: { app: "web" }, ...owned },
      spec: {
        nodeName: "conformance-no-such-node",
        terminationGracePeriodSeconds: 0,
        containers: [{ name: "c", image: "x" }]
      }
    })
    yield* api.updateStatus(Pod, {
      ...pod,
      status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] }
    })
  })

const budget = ({ api, namespace }: CheckContext, spec: object) =>
  api.create(PodDisruptionBudget, {
    metadata: { name: "budget", namespace },
    spec: { selector: { matchLabels: { app: "web" } }, ...spec }
  })

const allows = ({ api, key }: CheckContext, count: number) =>
  eventually(
    `the budget allows ${count}`,
    Effect.map(
      api.get(PodDisruptionBudget, key("budget")),
      ({ metadata, status }) =>
        status?.disruptionsAllowed === count && status.observedGeneration === metadata.generation
    )
  )

export const nativeKindChecks: ReadonlyArray<ConformanceCheck> = [
  check("Secret", "merges stringData over data and defaults its type", ({ api, namespace }) =>
    Effect.gen(function* () {
      const made = yield* api.create(Secret, {
        metadata: { name: "a", namespace },
        data: { x: "MQ==", y: "MQ==" },
        stringData: { y: "2" }
      })
      yield* same("data", made.data, { x: "MQ==", y: "Mg==" })
      yield* same("stringData", made.stringData, undefined)
      yield* same("type", made.type, "Opaque")
    })
  ),
  check("Secret", "keeps its type, and all of it when immutable", ({ api, key, namespace }) =>
    Effect.gen(function* () {
      yield* api.create(Secret, { metadata: { name: "a", namespace }, data: { x: "MQ==" }, immutable: true })
      const patch = (body: object) => api.patch(Secret, key("a"), { type: "merge", body })
      const error = yield* refused("Invalid", patch({ type: "other" }))
      yield* same("field", error.causes?.[0]?.field, "type")
      yield* refused("Invalid", patch({ data: { x: "Mg==" } }))
      yield* refused("Invalid", patch({ immutable: false }))
    })
  ),
  check("ConfigMap", "refuses bad keys and keys in both maps", ({ api, namespace }) =>
    Effect.gen(function* () {
      yield* refused(
        "Invalid",
        api.create(ConfigMap, { metadata: { name: "a", namespace }, data: { "no slash/": "x" } })
      )
      yield* refused(
        "Invalid",
        api.create(ConfigMap, { metadata: { name: "a", namespace }, data: { x: "1" }, binaryData: { x: "MQ==" } })
      )
    })
  ),
  check("ConfigMap", "works as a lock: one of ten creators wins", ({ api, namespace }) =>
    Effect.gen(function* () {
      const attempts = yield* Effect.forEach(
        Array.from({ length: 10 }, (_, i) => String(i)),
        (holder) => Effect.result(api.create(ConfigMap, { metadata: { name: "lock", namespace }, data: { holder } })),
        { concurrency: 10 }
      )
      yield* same("winners", attempts.filter(Result.isSuccess).length, 1)
    })
  ),
  check("Lease", "keeps micro times and needs a positive duration", ({ api, namespace }) =>
    Effect.gen(function* () {
      const renewTime = "2030-01-01T00:00:00.123456Z"
      const made = yield* api.create(Lease, {
        metadata: { name: "a", namespace },
        spec: { renewTime, leaseDurationSeconds: 15 }
      })
      yield* same("renewTime", made.spec?.renewTime, renewTime)
      yield* refused(
        "Invalid",
        api.create(Lease, { metadata: { name: "b", namespace }, spec: { leaseDurationSeconds: 0 } })
      )
    })
  ),
  check("Event", "belongs to the namespace of what it is about", ({ api, namespace }) =>
    Effect.gen(function* () {
      const about = (where: string) =>
        api.create(Event, {
          metadata: { name: `e-${where}`, namespace },
          involvedObject: { kind: "Pod", namespace: where, name: "p" },
          reason: "Tested",
          type: "Normal"
        })
      yield* about(namespace)
      yield* refused("Invalid", about("elsewhere"))
    })
  ),
  check("Node", "keeps its providerID once it has one", ({ api, namespace }) =>
    Effect.gen(function* () {
      const key = { namespace: "", name: `${namespace}-node` }
      yield* api.create(Node, { metadata: { name: key.name } })
      const provider = (providerID: string) => api.patch(Node, key, { type: "merge", body: { spec: { providerID } } })
      yield* provider("capstan:///one")
      const second = yield* Effect.result(provider("capstan:///two"))
      yield* api.delete(Node, key)
      yield* claim(
        Result.isFailure(second) && ["Invalid", "Forbidden"].includes(second.failure.reason),
        "the second is refused"
      )
    })
  ),
  check("Node", "keeps fields that Capstan does not know", ({ api, namespace }) =>
    Effect.gen(function* () {
      const key = { namespace: "", name: `${namespace}-node` }
      yield* api.create(Node, { metadata: { name: key.name } })
      const images = [{ names: ["registry.example/pause:3.9"], sizeBytes: 1 }]
      const next = yield* api.patch(
        Node,
        key,
        { type: "merge", body: { status: { images } } },
        { subresource: "status" }
      )
      yield* api.delete(Node, key)
      const status: object = next.status ?? {}
      yield* same("images", "images" in status ? status.images : undefined, images)
    })
  ),
  check("Pod", "begins Pending, with defaults", ({ api, namespace }) =>
    Effect.gen(function* () {
      const spec = { schedulerName: "nobody", containers: [{ name: "c", image: "x" }] }
      const made = yield* api.create(Pod, { metadata: { name: "a", namespace }, spec })
      yield* same("phase", made.status?.phase, "Pending")
      yield* same("restartPolicy", made.spec.restartPolicy, "Always")
      yield* same("grace", made.spec.terminationGracePeriodSeconds, 30)
    })
  ),
  check("RoleBinding", "keeps its role", ({ api, key, namespace }) =>
    Effect.gen(function* () {
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" }
      yield* api.create(RoleBinding, { metadata: { name: "a", namespace }, roleRef })
      yield* refused(
        "Invalid",
        api.patch(RoleBinding, key("a"), { type: "merge", body: { roleRef: { name: "edit" } } })
      )
    })
  ),
  check("eviction", "without a budget deletes the Pod", (context) =>
    Effect.gen(function* () {
      const { api, key } = context
      yield* readyPod(context, "a")
      yield* api.evict(key("a"))
      yield* eventually("the Pod goes", isGone(api, Pod, key("a")))
      yield* refused("NotFound", api.evict(key("a")))
    })
  ),
  check("eviction", "is refused while the budget forbids it", (context) =>
    Effect.gen(function* () {
      const { api, key } = context
      yield* readyPod(context, "a")
      yield* budget(context, { minAvailable: 1 })
      yield* allows(context, 0)
      const error = yield* refused("TooManyRequests", api.evict(key("a")))
      yield* same("message", error.message, "Cannot evict pod as it would violate the pod's disruption budget.")
      yield* same("cause", error.causes?.[0]?.reason, "DisruptionBudget")
    })
  ),
  check("eviction", "spends the budget at once", (context) =>
    Effect.gen(function* () {
      const { api, key } = context
      for (const name of ["a", "b", "c"]) yield* readyPod(context, name)
      yield* budget(context, { minAvailable: 2 })
      yield* allows(context, 1)
      const answers = yield* Effect.forEach(["a", "b", "c"], (name) => Effect.result(api.evict(key(name))), {
        concurrency: 3
      })
      yield* same("evicted", answers.filter(Result.isSuccess).length, 1)
    })
  ),
  check("eviction", "counts percentages of what the Pods' controller wants, rounded up", (context) =>
    Effect.gen(function* () {
      // Whatever has a scale subresource is a controller to the budget.
      const owner = yield* context.widget("owner", { spec: { replicas: 3 } })
      for (const name of ["a", "b", "c"]) yield* readyPod(context, name, owner)
      yield* budget(context, { minAvailable: "50%" })
      yield* allows(context, 1)
    })
  ),
  check("eviction", "lets none go by a percentage of Pods without a controller", (context) =>
    Effect.gen(function* () {
      const { api, key } = context
      for (const name of ["a", "b", "c"]) yield* readyPod(context, name)
      yield* budget(context, { minAvailable: "50%" })
      yield* eventually(
        "the budget has counted",
        Effect.map(api.get(PodDisruptionBudget, key("budget")), ({ status }) => status?.currentHealthy === 3)
      )
      const { status } = yield* api.get(PodDisruptionBudget, key("budget"))
      yield* same("counts", [status?.expectedPods, status?.desiredHealthy, status?.disruptionsAllowed], [0, 0, 0])
      yield* refused("TooManyRequests", api.evict(key("a")))
    })
  ),
  check("PodDisruptionBudget", "is a count or a percentage, and one of the two limits", (context) =>
    Effect.gen(function* () {
      const wrong = [
        { minAvailable: "half" },
        { minAvailable: "5" },
        { maxUnavailable: -1 },
        { maxUnavailable: "101%" }
      ]
      for (const limits of [...wrong, { minAvailable: 1, maxUnavailable: 1 }]) {
        yield* refused("Invalid", budget(context, limits))
      }
    })
  ),
  check("eviction", "of a Pod that has not started is always allowed", (context) =>
    Effect.gen(function* () {
      const { api, key, namespace } = context
      const spec = { schedulerName: "nobody", containers: [{ name: "c", image: "x" }] }
      yield* api.create(Pod, { metadata: { name: "a", namespace, labels: { app: "web" } }, spec })
      yield* budget(context, { minAvailable: 1 })
      yield* api.evict(key("a"))
      yield* eventually("the Pod goes", isGone(api, Pod, key("a")))
    })
  ),
  check("eviction", "two budgets over one Pod are a server error", (context) =>
    Effect.gen(function* () {
      const { api, key, namespace } = context
      yield* readyPod(context, "a")
      yield* budget(context, { minAvailable: 0 })
      yield* api.create(PodDisruptionBudget, {
        metadata: { name: "other", namespace },
        spec: { minAvailable: 0, selector: {} }
      })
      yield* refused("InternalError", api.evict(key("a")))
    })
  )
]
