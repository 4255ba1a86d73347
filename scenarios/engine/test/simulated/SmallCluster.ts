/** A cluster of one control-plane machine and one worker on the in-memory cloud, which loses its worker: the smallest whole story. */
import { loadScenarios, type Plan, simulatedKinds } from "../../src/index.ts"

const manifest = `apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: { name: small }
spec:
  controlPlaneRef: { apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: small }
  infrastructureRef: { apiGroup: infrastructure.cluster.x-k8s.io, kind: DevCluster, name: small }
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: DevCluster
metadata: { name: small }
spec: {}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: DevMachineTemplate
metadata: { name: small }
spec: { template: { spec: { size: small } } }
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta2
kind: KubeadmControlPlane
metadata: { name: small }
spec:
  replicas: 1
  version: v1.33.4
  machineTemplate: { spec: { infrastructureRef: { apiGroup: infrastructure.cluster.x-k8s.io, kind: DevMachineTemplate, name: small } } }
  kubeadmConfigSpec: { initConfiguration: { nodeRegistration: { name: "{{ ds.meta_data.local_hostname }}", kubeletExtraArgs: [{ name: cloud-provider, value: external }] } }, joinConfiguration: { nodeRegistration: { name: "{{ ds.meta_data.local_hostname }}", kubeletExtraArgs: [{ name: cloud-provider, value: external }] } } }
---
apiVersion: bootstrap.cluster.x-k8s.io/v1beta2
kind: KubeadmConfigTemplate
metadata: { name: small }
spec: { template: { spec: { joinConfiguration: { nodeRegistration: { name: "{{ ds.meta_data.local_hostname }}", kubeletExtraArgs: [{ name: cloud-provider, value: external }] } } } } }
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineDeployment
metadata: { name: small }
spec:
  clusterName: small
  replicas: 1
  template:
    spec:
      clusterName: small
      version: v1.33.4
      bootstrap: { configRef: { apiGroup: bootstrap.cluster.x-k8s.io, kind: KubeadmConfigTemplate, name: small } }
      infrastructureRef: { apiGroup: infrastructure.cluster.x-k8s.io, kind: DevMachineTemplate, name: small }
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineHealthCheck
metadata: { name: small }
spec:
  clusterName: small
  selector: { matchLabels: { cluster.x-k8s.io/deployment-name: small } }
  checks: { unhealthyNodeConditions: [{ type: Ready, status: Unknown, timeoutSeconds: 300 }] }
`

/** The plan, with other steps and expectations if they are given (YAML, inline). */
export const smallCluster = (
  steps = "[{ id: kill, fault: compute.terminate, target: { from: vms } }, { wait: \"workers.size() == 1 && workers.all(m, ready(m) && m.metadata.name != victim('kill').machine)\" }]",
  expect = "[{ id: replaced, finally: \"workers.all(m, m.metadata.name != victim('kill').machine)\" }]"
): Plan => {
  const { diagnostics, plans } = loadScenarios({
    file: "small.yaml",
    kinds: simulatedKinds,
    manifests: { read: (path) => ({ path, text: manifest }) },
    text: `apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: small }
spec:
  given:
    world: { provider: dev }
    manifests: [{ file: cluster.yaml }]
    ready: { let: cluster, is: Available, within: 30m }
  let:
    cluster: { kind: Cluster, name: small, one: true }
    workers: { kind: Machine, cluster: small, role: worker }
    vms: { resource: instance, cluster: small, role: worker }
  steps: ${steps}
  expect: ${expect}
`
  })
  const [plan] = plans
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics))
  return plan
}
