/** The kubeadm bootstrap provider keeps every promise of the contract. */
import { KubeadmConfig } from "@capstan/api"
import { bootstrapProviderConformance } from "@capstan/provider/testing"
import { openBootstrapWorld } from "./BootstrapTestWorld.ts"

bootstrapProviderConformance("kubeadm", {
  provider: { kinds: { config: KubeadmConfig, others: [] } },
  open: openBootstrapWorld,
  controlPlaneSpec: { clusterConfiguration: {}, initConfiguration: {}, joinConfiguration: {} },
  workerSpec: { joinConfiguration: {} },
  isInit: (data) => data.includes("kubeadm init")
})
