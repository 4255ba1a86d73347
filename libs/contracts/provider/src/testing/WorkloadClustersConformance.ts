/**
 * What every way into workload clusters has to do: let in whom the server lets in, and tell two sorts of "no" apart.
 *
 * The heart of it are outages: a client outlives them, says `Unreachable` meanwhile, and serves again without a new
 * connection. Left out: what an API server itself promises (the conformance suite of `KubernetesApi`).
 *
 * @source https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ and https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
 */
import type { ObjectKey } from "@capstan/api"
import { type ApiError, ConfigMap, type KubernetesClient } from "@capstan/kubernetes"
import { assert, describe } from "@effect/vitest"
import { Clock, Effect, Fiber, Stream } from "effect"
import { WorkloadClusters, WorkloadUnreachable } from "../WorkloadClusters.ts"
import { type ConformanceBackend, eventually, failureOf, seamChecksOf } from "./ConformanceBackend.ts"

export interface WorkloadClustersGiven {
  /** A cluster that runs. */
  readonly cluster: ObjectKey
  /** Its administrator's, as YAML with the address in a line `server: https://…`. */
  readonly kubeconfig: string
  /** Kubeconfigs for the same server with credentials that it refuses: whose they are, as in "another cluster's administrator". */
  readonly refused: ReadonlyArray<{ readonly whose: string; readonly kubeconfig: string }>
  /** Ways in which no API server of the cluster answers any more, and how each ends, within five minutes, with all data kept. */
  readonly outages: ReadonlyArray<Outage>
}

export interface Outage {
  /** As in "its machines stop". */
  readonly how: string
  readonly begin: Effect.Effect<void>
  readonly end: Effect.Effect<void>
}

const probeMillisMax = 5_000

const keyOf = (name: string): ObjectKey => ({ namespace: "default", name })

const newConfigMap = (name: string, value: string) => ({ metadata: keyOf(name), data: { value } })

const connectTo = ({ cluster }: WorkloadClustersGiven, kubeconfig: string) =>
  Effect.flatMap(WorkloadClusters, (clusters) => clusters.connect({ cluster, kubeconfig }))

const connect = (given: WorkloadClustersGiven) => connectTo(given, given.kubeconfig)

/** A ConfigMap that goes with the check. */
const aConfigMap = (client: KubernetesClient, name: string, value: string) =>
  Effect.acquireRelease(client.create(ConfigMap, newConfigMap(name, value)), () =>
    Effect.ignore(client.delete(ConfigMap, keyOf(name)))
  )

const setValue = (client: KubernetesClient, name: string, value: string) =>
  client.patch(ConfigMap, keyOf(name), { type: "merge", body: { data: { value } } })

const unreachable = <A, R>(
  what: string,
  effect: Effect.Effect<A, WorkloadUnreachable, R>
): Effect.Effect<WorkloadUnreachable, never, R> =>
  Effect.map(failureOf(what, effect), (error) => {
    assert.instanceOf(error, WorkloadUnreachable, what)
    assert.isNotEmpty(error.message, what)
    return error
  })

/** Every call that a client has. */
const callsOf = (
  client: KubernetesClient,
  object: ConfigMap
): ReadonlyArray<readonly [operation: string, call: Effect.Effect<unknown, ApiError>]> => [
  ["get", client.get(ConfigMap, keyOf("outage"))],
  ["list", client.list(ConfigMap, { namespace: "default" })],
  ["watch", Stream.runDrain(client.watch(ConfigMap, { namespace: "default" }))],
  ["create", client.create(ConfigMap, newConfigMap("during-an-outage", "1"))],
  ["update", client.update(ConfigMap, object)],
  ["updateStatus", client.updateStatus(ConfigMap, object)],
  ["patch", setValue(client, "outage", "2")],
  ["delete", client.delete(ConfigMap, keyOf("during-an-outage"))],
  ["evict", client.evict(keyOf("no-such-pod"))]
]

/** Waits until the client notices that nobody answers; an open connection may take its time. */
const untilAway = (client: KubernetesClient, how: string) =>
  eventually(
    `a call is Unreachable when ${how}`,
    Effect.map(Effect.result(client.list(ConfigMap, { namespace: "default" })), (result) =>
      result._tag === "Failure" && result.failure.reason === "Unreachable" ? true : undefined
    )
  )

