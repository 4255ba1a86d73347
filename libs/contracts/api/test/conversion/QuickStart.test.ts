/** The quick start's v1alpha3 documents as the storage version sees them, and that admission takes them. */
import { assert, describe, it } from "@effect/vitest"
import {
  type AnyKind,
  Cluster,
  convertToStorage,
  KubeadmConfigTemplate,
  KubeadmControlPlane,
  type KubernetesObject,
  MachineDeployment,
  machineDeploymentAdmission,
  type Unstructured
} from "../../src/index.ts"

/** What the API server does next: a converted document is an object of its kind once pruned and validated. */
const stored = <Object extends KubernetesObject = KubernetesObject>(document: Unstructured): Object =>
  document as unknown as Object

const namespace = "capi-quickstart"

const cloudProvider = [{ name: "cloud-provider", value: "aws" }]

const registration = (flags: unknown) => ({
  nodeRegistration: { name: "{{ ds.meta_data.local_hostname }}", kubeletExtraArgs: flags }
})

const documents: ReadonlyArray<readonly [kind: AnyKind, old: Unstructured, spec: Unstructured]> = [
  [
    Cluster,
    {
      apiVersion: "cluster.x-k8s.io/v1alpha3",
      kind: "Cluster",
      metadata: { name: "capi-quickstart", namespace },
      spec: {
        clusterNetwork: { pods: { cidrBlocks: ["192.168.0.0/16"] } },
        controlPlaneRef: {
          apiVersion: "controlplane.cluster.x-k8s.io/v1alpha3",
          kind: "KubeadmControlPlane",
          name: "capi-quickstart-control-plane"
        },
        infrastructureRef: {
          apiVersion: "infrastructure.cluster.x-k8s.io/v1alpha3",
          kind: "AWSCluster",
          name: "capi-quickstart"
        }
      }
    },
    {
      clusterNetwork: { pods: { cidrBlocks: ["192.168.0.0/16"] } },
      controlPlaneRef: {
        apiGroup: "controlplane.cluster.x-k8s.io",
        kind: "KubeadmControlPlane",
        name: "capi-quickstart-control-plane"
      },
      infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "AWSCluster", name: "capi-quickstart" }
    }
  ],
  [
    KubeadmControlPlane,
    {
      apiVersion: "controlplane.cluster.x-k8s.io/v1alpha3",
      kind: "KubeadmControlPlane",
      metadata: { name: "capi-quickstart-control-plane", namespace },
      spec: {
        replicas: 3,
        version: "v1.20.5",
        rolloutStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } },
        infrastructureTemplate: {
          apiVersion: "infrastructure.cluster.x-k8s.io/v1alpha3",
          kind: "AWSMachineTemplate",
          name: "capi-quickstart-control-plane"
        },
        kubeadmConfigSpec: {
          initConfiguration: registration({ "cloud-provider": "aws" }),
          clusterConfiguration: {
            apiServer: { extraArgs: { "cloud-provider": "aws" } },
            controllerManager: { extraArgs: { "cloud-provider": "aws" } }
          },
          joinConfiguration: registration({ "cloud-provider": "aws" })
        }
      }
    },
    {
      replicas: 3,
      version: "v1.20.5",
      kubeadmConfigSpec: {
        initConfiguration: registration(cloudProvider),
        clusterConfiguration: {
          apiServer: { extraArgs: cloudProvider },
          controllerManager: { extraArgs: cloudProvider }
        },
        joinConfiguration: registration(cloudProvider)
      },
      machineTemplate: {
        spec: {
          infrastructureRef: {
            apiGroup: "infrastructure.cluster.x-k8s.io",
            kind: "AWSMachineTemplate",
            name: "capi-quickstart-control-plane"
          }
        }
      },
      rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } }
    }
  ],
  [
    MachineDeployment,
    {
      apiVersion: "cluster.x-k8s.io/v1alpha3",
      kind: "MachineDeployment",
      metadata: { name: "capi-quickstart-md-0", namespace },
      spec: {
        clusterName: "capi-quickstart",
        replicas: 3,
        selector: { matchLabels: null },
        template: {
          spec: {
            clusterName: "capi-quickstart",
            version: "v1.20.5",
            bootstrap: {
              configRef: {
                apiVersion: "bootstrap.cluster.x-k8s.io/v1alpha3",
                kind: "KubeadmConfigTemplate",
                name: "capi-quickstart-md-0"
              }
            },
            infrastructureRef: {
              apiVersion: "infrastructure.cluster.x-k8s.io/v1alpha3",
              kind: "AWSMachineTemplate",
              name: "capi-quickstart-md-0"
            }
          }
        }
      }
    },
    {
      clusterName: "capi-quickstart",
      replicas: 3,
      selector: {},
      template: {
        spec: {
          clusterName: "capi-quickstart",
          version: "v1.20.5",
          bootstrap: {
            configRef: {
              apiGroup: "bootstrap.cluster.x-k8s.io",
              kind: "KubeadmConfigTemplate",
              name: "capi-quickstart-md-0"
            }
          },
          infrastructureRef: {
            apiGroup: "infrastructure.cluster.x-k8s.io",
            kind: "AWSMachineTemplate",
            name: "capi-quickstart-md-0"
          }
        }
      }
    }
  ],
  [
    KubeadmConfigTemplate,
    {
      apiVersion: "bootstrap.cluster.x-k8s.io/v1alpha3",
      kind: "KubeadmConfigTemplate",
      metadata: { name: "capi-quickstart-md-0", namespace },
      spec: { template: { spec: { joinConfiguration: registration({ "cloud-provider": "aws" }) } } }
    },
    { template: { spec: { joinConfiguration: registration(cloudProvider) } } }
  ]
]

