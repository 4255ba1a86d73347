/**
 * The way into workload clusters: a kubeconfig in, a client for the cluster's own API out.
 *
 * Live, the client talks to the endpoint that the kubeconfig names; simulated, the endpoint's name must resolve and
 * a healthy API server must stand behind its load balancer. Calls on the client fail with `Unreachable` when the
 * cluster goes away later.
 */
import type { ObjectKey } from "@capstan/api"
import type { KubernetesClient } from "@capstan/kubernetes"
import { Context, type Effect, Schema } from "effect"

export class WorkloadUnreachable extends Schema.TaggedError<WorkloadUnreachable>()("WorkloadUnreachable", {
  cluster: Schema.String,
  message: Schema.String,
  /** The server answered and refused the credentials: a new kubeconfig may help, waiting will not. */
  unauthorized: Schema.Boolean
}) {}

export class WorkloadClusters extends Context.Service<
  WorkloadClusters,
  {
    /**
     * Connects and asks the server for its version once.
     *
     * @param kubeconfig the `value` of the Secret `<cluster>-kubeconfig`: YAML.
     */
    readonly connect: (options: {
      readonly cluster: ObjectKey
      readonly kubeconfig: string
    }) => Effect.Effect<WorkloadConnection, WorkloadUnreachable>
  }
>()("@capstan/provider/WorkloadClusters") {}

export interface WorkloadConnection {
  readonly client: KubernetesClient
  /** `GET /`: whether the API server answers now. Takes at most five seconds. */
  readonly probe: Effect.Effect<void, WorkloadUnreachable>
}
