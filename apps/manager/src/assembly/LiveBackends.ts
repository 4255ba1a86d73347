/** The real world under the controllers: API server, AWS, workload clusters, names, keys. */
import { awsLive } from "@capstan/aws-live"
import { layer as certificateAuthority } from "@capstan/certificates-live"
import {
  type ClientOptions,
  etcdMembersLayer,
  type KubeconfigError,
  type KubeconfigSource,
  layer as kubernetesApi,
  nameResolverLayer,
  withProxiedKubeconfigs,
  workloadClustersLayer
} from "@capstan/kubernetes-live"
import { KubernetesApi } from "@capstan/kubernetes"
import { Effect, Layer } from "effect"
import { withOutageLog } from "../log/OutageLog.ts"
import type { ManagerSettings } from "../settings/ManagerSettings.ts"
import type { Backends } from "./Controllers.ts"
import { clientOnWallTime } from "./ClientTime.ts"
import { struckByDrills } from "./DrillFaults.ts"
import { nameServerLayer, routed } from "./WorkloadRoute.ts"

/** Upstream's limits for the client of one workload cluster: calls a second, and at once. */
const workloadLimits = { callsPerSecond: 20, burst: 30 } as const

export const userAgent = "capstan-manager"

export const kubeconfigSource = ({
  context,
  kubeconfig
}: Pick<ManagerSettings, "kubeconfig" | "context">): KubeconfigSource => ({
  ...(kubeconfig === undefined ? { _tag: "Default" } : { _tag: "File", path: kubeconfig }),
  ...(context === undefined ? {} : { context })
})

/** The management cluster alone. */
export const managementCluster = (settings: ManagerSettings): Layer.Layer<KubernetesApi, KubeconfigError> =>
  Layer.effect(
    KubernetesApi,
    Effect.map(KubernetesApi, (api) => withOutageLog(clientOnWallTime(api)))
  ).pipe(
    Layer.provide(
      kubernetesApi({
        userAgent,
        callsPerSecond: settings.callsPerSecond,
        burst: settings.burst,
        kubeconfig: kubeconfigSource(settings)
      })
    )
  )

export const liveBackends = (settings: ManagerSettings): Layer.Layer<Backends, { readonly message: string }> => {
  const { drillState, nameServer, region, serviceEndpoints, workloadProxy } = settings
  const client: ClientOptions = { userAgent, ...workloadLimits }
  const management = managementCluster(settings)
  const etcd =
    workloadProxy === undefined
      ? etcdMembersLayer
      : Layer.provide(etcdMembersLayer, withProxiedKubeconfigs(workloadProxy))
  const aws = awsLive({
    ...(region === undefined ? {} : { region }),
    ...(serviceEndpoints === undefined ? {} : { endpoints: serviceEndpoints })
  })
  return Layer.mergeAll(
    etcd,
    Layer.provide(routed(workloadProxy), workloadClustersLayer(client)),
    nameServer === undefined ? nameResolverLayer : nameServerLayer(nameServer),
    drillState === undefined ? aws : Layer.provide(struckByDrills(drillState), aws)
  ).pipe(Layer.provideMerge(Layer.mergeAll(management, certificateAuthority)))
}
