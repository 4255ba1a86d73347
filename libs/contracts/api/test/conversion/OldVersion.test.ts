/** Conversions of all kinds: round trips on generated objects, and what a user's edit of an old version does. */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, type Schema } from "effect"
import {
  Annotations,
  type AnyKind,
  apiVersionOf,
  Cluster,
  clusterApiKinds,
  convertFromStorage,
  convertToStorage,
  KubeadmControlPlane,
  MachineDeployment,
  MachineHealthCheck,
  setAt,
  type Unstructured
} from "../../src/index.ts"

const json = (value: unknown): Unstructured => JSON.parse(JSON.stringify(value)) as Unstructured

const generated = (kind: AnyKind, seed: number, count: number): ReadonlyArray<Unstructured> =>
  Effect.runSync(
    Arbitrary.sampleEffect(Arbitrary.schema(kind.schema as Schema.Codec<Unstructured>), { seed, count })
  ).map((body) => json({ apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name: "generated" }, ...body }))

const hasNull = (value: unknown): boolean =>
  value === null || (typeof value === "object" && Object.values(value).some(hasNull))

const down = (kind: AnyKind, object: Unstructured): Unstructured => {
  const result = convertFromStorage(kind, object, "v1beta1")
  assert.isDefined(result)
  return json(result)
}

const withoutAnnotations = (object: Unstructured): Unstructured => ({ ...object, metadata: { name: "generated" } })

describe("v1beta1 and back", () => {
  for (const kind of clusterApiKinds) {
    it(`loses nothing of a ${kind.kind}`, () => {
      // Opaque fields may hold nulls, which mean absence in an API document.
      for (const object of generated(kind, 11, 60).filter((each) => !hasNull(each))) {
        assert.deepStrictEqual(convertToStorage(kind, down(kind, object)), object)
      }
    })

    it(`settles after one round trip of a ${kind.kind} without the kept data`, () => {
      const round = (object: Unstructured) =>
        withoutAnnotations(down(kind, convertToStorage(kind, withoutAnnotations(object))))
      for (const object of generated(kind, 12, 40).filter((each) => !hasNull(each))) {
        const once = round(down(kind, object))
        assert.deepStrictEqual(round(once), once)
      }
    })
  }
})

const deployment: Unstructured = {
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "MachineDeployment",
  metadata: { name: "md-0" },
  spec: {
    clusterName: "c1",
    paused: false,
    replicas: 3,
    selector: { matchLabels: { a: "b" } },
    rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: "20%" } } },
    remediation: { maxInFlight: 2 },
    deletion: { order: "Oldest" },
    template: {
      metadata: { labels: { a: "b" } },
      spec: {
        clusterName: "c1",
        minReadySeconds: 30,
        version: "v1.31.0",
        bootstrap: {
          configRef: { apiGroup: "bootstrap.cluster.x-k8s.io", kind: "KubeadmConfigTemplate", name: "md-0" }
        },
        infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "AWSMachineTemplate", name: "md-0" },
        deletion: { nodeDrainTimeoutSeconds: 600 }
      }
    }
  },
  status: {
    readyReplicas: 2,
    upToDateReplicas: 1,
    deprecated: { v1beta1: { readyReplicas: 3, updatedReplicas: 3 } },
    conditions: [
      {
        type: "Available",
        status: "True",
        reason: "Available",
        message: "",
        lastTransitionTime: "2026-01-01T00:00:00Z"
      }
    ]
  }
}

