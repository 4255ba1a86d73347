/** Admission of the kubeadm kinds: what is filled in and what is refused, where. */
import { assert, describe, it } from "@effect/vitest"
import {
  kubeadmConfigAdmission,
  type KubeadmConfigSpec,
  kubeadmControlPlaneAdmission,
  type KubeadmControlPlaneBody,
  type KubeadmControlPlaneSpec,
  type ObjectOf
} from "../../src/index.ts"

const objectOf = <Body>(body: Body): ObjectOf<Body> => ({
  apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
  kind: "X",
  metadata: { name: "cp", namespace: "n", uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
  ...body
})

const good: KubeadmControlPlaneSpec = {
  replicas: 3,
  version: "v1.31.0",
  machineTemplate: {
    spec: { infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "AWSMachineTemplate", name: "t" } }
  },
  kubeadmConfigSpec: { clusterConfiguration: { certificatesDir: "/pki", apiServer: { certSANs: ["a"] } } }
}

const refused = (spec: KubeadmControlPlaneSpec, before?: KubeadmControlPlaneSpec): ReadonlyArray<string> =>
  (
    kubeadmControlPlaneAdmission.validate?.(
      objectOf<KubeadmControlPlaneBody>({ spec }),
      before === undefined ? undefined : objectOf<KubeadmControlPlaneBody>({ spec: before })
    ) ?? []
  ).map((error) => `${error.reason.replace("FieldValue", "")} ${error.field}`)

const external = { endpoints: ["https://e"], caFile: "a", certFile: "b", keyFile: "c" }

const withSurge = (maxSurge: number, replicas: number): KubeadmControlPlaneSpec => ({
  ...good,
  replicas,
  rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge } } }
})

const withKubeadm = (kubeadmConfigSpec: KubeadmConfigSpec): KubeadmControlPlaneSpec => ({ ...good, kubeadmConfigSpec })

