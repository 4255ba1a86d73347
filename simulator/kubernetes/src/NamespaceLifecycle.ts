/**
 * The namespace controller: empties a namespace that is being deleted, then lets it go.
 *
 * Left out: conditions about discovery, which cannot fail here.
 *
 * @source https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
 * @fidelity observed kube-apiserver-1.36 — Content goes first, what holds it is told in conditions, `finalize` comes last.
 * @fidelity assumed — The first look comes after 500 ms, every further one after 5 s.
 */
import { Namespace } from "@capstan/kubernetes"
import { Result } from "effect"
import type { ApiServer } from "./ApiServer.ts"
import type { LogEntry } from "./Store.ts"

const actor = "namespace-controller"
const firstMillis = 500
const againMillis = 5000

export class NamespaceLifecycle {
  private readonly server: ApiServer

  constructor(server: ApiServer) {
    this.server = server
  }

  observe({ groupKind, object, previous, type }: LogEntry): void {
    if (groupKind !== "Namespace" || type !== "MODIFIED") return
    const begins = previous?.metadata.deletionTimestamp === undefined && object.metadata.deletionTimestamp !== undefined
    if (begins) this.server.later(firstMillis, { _tag: "EmptyNamespace", name: object.metadata.name })
  }

  /** One look at a namespace that is going: deletes what is there, or finalizes it when nothing is. */
  empty(name: string): void {
    const key = { namespace: "", name }
    const namespace = this.server.get(Namespace, key)
    if (Result.isFailure(namespace) || namespace.success.metadata.deletionTimestamp === undefined) return
    this.deleteContent(name)
    const remaining = this.remaining(name)
    if (remaining.length === 0) {
      this.server.patch(Namespace, key, { type: "merge", body: { spec: { finalizers: [] } } }, { actor })
      return
    }
    this.report(namespace.success, remaining)
    this.server.later(againMillis, { _tag: "EmptyNamespace", name })
  }

  private deleteContent(namespace: string): void {
    for (const { kind, objects } of this.contents(namespace)) {
      for (const object of objects) {
        const { deletionTimestamp, name, uid } = object.metadata
        if (deletionTimestamp !== undefined) continue
        this.server.delete(
          kind,
          { namespace, name },
          { actor, preconditions: { uid }, propagationPolicy: "Background" }
        )
      }
    }
  }

  private contents(namespace: string) {
    return [...this.server.store.collections.values()]
      .filter((collection) => collection.kind.scope === "Namespaced")
      .map((collection) => ({ kind: collection.kind, objects: [...collection.inOrder(namespace)] }))
      .filter(({ objects }) => objects.length > 0)
  }

  /** A phrase for each kind of which something is left. */
  private remaining(namespace: string) {
    return this.contents(namespace).map(({ kind, objects }) => ({
      content: `${kind.plural}.${kind.group} has ${objects.length} resource instances`,
      finalizers: objects.flatMap((object) => object.metadata.finalizers ?? [])
    }))
  }

  private report(namespace: Namespace, remaining: ReturnType<NamespaceLifecycle["remaining"]>): void {
    const finalizers = remaining.flatMap((entry) => entry.finalizers)
    const counts = [...new Set(finalizers)]
      .sort()
      .map(
        (finalizer) => `${finalizer} in ${finalizers.filter((other) => other === finalizer).length} resource instances`
      )
    const before = namespace.status?.conditions ?? []
    const condition = (type: string, reason: string, message: string) => {
      const known = before.find((other) => other.type === type)
      const lastTransitionTime = known?.lastTransitionTime ?? this.server.kernel.timestamp()
      return { type, status: "True" as const, reason, message, lastTransitionTime }
    }
    const conditions = [
      condition(
        "NamespaceContentRemaining",
        "SomeResourcesRemain",
        `Some resources are remaining: ${remaining.map((entry) => entry.content).join(", ")}`
      ),
      ...(counts.length === 0
        ? []
        : [
            condition(
              "NamespaceFinalizersRemaining",
              "SomeFinalizersRemain",
              `Some content in the namespace has finalizers remaining: ${counts.join(", ")}`
            )
          ])
    ]
    this.server.patch(
      Namespace,
      { namespace: "", name: namespace.metadata.name },
      { type: "merge", body: { status: { conditions } } },
      { actor, subresource: "status" }
    )
  }
}
