/**
 * Service (core/v1), as data: how an API server reaches webhooks in its cluster.
 *
 * Left out: allocation of addresses, and routing; simulated API servers do not serve the kind.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/
 */
import { dictionary, type KindObject, list, makeKind, Opaque } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

const Body = openStruct({
  spec: openStruct({
    selector: Schema.optionalKey(dictionary(Schema.String)),
    ports: Schema.optionalKey(list(Opaque))
  }),
  status: Schema.optionalKey(Opaque)
})

export const Service = makeKind({ group: "", kind: "Service", version: "v1", shortNames: ["svc"], schema: Body })
export type Service = KindObject<typeof Service>