describe("a MachineDeployment as v1beta1 shows it", () => {
  const { metadata, ...old } = down(MachineDeployment, deployment)

  it("has the fields of v1beta1", () => {
    assert.deepStrictEqual(old, {
      apiVersion: "cluster.x-k8s.io/v1beta1",
      kind: "MachineDeployment",
      spec: {
        clusterName: "c1",
        paused: false,
        replicas: 3,
        minReadySeconds: 30,
        selector: { matchLabels: { a: "b" } },
        strategy: {
          type: "RollingUpdate",
          rollingUpdate: { maxSurge: 1, maxUnavailable: "20%", deletePolicy: "Oldest" },
          remediation: { maxInFlight: 2 }
        },
        template: {
          metadata: { labels: { a: "b" } },
          spec: {
            clusterName: "c1",
            version: "v1.31.0",
            bootstrap: {
              configRef: {
                apiVersion: "bootstrap.cluster.x-k8s.io/v1beta1",
                kind: "KubeadmConfigTemplate",
                name: "md-0"
              }
            },
            infrastructureRef: {
              apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
              kind: "AWSMachineTemplate",
              name: "md-0"
            },
            nodeDrainTimeout: "10m0s"
          }
        }
      },
      status: {
        readyReplicas: 3,
        updatedReplicas: 3,
        v1beta2: {
          readyReplicas: 2,
          upToDateReplicas: 1,
          conditions: [
            {
              type: "Available",
              status: "True",
              reason: "Available",
              message: "",
              lastTransitionTime: "2026-01-01T00:00:00Z"
            }
          ]
        }
      }
    })
  })

  it("keeps an explicit false that v1beta1 would not tell from absence", () => {
    const back = convertToStorage(MachineDeployment, { ...old, metadata })
    assert.deepStrictEqual(back, deployment)
    const forgotten = convertToStorage(MachineDeployment, { ...old, metadata: { name: "md-0" } })
    assert.notProperty(forgotten.spec, "paused")
  })

  it("takes a user's edit and leaves the rest as it was", () => {
    const spec = old.spec as Unstructured
    const edited = { ...old, metadata, spec: { ...spec, replicas: 5, minReadySeconds: 60 } }
    const replicas = setAt(deployment, "spec.replicas", 5)
    assert.deepStrictEqual(
      convertToStorage(MachineDeployment, edited),
      setAt(replicas, "spec.template.spec.minReadySeconds", 60)
    )
  })

  it("forgets kept data that is no JSON", () => {
    const broken = {
      ...old,
      metadata: { name: "md-0", annotations: { [Annotations.ConversionData]: "{", other: "x" } }
    }
    const back = convertToStorage(MachineDeployment, broken)
    assert.deepStrictEqual(back.metadata, { name: "md-0", annotations: { other: "x" } })
  })
})

describe("one field at a time, from v1beta1", () => {
  const cases: ReadonlyArray<readonly [sentence: string, kind: AnyKind, old: Unstructured, now: Unstructured]> = [
    [
      "a health check's durations become seconds and its limits a trigger",
      MachineHealthCheck,
      {
        spec: {
          clusterName: "c1",
          selector: { matchLabels: { a: "b" } },
          maxUnhealthy: "40%",
          nodeStartupTimeout: "20m",
          unhealthyConditions: [{ type: "Ready", status: "Unknown", timeout: "5m0s" }],
          remediationTemplate: { apiVersion: "x.io/v1", kind: "T", name: "t", namespace: "n" }
        }
      },
      {
        spec: {
          clusterName: "c1",
          selector: { matchLabels: { a: "b" } },
          checks: {
            nodeStartupTimeoutSeconds: 1200,
            unhealthyNodeConditions: [{ type: "Ready", status: "Unknown", timeoutSeconds: 300 }]
          },
          remediation: {
            triggerIf: { unhealthyLessThanOrEqualTo: "40%" },
            templateRef: { apiVersion: "x.io/v1", kind: "T", name: "t" }
          }
        }
      }
    ],
    [
      "a Cluster's failure domains become a list and its flags move",
      Cluster,
      {
        spec: { controlPlaneEndpoint: { host: "", port: 0 }, paused: false },
        status: {
          infrastructureReady: true,
          controlPlaneReady: false,
          failureDomains: { b: { controlPlane: true }, a: {} }
        }
      },
      {
        spec: {},
        status: {
          initialization: { infrastructureProvisioned: true },
          failureDomains: [{ name: "a" }, { name: "b", controlPlane: true }]
        }
      }
    ],
    [
      "the start-up limit of the API server holds for init and join",
      KubeadmControlPlane,
      {
        spec: {
          rolloutStrategy: { rollingUpdate: { maxSurge: 1 } },
          remediationStrategy: { maxRetry: 5, retryPeriod: "10m0s" },
          machineTemplate: { nodeDrainTimeout: "1h" },
          kubeadmConfigSpec: {
            clusterConfiguration: {
              kubernetesVersion: "v1.30.0",
              apiServer: { timeoutForControlPlane: "4m0s", extraArgs: { b: "2", a: "1" } }
            }
          }
        }
      },
      {
        spec: {
          rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
          remediation: { maxRetry: 5, retryPeriodSeconds: 600 },
          machineTemplate: { spec: { deletion: { nodeDrainTimeoutSeconds: 3600 } } },
          kubeadmConfigSpec: {
            clusterConfiguration: {
              apiServer: {
                extraArgs: [
                  { name: "a", value: "1" },
                  { name: "b", value: "2" }
                ]
              }
            },
            initConfiguration: { timeouts: { controlPlaneComponentHealthCheckSeconds: 240 } },
            joinConfiguration: { timeouts: { controlPlaneComponentHealthCheckSeconds: 240 } }
          }
        }
      }
    ]
  ]
  for (const [sentence, kind, old, now] of cases) {
    it(sentence, () => {
      const { apiVersion: _apiVersion, ...result } = convertToStorage(kind, {
        apiVersion: `${kind.group}/v1beta1`,
        ...old
      })
      assert.deepStrictEqual(json(result), json(now))
    })
  }
})
