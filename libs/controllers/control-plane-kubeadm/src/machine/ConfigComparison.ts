/**
 * Whether the kubeadm config of a living machine says what a new one would. Pure.
 *
 * A config is not as it was written: its controller fills in how to find the cluster, old releases filled in defaults,
 * and the first machine's config is of another form than all others'. All of that is taken away before the two are compared:
 * without it every machine would be replaced for ever.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api controlplane/kubeadm/internal/filters.go
 */
import {
  isJsonObject,
  type KubeadmConfigSpec,
  type KubeadmControlPlaneSpec,
  sameJson,
  type Unstructured
} from "@capstan/api"
import { initSpec, joinSpec } from "./KubeadmSpec.ts"

/** An empty list of taints says "no taint", an absent one "the usual taint": the only empty value that means something. */
const meansSomethingEmpty = (key: string): boolean => key === "taints"

/** The value without fields that are empty; undefined when nothing is left. */
const pruned = (value: unknown, key = ""): unknown => {
  if (Array.isArray(value))
    return value.length === 0 && !meansSomethingEmpty(key) ? undefined : value.map((item) => pruned(item) ?? item)
  if (!isJsonObject(value)) return value === "" ? undefined : value
  const entries = Object.entries(value).flatMap(([name, field]) => {
    const kept = pruned(field, name)
    return kept === undefined ? [] : [[name, kept] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

const without = (value: Unstructured | undefined, ...keys: ReadonlyArray<string>): Unstructured =>
  Object.fromEntries(Object.entries(value ?? {}).filter(([key]) => !keys.includes(key)))

/** Fields that older releases filled in, with what they filled in. */
const withoutDefaults = (node: Unstructured): Unstructured => {
  const registration = node["nodeRegistration"]
  if (!isJsonObject(registration)) return node
  return {
    ...node,
    nodeRegistration:
      registration["imagePullPolicy"] === "IfNotPresent" ? without(registration, "imagePullPolicy") : registration
  }
}

const comparableNode = (node: Unstructured): Unstructured => {
  const timeouts = node["timeouts"]
  return withoutDefaults({
    ...without(node, "discovery", "timeouts"),
    ...(isJsonObject(timeouts) ? { timeouts: without(timeouts, "controlPlaneComponentHealthCheckSeconds") } : {})
  })
}

/** What of a config counts in a comparison. */
const comparable = (spec: KubeadmConfigSpec): unknown =>
  pruned({
    ...without(spec, "clusterConfiguration", "initConfiguration", "joinConfiguration", "format"),
    ...(spec.format === undefined || spec.format === "cloud-config" ? {} : { format: spec.format }),
    clusterConfiguration: without(spec.clusterConfiguration, "controlPlaneEndpoint", "dns"),
    ...(spec.initConfiguration === undefined ? {} : { initConfiguration: comparableNode(spec.initConfiguration) }),
    ...(spec.joinConfiguration === undefined ? {} : { joinConfiguration: comparableNode(spec.joinConfiguration) })
  }) ?? {}

const isJoin = (spec: KubeadmConfigSpec): boolean => spec.joinConfiguration?.controlPlane !== undefined

/** The first machine's config as if it had joined. Bootstrap tokens have no counterpart there. */
const asJoined = (spec: KubeadmConfigSpec): KubeadmConfigSpec => {
  const { initConfiguration: init, joinConfiguration: join, ...rest } = spec
  const { nodeRegistration, patches, skipPhases, timeouts, localAPIEndpoint } = init ?? {}
  return {
    ...rest,
    joinConfiguration: {
      ...join,
      ...(nodeRegistration === undefined ? {} : { nodeRegistration }),
      ...(patches === undefined ? {} : { patches }),
      ...(skipPhases === undefined ? {} : { skipPhases }),
      ...(timeouts === undefined ? {} : { timeouts }),
      controlPlane: localAPIEndpoint === undefined ? {} : { localAPIEndpoint }
    }
  }
}

/**
 * Comparisons are repeated with every look at a control plane. Objects are frozen, so what was computed of one holds as long as
 * it lives; nothing else is remembered.
 */
const remember = <K extends object, A>(compute: (key: K) => A): ((key: K) => A) => {
  const memo = new WeakMap<K, A>()
  return (key) => {
    const known = memo.get(key)
    if (known !== undefined) return known
    const computed = compute(key)
    memo.set(key, computed)
    return computed
  }
}

/** A config in the two forms that it is compared in; `own` only where it is not of the joining form already. */
interface Forms {
  readonly joined: unknown
  readonly own: unknown
}

const livingForms = remember((spec: KubeadmConfigSpec): Forms =>
  isJoin(spec)
    ? { joined: comparable(spec), own: undefined }
    : { joined: comparable(asJoined(spec)), own: comparable(spec) }
)

type Template = Pick<KubeadmControlPlaneSpec, "kubeadmConfigSpec" | "version">

const templateForms = remember((template: Template): Forms => ({
  joined: comparable(joinSpec(template)),
  own: comparable(initSpec(template))
}))

/** Whether the living config matches what the control plane would make now, in whichever of the two forms. */
export const matchesTemplate = (living: KubeadmConfigSpec, template: Template): boolean => {
  const is = livingForms(living)
  const wanted = templateForms(template)
  return sameJson(is.joined, wanted.joined) || (is.own !== undefined && sameJson(is.own, wanted.own))
}