/** Runs the body while nobody answers; the outage ends also when the check fails. */
const during = <A, E, R>(outage: Outage, body: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    outage.begin,
    () => body,
    () => outage.end
  )

/** Declares the suite for a backend; call it at the top of a test file. */
export const workloadClustersConformance = (
  backend: ConformanceBackend<WorkloadClusters, WorkloadClustersGiven>
): void => {
  describe(`WorkloadClusters: ${backend.name}`, () => {
    const check = seamChecksOf(backend)

    check("a kubeconfig leads to a server that answers", (given) =>
      Effect.gen(function* () {
        const { client, probe } = yield* connect(given)
        yield* probe
        const found = yield* client.list(ConfigMap, { namespace: "kube-system" })
        assert.include(
          found.items.map((item) => item.metadata.name),
          "kubeadm-config"
        )
      })
    )

    check("a client writes, reads, changes and deletes", (given) =>
      Effect.gen(function* () {
        const { client } = yield* connect(given)
        const key = keyOf("round-trip")
        const created = yield* aConfigMap(client, "round-trip", "1")
        assert.deepStrictEqual((yield* client.get(ConfigMap, key)).data, { value: "1" })
        const updated = yield* client.update(ConfigMap, { ...created, data: { value: "2" } })
        assert.deepStrictEqual(updated.data, { value: "2" })
        const conflict = yield* failureOf("an update of what was read before", client.update(ConfigMap, created))
        assert.strictEqual(conflict.reason, "Conflict")
        yield* setValue(client, "round-trip", "3")
        assert.deepStrictEqual((yield* client.get(ConfigMap, key)).data, { value: "3" })
        const taken = yield* failureOf("a second of that name", client.create(ConfigMap, newConfigMap(key.name, "4")))
        assert.strictEqual(taken.reason, "AlreadyExists")
        yield* client.delete(ConfigMap, key)
        assert.strictEqual((yield* failureOf("get", client.get(ConfigMap, key))).reason, "NotFound")
        assert.strictEqual((yield* failureOf("delete", client.delete(ConfigMap, key))).reason, "NotFound")
      })
    )

    check("two connections lead to one cluster", (given) =>
      Effect.gen(function* () {
        const one = yield* connect(given)
        const other = yield* connect(given)
        yield* aConfigMap(one.client, "shared", "1")
        const seen = yield* other.client
          .watch(ConfigMap, { namespace: "default", fields: { "metadata.name": "shared" } })
          .pipe(
            Stream.filter((event) => event.type !== "BOOKMARK"),
            Stream.take(2),
            Stream.runCollect,
            Effect.forkChild
          )
        // The watch begins with what is there; a change that came before it would be part of that.
        yield* Effect.sleep("2 seconds")
        yield* setValue(one.client, "shared", "2")
        const events = yield* Fiber.join(seen).pipe(Effect.timeout("2 minutes"))
        assert.deepStrictEqual(
          events.map((event) => event.type),
          ["ADDED", "MODIFIED"]
        )
        assert.deepStrictEqual((yield* other.client.get(ConfigMap, keyOf("shared"))).data, { value: "2" })
      })
    )

    check("credentials that the server refuses are unauthorized", (given) =>
      Effect.gen(function* () {
        assert.isNotEmpty(given.refused)
        for (const { kubeconfig, whose } of given.refused) {
          const error = yield* unreachable(`connecting with ${whose} credentials`, connectTo(given, kubeconfig))
          assert.isTrue(error.unauthorized, `${whose}: ${error.message}`)
          assert.include(error.cluster, given.cluster.name)
        }
        yield* (yield* connect(given)).probe
      })
    )

    check("a server whose name nobody knows is unreachable, but not unauthorized", (given) =>
      Effect.gen(function* () {
        const lost = given.kubeconfig.replace(/server: *\S+/, "server: https://no-such-host.invalid:6443")
        assert.notStrictEqual(lost, given.kubeconfig)
        const error = yield* unreachable("connecting to nobody", connectTo(given, lost))
        assert.isFalse(error.unauthorized, error.message)
        assert.include(error.cluster, given.cluster.name)
      })
    )

    check("what is no kubeconfig leads nowhere", (given) =>
      Effect.gen(function* () {
        for (const text of ["", "no kubeconfig", "apiVersion: v1\nkind: Config\nclusters: []\n"]) {
          const error = yield* unreachable(`connecting with ${JSON.stringify(text)}`, connectTo(given, text))
          assert.isFalse(error.unauthorized, error.message)
        }
      })
    )

    check("every call is unreachable while nobody answers, and works on the same client again afterwards", (given) =>
      Effect.gen(function* () {
        assert.isNotEmpty(given.outages)
        const { client } = yield* connect(given)
        const object = yield* aConfigMap(client, "outage", "1")
        for (const outage of given.outages) {
          const { how } = outage
          yield* during(
            outage,
            Effect.gen(function* () {
              yield* untilAway(client, how)
              const failures = yield* Effect.forEach(
                callsOf(client, object),
                ([operation, call]) =>
                  Effect.map(
                    failureOf(`${operation} when ${how}`, call),
                    (error) => [operation, error.reason] as const
                  ),
                { concurrency: "unbounded" }
              )
              for (const [operation, reason] of failures) {
                assert.strictEqual(reason, "Unreachable", `${operation} when ${how}`)
              }
            })
          )
          const found = yield* eventually(`calls work again after ${how}`, client.get(ConfigMap, keyOf("outage")))
          assert.strictEqual(found.metadata.uid, object.metadata.uid, `the same data after ${how}`)
          yield* setValue(client, "outage", how)
          assert.deepStrictEqual((yield* client.get(ConfigMap, keyOf("outage"))).data, { value: how })
        }
      })
    )

    check("a probe says within five seconds that nobody answers, and says when somebody does again", (given) =>
      Effect.gen(function* () {
        const { client, probe } = yield* connect(given)
        for (const outage of given.outages) {
          yield* during(
            outage,
            Effect.gen(function* () {
              yield* untilAway(client, outage.how)
              const before = yield* Clock.currentTimeMillis
              const error = yield* unreachable(`probing when ${outage.how}`, probe)
              const took = (yield* Clock.currentTimeMillis) - before
              assert.isFalse(error.unauthorized, outage.how)
              // A tenth more for the clocks of a real machine.
              assert.isAtMost(took, probeMillisMax * 1.1, outage.how)
            })
          )
          yield* eventually(`the probe succeeds after ${outage.how}`, Effect.as(probe, true))
        }
      })
    )

    check("nobody connects during an outage, and anybody after it", (given) =>
      Effect.gen(function* () {
        const { client } = yield* connect(given)
        for (const outage of given.outages) {
          yield* during(
            outage,
            Effect.gen(function* () {
              yield* untilAway(client, outage.how)
              const error = yield* unreachable(`connecting when ${outage.how}`, connect(given))
              assert.isFalse(error.unauthorized, outage.how)
            })
          )
          const again = yield* eventually(`connecting after ${outage.how}`, connect(given))
          yield* again.probe
        }
      })
    )

    check("a watch breaks when its server goes, and resumes from the last version seen", (given) =>
      Effect.gen(function* () {
        const { client } = yield* connect(given)
        const where = { namespace: "default", fields: { "metadata.name": "watched" } }
        yield* aConfigMap(client, "watched", "0")
        for (const outage of given.outages) {
          const versions: Array<string> = []
          const watching = yield* client.watch(ConfigMap, where).pipe(
            Stream.runForEach((event) =>
              Effect.sync(() => {
                versions.push(event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion)
              })
            ),
            Effect.forkChild
          )
          yield* eventually(
            "the watch begins with what is there",
            Effect.sync(() => versions.at(0))
          )
          const failure = yield* during(
            outage,
            failureOf(`watching when ${outage.how}`, Fiber.join(watching).pipe(Effect.timeout("5 minutes")))
          )
          assert.strictEqual("reason" in failure ? failure.reason : failure._tag, "Unreachable", outage.how)
          yield* eventually(`writing after ${outage.how}`, setValue(client, "watched", outage.how))
          const missed = yield* client.watch(ConfigMap, { ...where, resourceVersion: versions.at(-1) ?? "" }).pipe(
            Stream.filter((event) => event.type !== "BOOKMARK"),
            Stream.map((event) => `${event.type} ${event.object.data?.["value"]}`),
            Stream.take(1),
            Stream.runCollect,
            Effect.timeout("2 minutes")
          )
          assert.deepStrictEqual([...missed], [`MODIFIED ${outage.how}`])
        }
      })
    )
  })
}
