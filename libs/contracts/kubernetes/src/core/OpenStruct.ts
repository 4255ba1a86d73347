/**
 * Structs of native kinds: the fields that Capstan reads or writes are typed, every other field is kept as it came.
 *
 * A real API server knows all fields of its own kinds; ours knows some, so it must not prune the rest.
 */
import { struct, withStructure } from "@capstan/api"
import type { Schema } from "effect"

/** A struct of which the API server also keeps the fields that are not listed. */
export const openStruct = <const Fields extends Schema.Struct.Fields>(fields: Fields): Schema.Struct<Fields> =>
  withStructure(struct(fields), { "x-kubernetes-preserve-unknown-fields": true })