describe("a KubeadmControlPlane", () => {
  const kubeadm = "spec.kubeadmConfigSpec"
  const surge = "spec.rollout.strategy.rollingUpdate.maxSurge"
  const rows: ReadonlyArray<
    readonly [string, ReadonlyArray<string>, KubeadmControlPlaneSpec, KubeadmControlPlaneSpec?]
  > = [
    ["is taken with three replicas", [], good],
    ["needs a replica", ["Forbidden spec.replicas"], { ...good, replicas: 0 }],
    ["needs an odd number of replicas", ["Forbidden spec.replicas"], { ...good, replicas: 2 }],
    [
      "may have an even number with external etcd",
      [],
      { ...good, replicas: 2, kubeadmConfigSpec: { clusterConfiguration: { etcd: { external } } } }
    ],
    ["needs a semantic version", ["Invalid spec.version"], { ...good, version: "latest" }],
    ["surges by one at most", [`Invalid ${surge}`], withSurge(2, 3)],
    ["goes down first only with three replicas", [`Invalid ${surge}`], withSurge(0, 1)],
    ["may go down first with three replicas", [], withSurge(0, 3)],
    [
      "renews certificates a week ahead at least",
      ["Invalid spec.rollout.before.certificatesExpiryDays"],
      { ...good, rollout: { before: { certificatesExpiryDays: 6 } } }
    ],
    [
      "does not renew certificates for ever",
      ["Invalid spec.rollout.before.certificatesExpiryDays"],
      {
        ...withKubeadm({ clusterConfiguration: { certificateValidityPeriodDays: 30 } }),
        rollout: { before: { certificatesExpiryDays: 30 } }
      }
    ],
    [
      "has no certificate that outlives its authority",
      [`Invalid ${kubeadm}.clusterConfiguration.certificateValidityPeriodDays`],
      withKubeadm({
        clusterConfiguration: { certificateValidityPeriodDays: 300, caCertificateValidityPeriodDays: 200 }
      })
    ],
    [
      "has one start-up limit for all its machines",
      [`Invalid ${kubeadm}.initConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds`],
      withKubeadm({ initConfiguration: { timeouts: { controlPlaneComponentHealthCheckSeconds: 240 } } })
    ],
    [
      "has one kind of etcd",
      [`Forbidden ${kubeadm}.clusterConfiguration.etcd.local`],
      withKubeadm({ clusterConfiguration: { etcd: { external, local: { imageTag: "3" } } } })
    ],
    ["may be upgraded by one minor", [], { ...good, version: "v1.32.4" }, good],
    ["may not skip a minor", ["Forbidden spec.version"], { ...good, version: "v1.33.0" }, good],
    ["may go back", [], { ...good, version: "v1.29.0" }, good],
    [
      "may change flags, files and commands",
      [],
      withKubeadm({
        clusterConfiguration: { certificatesDir: "/pki", apiServer: { certSANs: ["b"] } },
        files: [{ path: "/a", content: "a" }],
        preKubeadmCommands: ["true"]
      }),
      good
    ],
    [
      "may not change where certificates are",
      [`Forbidden ${kubeadm}.clusterConfiguration.certificatesDir`],
      withKubeadm({ clusterConfiguration: { apiServer: { certSANs: ["a"] } } }),
      good
    ],
    [
      "may not change from local to external etcd",
      [`Forbidden ${kubeadm}.clusterConfiguration.etcd.local`],
      withKubeadm({
        clusterConfiguration: { certificatesDir: "/pki", apiServer: { certSANs: ["a"] }, etcd: { external } }
      }),
      good
    ],
    [
      "may not go back with CoreDNS",
      [`Invalid ${kubeadm}.clusterConfiguration.dns.imageTag`],
      withKubeadm({ clusterConfiguration: { dns: { imageTag: "v1.10.1" } } }),
      withKubeadm({ clusterConfiguration: { dns: { imageTag: "v1.11.1" } } })
    ]
  ]
  for (const [sentence, errors, spec, before] of rows) {
    it(sentence, () => assert.deepStrictEqual(refused(spec, before), errors))
  }

  it("gets one replica, the leading v and a surge of one, and is then left alone", () => {
    const { replicas: _replicas, ...rest } = good
    const once = kubeadmControlPlaneAdmission.default?.(objectOf({ spec: { ...rest, version: "1.31.0" } }), undefined)
    assert.isDefined(once)
    assert.strictEqual(once.spec.replicas, 1)
    assert.strictEqual(once.spec.version, "v1.31.0")
    assert.deepStrictEqual(once.spec.rollout, { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } })
    assert.strictEqual(kubeadmControlPlaneAdmission.default?.(once, undefined), once)
  })
})

describe("a KubeadmConfig", () => {
  const secret = { secret: { name: "s", key: "k" } }
  const rows: ReadonlyArray<readonly [string, ReadonlyArray<string>, KubeadmConfigSpec]> = [
    ["may be empty", [], {}],
    ["has one source a file", ["spec.files[0]"], { files: [{ path: "/a", content: "a", contentFrom: secret }] }],
    ["writes no path twice", ["spec.files[1].path"], { files: [{ path: "/a" }, { path: "/a", append: true }] }],
    ["has one source a password", ["spec.users[0]"], { users: [{ name: "u", passwd: "p", passwdFrom: secret }] }],
    ["is cloud-config", ["spec.format"], { format: "ignition" }],
    [
      "shares out a disk once",
      ["spec.diskSetup.partitions[0].diskLayout"],
      { diskSetup: { partitions: [{ device: "/dev/sdb", diskLayout: [{ percentage: 60 }, { percentage: 60 }] }] } }
    ]
  ]
  for (const [sentence, fields, spec] of rows) {
    it(sentence, () => {
      const errors = kubeadmConfigAdmission.validate?.(objectOf({ spec }), undefined) ?? []
      assert.deepStrictEqual(
        errors.map((error) => error.field),
        fields
      )
    })
  }
})
