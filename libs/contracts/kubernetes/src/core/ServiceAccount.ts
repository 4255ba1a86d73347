/**
 * ServiceAccount (core/v1).
 *
 * Left out: the `token` subresource.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/service-account-v1/
 */
import { type KindObject, list, makeKind } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

const Body = openStruct({
  secrets: Schema.optionalKey(list(openStruct({ name: Schema.optionalKey(Schema.String) }), { keys: ["name"] })),
  imagePullSecrets: Schema.optionalKey(list(openStruct({ name: Schema.optionalKey(Schema.String) }))),
  automountServiceAccountToken: Schema.optionalKey(Schema.Boolean)
})

export const ServiceAccount = makeKind({
  group: "",
  kind: "ServiceAccount",
  version: "v1",
  schema: Body,
  shortNames: ["sa"],
  subresources: { status: false }
})
export type ServiceAccount = KindObject<typeof ServiceAccount>
