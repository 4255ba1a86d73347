import { Result } from "effect"
import { gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { type BootPlan, planBoot } from "../../src/user-data/BootPlan.ts"
import type { Host } from "../../src/user-data/JinjaTemplate.ts"
import { readUserData, secretPiecesOf } from "../../src/user-data/UserData.ts"
import { initUserData, joinUserData, makeWorld } from "../TestWorld.ts"

const host: Host = {
  instanceId: "i-1",
  hostname: "ip-10-0-0-1.ec2.internal",
  privateIp: "10.0.0.1",
  zone: "us-east-1a",
  region: "us-east-1",
  instanceType: "t3.large"
}

const { pki } = makeWorld()
const noSecrets = (): string | undefined => undefined

const planOf = (userData: string): BootPlan => {
  const read = readUserData(userData, host, noSecrets)
  if (read._tag !== "Script") throw new Error(`it is ${read._tag}`)
  return Result.getOrThrow(planBoot(read.script))
}

const config = (kubeadm: string, command: string, path = "/run/kubeadm/kubeadm.yaml"): string =>
  `#cloud-config
write_files:
- path: ${path}
  content: ${Buffer.from(kubeadm).toString("base64")}
  encoding: base64
runcmd:
- [sh, -c, "${command} --config ${path}"]
`

/** A boothook as one of our controllers or another writes it. */
const archive = (script: string): string => `Content-Type: multipart/mixed; boundary="BOUNDARY"
MIME-Version: 1.0

--BOUNDARY
Content-Type: text/cloud-boothook; charset="us-ascii"
MIME-Version: 1.0

${script}
--BOUNDARY
Content-Type: text/x-include-url; charset="us-ascii"

file:///etc/secret-userdata.txt

--BOUNDARY--
`

const hook = `#!/bin/bash
REGION="us-east-1"
SECRET_PREFIX="aws.cluster.x-k8s.io/4711"
CHUNKS="2"
FILE="/etc/secret-userdata.txt"
`

describe("user data", () => {
  it("with an init configuration makes the first node of a cluster", () => {
    const plan = planOf(initUserData(pki))
    expect(plan).toMatchObject({
      _tag: "Init",
      init: {
        clusterName: "demo",
        endpoint: "lb.example.com:6443",
        kubernetesVersion: "v1.33.1",
        externalEtcd: false,
        bindPort: 6443,
        pki: { ca: pki.ca, etcd: pki.etcd, frontProxy: pki.proxy, serviceAccount: pki.sa },
        node: { name: "ip-10-0-0-1.ec2.internal", taints: undefined, kubeletArgs: { "cloud-provider": "external" } }
      }
    })
  })

  for (const apiVersion of ["v1beta1", "v1beta2", "v1beta3", "v1beta4"]) {
    it(`of kubeadm ${apiVersion} gives the same flags`, () => {
      const plan = planOf(joinUserData(pki, { apiVersion, controlPlane: true }))
      expect(plan).toMatchObject({
        _tag: "Join",
        join: {
          controlPlane: true,
          discovery: { endpoint: "lb.example.com:6443", token: "abcdef.0123456789abcdef", caCertHashes: [pki.hash] },
          node: { name: "ip-10-0-0-1.ec2.internal", kubeletArgs: { "cloud-provider": "external" } }
        }
      })
    })
  }

  it("of a worker carries its taints", () => {
    const plan = planOf(joinUserData(pki))
    const taints = plan._tag === "Join" ? plan.join.node.taints : undefined
    expect(taints).toEqual([{ key: "node.cluster.x-k8s.io/uninitialized", effect: "NoSchedule" }])
  })

  it("reads time limits where either version has them", () => {
    const old =
      "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.25.0\napiServer:\n  timeoutForControlPlane: 1m30s\n"
    const plan = planOf(config(old, "kubeadm init"))
    expect(plan._tag === "Init" ? plan.init.timeoutMillis : 0).toBe(90_000)
    const join =
      "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ntimeouts:\n  discovery: 10m0s\ndiscovery:\n  bootstrapToken:\n    token: abcdef.0123456789abcdef\n    apiServerEndpoint: h:1\n    unsafeSkipCAVerification: true\n"
    const joined = planOf(config(join, "kubeadm join"))
    expect(joined._tag === "Join" ? joined.join.discovery.timeoutMillis : 0).toBe(600_000)
  })

  it("of a discovery file finds server and authority in it", () => {
    const kubeconfig = `clusters:\n- cluster:\n    server: https://lb.example.com:6443\n    certificate-authority-data: ${Buffer.from(pki.ca.certificate).toString("base64")}\n`
    const join =
      "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery:\n  file:\n    kubeConfigPath: /etc/d.conf\n"
    const files = `- path: /etc/d.conf\n  encoding: gz+b64\n  content: ${gzipSync(kubeconfig).toString("base64")}\n`
    const text = config(join, "kubeadm join").replace("write_files:\n", `write_files:\n${files}`)
    const plan = planOf(text)
    expect(plan._tag === "Join" ? plan.join.discovery : {}).toMatchObject({
      endpoint: "lb.example.com:6443",
      token: undefined,
      caCertificate: pki.ca.certificate
    })
  })

  it("in a secret store is put together from its pieces", () => {
    const packed = gzipSync(initUserData(pki))
    const half = Math.ceil(packed.length / 2)
    const secrets = new Map([
      ["aws.cluster.x-k8s.io/4711-0", packed.subarray(0, half).toString("base64")],
      ["aws.cluster.x-k8s.io/4711-1", packed.subarray(half).toString("base64")]
    ])
    const read = readUserData(archive(hook), host, (name) => secrets.get(name))
    expect(read._tag === "Script" ? read.script.files.get("/etc/kubernetes/pki/ca.crt") : read).toBe(pki.ca.certificate)
  })

  it("in a secret store that lacks a piece names the piece", () => {
    const read = readUserData(archive(hook), host, (name) => (name.endsWith("-0") ? "" : undefined))
    expect(read).toMatchObject({ _tag: "MissingSecret", name: "aws.cluster.x-k8s.io/4711-1" })
  })

  it("names its secrets whatever the script looks like", () => {
    expect(secretPiecesOf("export SECRET_PREFIX=/cluster.x-k8s.io/1\nCHUNK_COUNT='3'")).toEqual({
      prefix: "/cluster.x-k8s.io/1",
      count: 3
    })
    expect(secretPiecesOf("echo hello")).toBeUndefined()
  })

  const refused: ReadonlyArray<readonly [what: string, text: string]> = [
    ["without the first line of a cloud-config", "write_files: []\n"],
    ["that is no YAML", "#cloud-config\nwrite_files: [\n"]
  ]
  for (const [what, text] of refused) {
    it(`${what} is refused`, () => expect(readUserData(text, host, noSecrets)._tag).toBe("Unreadable"))
  }

  const idle: ReadonlyArray<readonly [what: string, text: string | undefined]> = [
    ["that is missing", undefined],
    ["that is empty", " \n"],
    ["that is a script", "#!/bin/sh\necho\n"]
  ]
  for (const [what, text] of idle) {
    it(`${what} does nothing`, () => expect(readUserData(text, host, noSecrets)._tag).toBe("Nothing"))
  }

  const wrong: ReadonlyArray<readonly [what: string, text: string, says: string]> = [
    ["kubeadm without its configuration", "#cloud-config\nruncmd:\n- kubeadm init\n", "without --config"],
    ["a file that is not there", "#cloud-config\nruncmd:\n- kubeadm join --config /x\n", "no file /x"],
    ["no kubeadm document", config("a: 1\n", "kubeadm init"), "no ClusterConfiguration"],
    [
      "a malformed token",
      config(
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery:\n  bootstrapToken:\n    token: nonsense\n    apiServerEndpoint: h:1\n",
        "kubeadm join"
      ),
      "malformed"
    ],
    [
      "neither hash nor permission to trust anybody",
      config(
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery:\n  bootstrapToken:\n    token: abcdef.0123456789abcdef\n    apiServerEndpoint: h:1\n",
        "kubeadm join"
      ),
      "caCertHashes"
    ]
  ]
  for (const [what, text, says] of wrong) {
    it(`with ${what} makes kubeadm fail`, () => {
      const read = readUserData(text, host, noSecrets)
      const planned = read._tag === "Script" ? planBoot(read.script) : undefined
      expect(planned !== undefined && Result.isFailure(planned) ? planned.failure : "").toContain(says)
    })
  }

  it("shows what a template does not know", () => {
    const text =
      "## template: jinja\n#cloud-config\nruncmd:\n- echo {{ ds.meta_data.instance-id }} {{ v1.nonsense }} {{ ds.meta_data['local-hostname'] }}\n"
    const read = readUserData(text, host, noSecrets)
    expect(read._tag === "Script" ? read.script.commands : []).toEqual([
      "echo i-1 CI_MISSING_JINJA_VAR/nonsense ip-10-0-0-1.ec2.internal"
    ])
  })
})
