/**
 * The simulated way into workload clusters: by the kubeconfig's server name, authority and client certificate.
 *
 * @source https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 * @fidelity documented https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates — Whose certificates are let in.
 */
import { formatKey } from "@capstan/api"
import { WorkloadClusters, WorkloadUnreachable } from "@capstan/provider"
import { Effect, Layer, Result } from "effect"
import { decodeCertificate } from "../certificates/SimulatedCertificate.ts"
import type { ControlPlanes } from "../cluster/ControlPlanes.ts"
import { serverIn } from "../user-data/BootPlan.ts"
import type { WorldState } from "../WorldState.ts"
import { hostIn } from "./Endpoint.ts"
import { type Route, routeTo } from "./Route.ts"
import { workloadClient, workloadService } from "./WorkloadClientOf.ts"

interface Credentials {
  readonly host: string
  /** Public key of the authority that the client trusts; `undefined` when it trusts anybody. */
  readonly trusted: string | undefined
  readonly signer: string | undefined
  /** Epoch milliseconds. */
  readonly validUntil: number
}

/** A name is looked up again when it was last looked up so long ago. */
const lookupMillis = 5_000
const connectMillis = 20
const probeMillisMax = 5_000

/** What a kubeconfig says, as far as it counts here; `undefined` when it names no server. */
export const credentialsIn = (kubeconfig: string): Credentials | undefined => {
  const server = serverIn(kubeconfig)
  if (server === undefined) return undefined
  const encoded = /^[\s-]*client-certificate-data:\s*["']?([A-Za-z0-9+/=]+)/m.exec(kubeconfig)?.[1]
  const certificate = decodeCertificate(Buffer.from(encoded ?? "", "base64").toString("utf8"))
  return {
    host: hostIn(server.endpoint),
    trusted: decodeCertificate(server.caCertificate ?? "")?.publicKey,
    signer: certificate?.issuer,
    validUntil: certificate?.notAfter === undefined ? 0 : Date.parse(certificate.notAfter)
  }
}

export const workloadClustersLayer = (
  state: WorldState,
  controlPlanes: ControlPlanes
): Layer.Layer<WorkloadClusters> => {
  const { kernel } = state

  /** Why the two do not trust each other; `undefined` when they do. */
  const distrust = (credentials: Credentials, cluster: string): string | undefined => {
    const authority = state.cluster(cluster)?.authority
    if (credentials.trusted !== undefined && credentials.trusted !== authority) {
      return "x509: certificate signed by unknown authority"
    }
    if (credentials.signer !== authority || credentials.validUntil <= kernel.now()) return "Unauthorized"
    return undefined
  }

  return Layer.succeed(WorkloadClusters, {
    connect: ({ cluster, kubeconfig }) => {
      const name = formatKey(cluster)
      const unreachable = (message: string, unauthorized: boolean): WorkloadUnreachable =>
        new WorkloadUnreachable({ cluster: name, message, unauthorized })

      /** One request on a connection of its own, answered or not. */
      const ask = (operation: string, credentials: Credentials): Effect.Effect<void, WorkloadUnreachable> => {
        const found = routeTo(state, controlPlanes, credentials.host, undefined)
        const closed = found._tag === "Closed"
        const latencyMillis = closed ? Math.min(found.afterMillis, probeMillisMax) : connectMillis
        return kernel.call(
          { service: workloadService, operation, mutating: false, target: name, latencyMillis },
          () => {
            if (closed) return Result.fail(unreachable(found.message, false))
            if (operation === "connect") state.rememberEndpoint(name, credentials.host)
            const why = distrust(credentials, found.cluster)
            return why === undefined ? Result.succeed(undefined) : Result.fail(unreachable(why, true))
          }
        )
      }

      return Effect.suspend(() => {
        const credentials = credentialsIn(kubeconfig)
        if (credentials === undefined) return Effect.fail(unreachable("the kubeconfig names no server", false))
        let route: Route | undefined
        let lookedUpAt = 0
        const current = (): Route => {
          const via = route?._tag === "Open" ? route.machine : undefined
          const machine = via === undefined ? undefined : state.machine(via)
          const holds = machine !== undefined && controlPlanes.serves(machine)
          if (route !== undefined && holds && kernel.now() - lookedUpAt < lookupMillis) return route
          lookedUpAt = kernel.now()
          route = routeTo(state, controlPlanes, credentials.host, via)
          return route
        }
        return Effect.as(ask("connect", credentials), {
          client: workloadClient(state, current),
          probe: Effect.suspend(() => ask("probe", credentials))
        })
      })
    }
  })
}
