/**
 * Pod (core/v1): enough of it for drains, static control-plane Pods and disruption budgets.
 *
 * Left out: typed probes, security contexts, affinity, resources; they pass through unknown. The immutability of `spec`
 * is checked for `nodeName` alone.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
 */
import {
  type FieldError,
  int64,
  type KindObject,
  list,
  makeKind,
  type ObjectOf,
  Timestamp,
  withDefault
} from "@capstan/api"
import { Schema } from "effect"
import { NativeCondition } from "./NativeCondition.ts"
import { openStruct } from "./OpenStruct.ts"

export const Toleration = openStruct({
  key: Schema.optionalKey(Schema.String),
  operator: Schema.optionalKey(Schema.String),
  value: Schema.optionalKey(Schema.String),
  effect: Schema.optionalKey(Schema.String),
  tolerationSeconds: Schema.optionalKey(int64())
})
export type Toleration = typeof Toleration.Type

export const Volume = openStruct({
  name: Schema.String,
  emptyDir: Schema.optionalKey(openStruct({})),
  hostPath: Schema.optionalKey(openStruct({ path: Schema.String })),
  persistentVolumeClaim: Schema.optionalKey(openStruct({ claimName: Schema.String }))
})
export type Volume = typeof Volume.Type

export const ContainerPort = openStruct({
  name: Schema.optionalKey(Schema.String),
  containerPort: Schema.Int,
  protocol: Schema.optionalKey(withDefault(Schema.String, "TCP"))
})

export const Container = openStruct({
  name: Schema.String,
  image: Schema.optionalKey(Schema.String),
  command: Schema.optionalKey(list(Schema.String)),
  args: Schema.optionalKey(list(Schema.String)),
  ports: Schema.optionalKey(list(ContainerPort))
})
export type Container = typeof Container.Type

/** Also the template of Deployments and DaemonSets. */
export const PodSpec = openStruct({
  nodeName: Schema.optionalKey(Schema.String),
  nodeSelector: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  containers: list(Container, { keys: ["name"] }),
  volumes: Schema.optionalKey(list(Volume, { keys: ["name"] })),
  tolerations: Schema.optionalKey(list(Toleration)),
  restartPolicy: Schema.optionalKey(withDefault(Schema.String, "Always")),
  terminationGracePeriodSeconds: Schema.optionalKey(withDefault(int64(), 30)),
  serviceAccountName: Schema.optionalKey(Schema.String),
  schedulerName: Schema.optionalKey(withDefault(Schema.String, "default-scheduler")),
  dnsPolicy: Schema.optionalKey(withDefault(Schema.String, "ClusterFirst")),
  hostNetwork: Schema.optionalKey(Schema.Boolean),
  priorityClassName: Schema.optionalKey(Schema.String)
})
export type PodSpec = typeof PodSpec.Type

const Body = openStruct({
  spec: PodSpec,
  status: Schema.optionalKey(
    openStruct({
      phase: Schema.optionalKey(Schema.Literals(["Pending", "Running", "Succeeded", "Failed", "Unknown"])),
      conditions: Schema.optionalKey(list(NativeCondition, { keys: ["type"] })),
      reason: Schema.optionalKey(Schema.String),
      message: Schema.optionalKey(Schema.String),
      hostIP: Schema.optionalKey(Schema.String),
      podIP: Schema.optionalKey(Schema.String),
      startTime: Schema.optionalKey(Timestamp),
      containerStatuses: Schema.optionalKey(
        list(
          openStruct({
            name: Schema.String,
            ready: Schema.Boolean,
            restartCount: Schema.Int,
            image: Schema.optionalKey(Schema.String)
          })
        )
      )
    })
  )
})
type Body = typeof Body.Type

const validate = (pod: ObjectOf<Body>, old: ObjectOf<Body> | undefined): ReadonlyArray<FieldError> => {
  if (pod.spec.containers.length === 0) {
    return [{ field: "spec.containers", reason: "FieldValueRequired", message: "Required value" }]
  }
  const before = old?.spec.nodeName
  return before === undefined || pod.spec.nodeName === before
    ? []
    : [
        {
          field: "spec",
          reason: "FieldValueForbidden",
          message:
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`," +
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)," +
            "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
        }
      ]
}

export const Pod = makeKind({
  group: "",
  kind: "Pod",
  version: "v1",
  schema: Body,
  shortNames: ["po"],
  categories: ["all"],
  admission: { validate }
})
export type Pod = KindObject<typeof Pod>

/** Whether the `Ready` condition holds. */
export const isPodReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") === true

/** Whether all containers have ended for good. */
export const isPodFinished = (pod: Pod): boolean => pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed"
