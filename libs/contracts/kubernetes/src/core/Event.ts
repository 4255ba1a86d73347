/**
 * Event (core/v1): what recorders tell people. Never needed for correctness.
 *
 * Left out: the `events.k8s.io/v1` view and `series`, which pass through unknown; expiry after an hour.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import { type FieldError, type KindObject, makeKind, type ObjectOf, Timestamp } from "@capstan/api"
import { Schema } from "effect"
import { openStruct } from "./OpenStruct.ts"

/** A reference to any object, as events and nodeRefs carry it. */
export const ObjectReference = openStruct({
  apiVersion: Schema.optionalKey(Schema.String),
  kind: Schema.optionalKey(Schema.String),
  namespace: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  uid: Schema.optionalKey(Schema.String),
  resourceVersion: Schema.optionalKey(Schema.String),
  fieldPath: Schema.optionalKey(Schema.String)
})
export type ObjectReference = typeof ObjectReference.Type

const Body = openStruct({
  involvedObject: ObjectReference,
  type: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  source: Schema.optionalKey(
    openStruct({
      component: Schema.optionalKey(Schema.String),
      host: Schema.optionalKey(Schema.String)
    })
  ),
  count: Schema.optionalKey(Schema.Int),
  firstTimestamp: Schema.optionalKey(Schema.NullOr(Timestamp)),
  lastTimestamp: Schema.optionalKey(Schema.NullOr(Timestamp)),
  reportingComponent: Schema.optionalKey(Schema.String),
  reportingInstance: Schema.optionalKey(Schema.String)
})
type Body = typeof Body.Type

const validate = (event: ObjectOf<Body>): ReadonlyArray<FieldError> => {
  const involved = event.involvedObject.namespace ?? ""
  const own = event.metadata.namespace ?? ""
  return involved === own || (involved === "" && own === "default")
    ? []
    : [
        {
          field: "involvedObject.namespace",
          reason: "FieldValueInvalid",
          message: `Invalid value: "${involved}": does not match event.namespace`
        }
      ]
}

export const Event = makeKind({
  group: "",
  kind: "Event",
  version: "v1",
  schema: Body,
  shortNames: ["ev"],
  subresources: { status: false },
  admission: { validate }
})
export type Event = KindObject<typeof Event>