describe("the quick start in v1alpha3", () => {
  for (const [kind, old, spec] of documents) {
    it(`gives a ${kind.kind} of the storage version`, () => {
      assert.deepStrictEqual(convertToStorage(kind, old), {
        ...old,
        apiVersion: `${kind.group}/${kind.version}`,
        spec
      })
    })

    it(`gives a ${kind.kind} that admission takes`, () => {
      const object = stored(convertToStorage(kind, old))
      const defaulted = kind.admission.default?.(object, undefined) ?? object
      assert.deepStrictEqual(kind.admission.validate?.(defaulted, undefined), [])
    })
  }

  it("selects the machines of the deployment although the manifest selects nothing", () => {
    const old = documents[2]?.[1] ?? {}
    const object = stored<MachineDeployment>(convertToStorage(MachineDeployment, old))
    const defaulted = machineDeploymentAdmission.default?.(object, undefined)
    assert.isDefined(defaulted)
    const { metadata, spec } = defaulted
    const labels = {
      "cluster.x-k8s.io/deployment-name": "capi-quickstart-md-0",
      "cluster.x-k8s.io/cluster-name": "capi-quickstart"
    }
    assert.deepStrictEqual(spec.selector.matchLabels, labels)
    assert.deepStrictEqual(spec.template.metadata?.labels, labels)
    assert.strictEqual(metadata.labels?.["cluster.x-k8s.io/cluster-name"], "capi-quickstart")
  })
})

describe("what v1alpha3 had and nobody has any more", () => {
  it("template metadata keeps labels and annotations alone, inline bootstrap data goes", () => {
    const converted = convertToStorage(MachineDeployment, {
      apiVersion: "cluster.x-k8s.io/v1alpha3",
      kind: "MachineDeployment",
      metadata: { name: "md", creationTimestamp: null },
      spec: {
        revisionHistoryLimit: 1,
        minReadySeconds: 0,
        strategy: { rollingUpdate: { maxSurge: "30" } },
        template: {
          metadata: { name: "x", generateName: "y", labels: { a: "b" } },
          spec: { bootstrap: { data: "Zm9v", dataSecretName: "s" }, nodeDrainTimeout: "30s" }
        }
      }
    })
    assert.deepStrictEqual(converted, {
      apiVersion: "cluster.x-k8s.io/v1beta2",
      kind: "MachineDeployment",
      metadata: { name: "md" },
      spec: {
        rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "30%" } } },
        template: {
          metadata: { labels: { a: "b" } },
          spec: { bootstrap: { dataSecretName: "s" }, deletion: { nodeDrainTimeoutSeconds: 30 } }
        }
      }
    })
  })
})
