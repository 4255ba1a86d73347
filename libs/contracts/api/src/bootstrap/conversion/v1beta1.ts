/**
 * What the kubeadm bootstrap kinds looked like in v1beta1, as a table of moves; v1alpha4 had the same fields.
 *
 * One time limit of kubeadm stood with the API server and now stands with both ways to start a node.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/migrations/v1.10-to-v1.11
 */
import type { Unstructured } from "../../Kind.ts"
import { durationMove, statusMoves } from "../../cluster/conversion/v1beta1.ts"
import { getAt, isJsonObject, removeAt, setAt } from "../../conversion/JsonPath.ts"
import { type Move, movesUnder } from "../../conversion/OldVersion.ts"
import { durationOfSeconds, listOfFlags, mapOfFlags, secondsOfDuration } from "../../conversion/OldValues.ts"

const flagsMove = (path: string): Move => ({ old: path, now: path, up: listOfFlags, down: mapOfFlags })

const renamed =
  (from: string, to: string, change: (value: unknown) => unknown) =>
  (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map((token: unknown) => {
          if (!isJsonObject(token) || token[from] === undefined) return token
          const { [from]: limit, ...rest } = token
          return { ...rest, [to]: change(limit) }
        })
      : value

const startUpLimit = "timeouts.controlPlaneComponentHealthCheckSeconds"

/** The moves of a KubeadmConfigSpec, from its own root. */
const specMoves: ReadonlyArray<Move> = [
  { old: "useExperimentalRetryJoin" },
  { old: "clusterConfiguration.apiVersion" },
  { old: "clusterConfiguration.kind" },
  { old: "clusterConfiguration.networking" },
  { old: "clusterConfiguration.kubernetesVersion" },
  { old: "clusterConfiguration.clusterName" },
  { old: "initConfiguration.apiVersion" },
  { old: "initConfiguration.kind" },
  { old: "joinConfiguration.apiVersion" },
  { old: "joinConfiguration.kind" },
  flagsMove("clusterConfiguration.apiServer.extraArgs"),
  flagsMove("clusterConfiguration.controllerManager.extraArgs"),
  flagsMove("clusterConfiguration.scheduler.extraArgs"),
  flagsMove("clusterConfiguration.etcd.local.extraArgs"),
  flagsMove("initConfiguration.nodeRegistration.kubeletExtraArgs"),
  flagsMove("joinConfiguration.nodeRegistration.kubeletExtraArgs"),
  durationMove("clusterConfiguration.apiServer.timeoutForControlPlane", `initConfiguration.${startUpLimit}`),
  durationMove("joinConfiguration.discovery.timeout", "joinConfiguration.timeouts.tlsBootstrapSeconds"),
  { now: "initConfiguration.timeouts" },
  { now: "joinConfiguration.timeouts" },
  {
    old: "initConfiguration.bootstrapTokens",
    now: "initConfiguration.bootstrapTokens",
    up: renamed("ttl", "ttlSeconds", secondsOfDuration),
    down: renamed("ttlSeconds", "ttl", durationOfSeconds)
  }
]

/** The moves of a KubeadmConfigSpec that stands at the path. */
export const kubeadmConfigSpecMoves = (path: string): ReadonlyArray<Move> => movesUnder(path, specMoves)

/** Gives joining nodes the time limit of the first one, as it used to hold for both. */
export const withSharedStartUpLimit =
  (path: string) =>
  (object: Unstructured): Unstructured => {
    const limit = getAt(object, `${path}.initConfiguration.${startUpLimit}`)
    const join = `${path}.joinConfiguration.${startUpLimit}`
    return limit === undefined || getAt(object, join) !== undefined ? object : setAt(object, join, limit)
  }

export const kubeadmConfigMoves: ReadonlyArray<Move> = [
  ...kubeadmConfigSpecMoves("spec"),
  ...statusMoves,
  { old: "status.ready", now: "status.initialization.dataSecretCreated" }
]

export const kubeadmConfigTemplateMoves: ReadonlyArray<Move> = kubeadmConfigSpecMoves("spec.template.spec")

/** What v1alpha3 had in a KubeadmConfigSpec that later versions have not. */
export const oldKubeadmConfigSpec =
  (path: string) =>
  (object: Unstructured): Unstructured =>
    ["clusterConfiguration.useHyperKubeImage", "clusterConfiguration.dns.type"].reduce(
      (result, field) => removeAt(result, `${path}.${field}`),
      object
    )
