/**
 * The garbage collector: removes what nobody owns any more, a little later than the owner went.
 *
 * An owner is an object of that group, kind and name in the dependent's namespace, or cluster-scoped, with that very uid.
 * Owners of kinds that this server does not serve cannot be looked up, so what they own stays. A cluster-scoped object
 * with a namespaced owner is never collected.
 *
 * @source https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 * @fidelity documented https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion — Background, foreground and orphan deletion.
 * @fidelity observed kube-apiserver-1.36 — A wrong uid counts as absent; a dead reference is dropped where another owner lives.
 * @fidelity assumed — The collector comes 250 ms after a change with seed 0, otherwise 100 ms to 1 s.
 */
import { groupOf, type KubernetesObject, type OwnerReference } from "@capstan/api"
import type { RandomStream } from "@capstan/kernel"
import type { ApiServer } from "./ApiServer.ts"
import type { ServerEvent } from "./ServerEvent.ts"
import type { Located, LogEntry } from "./Store.ts"

const actor = "generic-garbage-collector"
const usualMillis = 250

/** What the collector finds when it looks an owner up. `unknown`: it cannot tell, so it leaves the object alone. */
type Owner = { readonly _tag: "present"; readonly object: KubernetesObject } | { readonly _tag: "absent" | "unknown" }

export class GarbageCollector {
  private readonly server: ApiServer
  private readonly random: RandomStream

  constructor(server: ApiServer, random: RandomStream) {
    this.server = server
    this.random = random
  }

  /** Takes note of a write that may give it work. */
  observe({ groupKind, object, previous, type }: LogEntry): void {
    const { finalizers = [], ownerReferences, uid } = object.metadata
    if (type === "DELETED") {
      if (this.server.store.hasDependents(uid)) this.later({ _tag: "CollectDependents", uid })
      if (ownerReferences !== undefined) this.wakeWaitingOwners(ownerReferences)
      return
    }
    if (ownerReferences !== undefined && ownerReferences !== previous?.metadata.ownerReferences) {
      if (ownerReferences.some((owner) => this.ownerOf({ groupKind, object }, owner)._tag === "absent")) {
        this.later({ _tag: "CheckOwners", uid, groupKind })
      }
    }
    if (previous?.metadata.ownerReferences !== undefined && previous.metadata.ownerReferences !== ownerReferences) {
      this.wakeWaitingOwners(previous.metadata.ownerReferences)
    }
    const waits = finalizers.includes("foregroundDeletion") || finalizers.includes("orphan")
    if (waits && object.metadata.deletionTimestamp !== undefined) this.later({ _tag: "ReleaseOwner", uid, groupKind })
  }

  handle(event: ServerEvent): void {
    const { store } = this.server
    switch (event._tag) {
      case "CollectDependents":
        for (const dependent of store.dependentsOf(event.uid)) this.examine(dependent)
        return
      case "CheckOwners": {
        const found = store.locate(event.uid, event.groupKind)
        if (found !== undefined) this.examine(found)
        return
      }
      case "ReleaseOwner": {
        const found = store.locate(event.uid, event.groupKind)
        if (found !== undefined) this.release(found)
        return
      }
    }
  }

  private later(event: ServerEvent): void {
    const { kernel } = this.server
    this.server.later(kernel.seed === 0 ? usualMillis : this.random.between(100, 1000), event)
  }

  /** Owners in foreground deletion wait for their dependents: one of those has just gone or changed hands. */
  private wakeWaitingOwners(references: ReadonlyArray<OwnerReference>): void {
    for (const { uid } of references) {
      const owner = this.server.store.withUid(uid)
      if (owner === undefined || !isWaiting(owner)) continue
      for (const collection of this.server.store.collections.values()) {
        if (collection.kind.kind !== owner.kind || collection.kind.group !== groupOf(owner.apiVersion)) continue
        this.later({ _tag: "ReleaseOwner", uid, groupKind: collection.groupKind })
      }
    }
  }

