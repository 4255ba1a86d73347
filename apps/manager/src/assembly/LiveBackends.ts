/** The real world under the controllers: API server, AWS, workload clusters, names, keys. */
import { awsLive } from "@capstan/aws-live"
import { layer as certificateAuthority } from "@capstan/certificates-live"
import {
  type ClientOptions,
  type KubeconfigError,
  type KubeconfigSource,
  layer as kubernetesApi,
  nameResolverLayer,
  workloadClustersLayer
} from "@capstan/kubernetes-live"
import { EtcdMembers, EtcdUnreachable } from "@capstan/provider"
import { Effect, Layer } from "effect"
import type { ManagerSettings } from "../settings/ManagerSettings.ts"
import type { Backends } from "./Controllers.ts"
import { nameServerLayer, throughProxy } from "./WorkloadRoute.ts"

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
export const managementCluster = (settings: ManagerSettings) =>
  kubernetesApi({
    userAgent,
    callsPerSecond: settings.callsPerSecond,
    burst: settings.burst,
    kubeconfig: kubeconfigSource(settings)
  })

/**
 * etcd's own API is not spoken yet: every member counts as one that cannot be asked. Control planes of one machine come up and
 * go; what needs to know etcd (more control-plane machines, remediation) waits and says so.
 */
const etcdMembers = Layer.succeed(EtcdMembers, {
  status: ({ node }) => Effect.fail(notAsked(node)),
  remove: ({ node }) => Effect.fail(notAsked(node)),
  moveLeader: ({ node }) => Effect.fail(notAsked(node))
})

const notAsked = (node: string): EtcdUnreachable =>
  new EtcdUnreachable({ node, message: "this manager does not speak etcd's API yet" })

export const liveBackends = (settings: ManagerSettings): Layer.Layer<Backends, KubeconfigError> => {
  const { nameServer, region, serviceEndpoints, workloadProxy } = settings
  const client: ClientOptions = { userAgent, ...workloadLimits }
  const workloads = workloadClustersLayer(client)
  return Layer.mergeAll(
    managementCluster(settings),
    workloadProxy === undefined ? workloads : Layer.provide(throughProxy(workloadProxy), workloads),
    etcdMembers,
    nameServer === undefined ? nameResolverLayer : nameServerLayer(nameServer),
    certificateAuthority,
    awsLive({
      ...(region === undefined ? {} : { region }),
      ...(serviceEndpoints === undefined ? {} : { endpoints: serviceEndpoints })
    })
  )
}
