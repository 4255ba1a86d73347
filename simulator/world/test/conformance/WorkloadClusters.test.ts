import { CertificateAuthority } from "@capstan/provider"
import { workloadClustersConformance } from "@capstan/provider/testing"
import { Effect } from "effect"
import { cluster, type ClusterPki, type TestWorld } from "../TestWorld.ts"
import { bootCluster, controlPlanes, seeds, simulatedBackend } from "./SimulatedBackend.ts"

const each = (act: (id: string) => void): Effect.Effect<void> => Effect.sync(() => controlPlanes.forEach(act))

/** The administrator's kubeconfig with the certificate of another client. */
const kubeconfigOf = (w: TestWorld, signer: ClusterPki["ca"], validDays: number): string => {
  const { certificate } = w.run(
    Effect.flatMap(CertificateAuthority, (authority) =>
      authority.issue({
        authority: signer,
        commonName: "kubernetes-admin",
        organizations: ["system:masters"],
        validDays
      })
    )
  )
  const encoded = Buffer.from(certificate).toString("base64")
  return w.kubeconfig().replace(/client-certificate-data: .*/, `client-certificate-data: ${encoded}`)
}

for (const seed of seeds) {
  workloadClustersConformance(
    simulatedBackend({
      seed,
      layer: (layers) => layers.workloadClusters,
      given: (w) => {
        bootCluster(w)
        return {
          cluster,
          kubeconfig: w.kubeconfig(),
          refused: [
            { whose: "another authority's administrator's", kubeconfig: kubeconfigOf(w, w.pki.proxy, 365) },
            { whose: "an administrator's that have ended", kubeconfig: kubeconfigOf(w, w.pki.ca, 0) },
            { whose: "nobody's", kubeconfig: w.kubeconfig().replace(/ *client-certificate-data: .*\n/, "") }
          ],
          outages: [
            { how: "its machines stop", begin: each((id) => w.cloud.stop(id)), end: each((id) => w.cloud.start(id)) },
            {
              how: "its machines hang, and are still in service",
              begin: each((id) => {
                w.cloud.stuckInService.add(id)
                w.world.hang(id)
              }),
              end: each((id) => {
                w.cloud.stuckInService.delete(id)
                w.world.wake(id)
              })
            }
          ]
        }
      }
    })
  )
}
