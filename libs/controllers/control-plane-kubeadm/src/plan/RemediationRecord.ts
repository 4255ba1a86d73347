/**
 * What is remembered of a remediation, in annotations: on the control plane while it is under way, on the Machine that
 * replaces the remediated one afterwards. Counts and times of retries survive a restart there.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/api/labels-and-annotations
 */
import { Annotations, type KubernetesObject, type LastRemediation, type Machine } from "@capstan/api"
import { Option, Schema } from "effect"

const Record = Schema.Struct({ machine: Schema.String, timestamp: Schema.String, retryCount: Schema.Int })
export interface RemediationRecord extends Schema.Schema.Type<typeof Record> {}

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Record))

const read = (object: KubernetesObject, annotation: string): RemediationRecord | undefined => {
  const text = object.metadata.annotations?.[annotation]
  return text === undefined ? undefined : Option.getOrUndefined(decode(text))
}

/** The text of the annotation, keys in upstream's order. */
export const formatRemediation = ({ machine, retryCount, timestamp }: RemediationRecord): string =>
  JSON.stringify({ machine, timestamp, retryCount })

/** The remediation that is under way; undefined, too, when the annotation makes no sense. */
export const remediationInProgress = (controlPlane: KubernetesObject): RemediationRecord | undefined =>
  read(controlPlane, Annotations.RemediationInProgress)

/** The remediation that a Machine is the answer to. */
export const remediationAnsweredBy = (machine: Machine): RemediationRecord | undefined =>
  read(machine, Annotations.RemediationFor)

/** For `status.lastRemediation`: the one under way, else the latest that a living Machine is the answer to. */
export const lastRemediation = (
  controlPlane: KubernetesObject,
  machines: ReadonlyArray<Machine>
): LastRemediation | undefined => {
  const answered = machines
    .flatMap((machine) => remediationAnsweredBy(machine) ?? [])
    .toSorted((a, b) => (a.timestamp < b.timestamp ? 1 : -1))
  const record = remediationInProgress(controlPlane) ?? answered[0]
  return record === undefined
    ? undefined
    : { machine: record.machine, time: record.timestamp, retryCount: record.retryCount }
}