  private ownerOf(dependent: Pick<Located, "groupKind" | "object">, reference: OwnerReference): Owner {
    const group = groupOf(reference.apiVersion)
    const id = group === "" ? reference.kind : `${reference.kind}.${group}`
    const collection = this.server.store.collections.get(id)
    if (collection === undefined) return { _tag: "unknown" }
    const namespaced = collection.kind.scope === "Namespaced"
    const namespace = dependent.object.metadata.namespace ?? ""
    if (namespaced && namespace === "") return { _tag: "unknown" }
    const object = collection.objects.get(`${namespaced ? namespace : ""}/${reference.name}`)
    return object !== undefined && object.metadata.uid === reference.uid
      ? { _tag: "present", object }
      : { _tag: "absent" }
  }

  /** Decides about one dependent: it stays, loses its dead references, or goes. */
  private examine(dependent: Located): void {
    const { groupKind, kind, object } = dependent
    const { deletionTimestamp, finalizers = [], name, namespace = "", ownerReferences = [], uid } = object.metadata
    if (ownerReferences.length === 0) return
    if (deletionTimestamp !== undefined) return
    const owners = ownerReferences.map((reference) => ({ reference, owner: this.ownerOf(dependent, reference) }))
    const waiting = owners.filter(
      ({ owner, reference }) =>
        reference.blockOwnerDeletion === true && owner._tag === "present" && isWaiting(owner.object)
    )
    const solid = owners.filter((entry) => entry.owner._tag !== "absent" && !waiting.includes(entry))
    if (solid.length === owners.length) return
    const key = { namespace, name }
    if (solid.length > 0) {
      const kept = solid.map(({ reference }) => reference)
      this.server.patch(kind, key, { type: "merge", body: { metadata: { uid, ownerReferences: kept } } }, { actor })
      return
    }
    const foreground =
      (waiting.length > 0 && this.server.store.hasDependents(uid)) || finalizers.includes("foregroundDeletion")
    const propagationPolicy = finalizers.includes("orphan") ? "Orphan" : foreground ? "Foreground" : "Background"
    this.server.delete(kind, key, { actor, preconditions: { uid }, propagationPolicy })
    const after = this.server.store.locate(uid, groupKind)
    if (after !== undefined) this.wakeWaitingOwners(ownerReferences)
  }

  /** Lets an owner go on that waits for the collector. */
  private release(owner: Located): void {
    const { deletionTimestamp, finalizers = [], uid } = owner.object.metadata
    if (deletionTimestamp === undefined) return
    const dependents = this.server.store.dependentsOf(uid)
    if (finalizers.includes("orphan")) {
      for (const dependent of dependents) this.orphan(dependent, uid)
      this.dropFinalizer(owner, "orphan")
      return
    }
    if (!finalizers.includes("foregroundDeletion")) return
    for (const dependent of dependents) this.examine(dependent)
    const blocked = this.server.store
      .dependentsOf(uid)
      .some(({ object }) =>
        object.metadata.ownerReferences?.some(
          (reference) => reference.uid === uid && reference.blockOwnerDeletion === true
        )
      )
    if (!blocked) this.dropFinalizer(owner, "foregroundDeletion")
  }

  private orphan({ kind, object }: Located, ownerUid: string): void {
    const { name, namespace = "", ownerReferences = [], uid } = object.metadata
    const kept = ownerReferences.filter((reference) => reference.uid !== ownerUid)
    this.server.patch(
      kind,
      { namespace, name },
      { type: "merge", body: { metadata: { uid, ownerReferences: kept } } },
      { actor }
    )
  }

  private dropFinalizer({ groupKind, kind, object }: Located, finalizer: string): void {
    const current = this.server.store.locate(object.metadata.uid, groupKind)
    if (current === undefined) return
    const { finalizers = [], name, namespace = "", uid } = current.object.metadata
    const kept = finalizers.filter((entry) => entry !== finalizer)
    this.server.patch(
      kind,
      { namespace, name },
      { type: "merge", body: { metadata: { uid, finalizers: kept } } },
      { actor }
    )
  }
}

const isWaiting = (owner: KubernetesObject): boolean =>
  owner.metadata.deletionTimestamp !== undefined && owner.metadata.finalizers?.includes("foregroundDeletion") === true
