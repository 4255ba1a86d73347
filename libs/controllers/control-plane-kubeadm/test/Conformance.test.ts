/** The kubeadm control-plane provider keeps every promise of the contract. */
import { KubeadmConfig, KubeadmControlPlane } from "@capstan/api"
import { controlPlaneProviderConformance } from "@capstan/provider/testing"
import { openControlPlaneWorld, TinyMachine, TinyMachineTemplate } from "./ControlPlaneTestWorld.ts"

const { group, kind } = TinyMachineTemplate

controlPlaneProviderConformance("kubeadm", {
  provider: {
    kinds: { controlPlane: KubeadmControlPlane, others: [] },
    finalizer: "kubeadm.controlplane.cluster.x-k8s.io"
  },
  open: openControlPlaneWorld,
  controlPlaneSpec: (settings) => ({
    ...settings,
    machineTemplate: { spec: { infrastructureRef: { apiGroup: group, kind, name: "template" } } },
    kubeadmConfigSpec: {}
  }),
  children: [KubeadmConfig, TinyMachine]
})
