/** Asks for the deletion of an object that was seen: exactly that one, and quietly when it is gone already. */
import { type AnyKind, keyOf, type KubernetesObject, Machine, MachineDeployment, MachineSet } from "@capstan/api"
import { type ApiError, catchReason, KubernetesApi } from "@capstan/kubernetes"
import { Effect } from "effect"

/** Not an object of the same name that came after it: the uid is a precondition. */
export const deleteObject = (kind: AnyKind, object: KubernetesObject): Effect.Effect<void, ApiError, KubernetesApi> =>
  Effect.flatMap(KubernetesApi, (api) =>
    api
      .delete(kind, keyOf(object), { preconditions: { uid: object.metadata.uid } })
      .pipe(catchReason(["NotFound", "Conflict"], () => Effect.void))
  )

const childKinds: ReadonlyArray<AnyKind> = [MachineDeployment, MachineSet, Machine]

/** Deletes a MachineDeployment, MachineSet or Machine; its kind is told by the object. */
export const deleteChild = (object: KubernetesObject): Effect.Effect<void, ApiError, KubernetesApi> => {
  const kind = childKinds.find((candidate) => candidate.kind === object.kind)
  return kind === undefined ? Effect.die(`${object.kind} is no child kind of Cluster API`) : deleteObject(kind, object)
}
