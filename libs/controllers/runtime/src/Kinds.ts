/** The kinds that a manager knows: turns the `{ apiGroup, kind, name }` of a reference into a Kind. */
import { type AnyKind, type KindRegistry } from "@capstan/api"
import { Context } from "effect"

export class Kinds extends Context.Service<Kinds, KindRegistry>()("@capstan/runtime/Kinds") {}

/** The kind that a reference names, if it is known. A missing kind is an error of the installation, never a missing object. */
export const kindOfReference = (
  kinds: KindRegistry,
  reference: { readonly apiGroup: string; readonly kind: string }
): AnyKind | undefined => kinds.find({ group: reference.apiGroup, kind: reference.kind })
