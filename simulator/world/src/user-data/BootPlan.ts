/**
 * What a machine's boot script makes of it: the first node of a cluster, one more control plane, a worker, or nothing. Pure.
 *
 * kubeadm's documents are read at every version from v1beta1 to v1beta4: flags are a map up to v1beta3 and a list afterwards,
 * and time limits have moved.
 * Left out: certificates that a joining control plane downloads with a certificate key, patches, skipped phases.
 *
 * @source https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/
 */
import type { Taint } from "@capstan/kubernetes"
import { Data, Result } from "effect"
import { controlPlaneTimeoutMillis, discoveryTimeoutMillis } from "../Latencies.ts"
import type { BootScript } from "./CloudConfig.ts"
import { isList, isSetAt, listAt, textAt, valueAt } from "./YamlPath.ts"
import { readYaml, type YamlValue } from "./YamlReader.ts"

/** A certificate with its key, each PEM; the key may be kept elsewhere. */
export interface PkiPair {
  readonly certificate: string
  readonly key: string | undefined
}

/** What lies in kubeadm's folder of certificates. */
export interface Pki {
  readonly ca: PkiPair | undefined
  readonly etcd: PkiPair | undefined
  readonly frontProxy: PkiPair | undefined
  readonly serviceAccount: PkiPair | undefined
}

/** How the kubelet registers its Node. */
export interface NodePlan {
  /** The host name unless given. */
  readonly name: string | undefined
  /** `undefined`: what kubeadm gives a node of this role. */
  readonly taints: ReadonlyArray<Taint> | undefined
  readonly kubeletArgs: { readonly [name: string]: string }
}

export interface InitPlan {
  readonly clusterName: string
  /** `host:port`; empty for none. */
  readonly endpoint: string
  readonly kubernetesVersion: string
  readonly dnsImageTag: string | undefined
  readonly imageRepository: string | undefined
  readonly externalEtcd: boolean
  readonly bindPort: number
  readonly timeoutMillis: number
  /** The ClusterConfiguration document, as it was given. */
  readonly document: string
  readonly tokens: ReadonlyArray<string>
  readonly pki: Pki
  readonly node: NodePlan
}

export interface Discovery {
  /** `host:port`. */
  readonly endpoint: string
  /** `id.secret`; `undefined` when the machine has credentials of its own. */
  readonly token: string | undefined
  /** `sha256:<hex>` each. */
  readonly caCertHashes: ReadonlyArray<string>
  readonly trustsAnyone: boolean
  /** From a discovery file, instead of hashes. */
  readonly caCertificate: string | undefined
  readonly timeoutMillis: number
}

export interface JoinPlan {
  readonly controlPlane: boolean
  readonly bindPort: number
  readonly discovery: Discovery
  readonly pki: Pki
  readonly node: NodePlan
}

export type BootPlan = Data.TaggedEnum<{
  Nothing: {}
  Init: { readonly init: InitPlan }
  Join: { readonly join: JoinPlan }
}>
export const BootPlan = Data.taggedEnum<BootPlan>()

/** Fails with a sentence when kubeadm would refuse what it finds. */
export const planBoot = (script: BootScript): Result.Result<BootPlan, string> => {
  const command = script.commands
    .map((line) => /\bkubeadm\s+(init|join)\b(.*)/.exec(line))
    .find((match) => match !== null)
  if (command === undefined) return Result.succeed(BootPlan.Nothing())
  const [, verb, rest = ""] = command
  const path = /--config[= ]\s*["']?([^\s"']+)/.exec(rest)?.[1]
  if (path === undefined) return Result.fail(`kubeadm ${verb} is called without --config`)
  const text = script.files.get(path)
  if (text === undefined) return Result.fail(`kubeadm ${verb}: there is no file ${path}`)
  try {
    const documents = kubeadmDocuments(text)
    return verb === "init" ? initPlan(documents, script) : joinPlan(documents, script)
  } catch (error) {
    return Result.fail(`kubeadm ${verb}: ${path} cannot be read: ${error instanceof Error ? error.message : "no YAML"}`)
  }
}

interface KubeadmDocument {
  readonly kind: string
  readonly value: YamlValue
  readonly text: string
}

const kubeadmDocuments = (text: string): ReadonlyArray<KubeadmDocument> =>
  text
    .split(/^---[ \t]*$/m)
    .filter((part) => part.trim() !== "")
    .flatMap((part) => {
      const value = readYaml(part)[0] ?? null
      const isKubeadm = /^kubeadm\.k8s\.io\/v1(?:beta[1-9])?$/.test(textAt(value, "apiVersion") ?? "")
      return isKubeadm ? [{ kind: textAt(value, "kind") ?? "", value, text: `${part.trim()}\n` }] : []
    })

const initPlan = (
  documents: ReadonlyArray<KubeadmDocument>,
  { files }: BootScript
): Result.Result<BootPlan, string> => {
  const cluster = documents.find((document) => document.kind === "ClusterConfiguration")
  const init = documents.find((document) => document.kind === "InitConfiguration")?.value
  if (cluster === undefined) return Result.fail("kubeadm init: there is no ClusterConfiguration")
  const { value } = cluster
  const kubernetesVersion = textAt(value, "kubernetesVersion")
  if (kubernetesVersion === undefined) return Result.fail("kubeadm init: there is no kubernetesVersion")
  const endpoint = textAt(value, "controlPlaneEndpoint") ?? ""
  return Result.succeed(
    BootPlan.Init({
      init: {
        clusterName: textAt(value, "clusterName") ?? endpoint,
        endpoint,
        kubernetesVersion,
        dnsImageTag: textAt(value, "dns", "imageTag"),
        imageRepository: textAt(value, "imageRepository"),
        externalEtcd: isSetAt(value, "etcd", "external"),
        bindPort: portOf(init, "localAPIEndpoint", "bindPort"),
        timeoutMillis:
          durationAt(init, "timeouts", "controlPlaneComponentHealthCheck") ??
          durationAt(value, "apiServer", "timeoutForControlPlane") ??
          controlPlaneTimeoutMillis,
        document: cluster.text,
        tokens: listAt(init, "bootstrapTokens").flatMap((token) => textAt(token, "token") ?? []),
        pki: pkiIn(files, textAt(value, "certificatesDir")),
        node: nodePlan(valueAt(init, "nodeRegistration"))
      }
    })
  )
}

const joinPlan = (
  documents: ReadonlyArray<KubeadmDocument>,
  { files }: BootScript
): Result.Result<BootPlan, string> => {
  const join = documents.find((document) => document.kind === "JoinConfiguration")?.value
  if (join === undefined) return Result.fail("kubeadm join: there is no JoinConfiguration")
  const discovery = discoveryOf(join, files)
  if (Result.isFailure(discovery)) return Result.fail(discovery.failure)
  return Result.succeed(
    BootPlan.Join({
      join: {
        controlPlane: isSetAt(join, "controlPlane"),
        bindPort: portOf(join, "controlPlane", "localAPIEndpoint", "bindPort"),
        discovery: discovery.success,
        pki: pkiIn(files, undefined),
        node: nodePlan(valueAt(join, "nodeRegistration"))
      }
    })
  )
}

const discoveryOf = (join: YamlValue, files: BootScript["files"]): Result.Result<Discovery, string> => {
  const timeoutMillis =
    durationAt(join, "timeouts", "discovery") ?? durationAt(join, "discovery", "timeout") ?? discoveryTimeoutMillis
  const tls = textAt(join, "discovery", "tlsBootstrapToken")
  const path = textAt(join, "discovery", "file", "kubeConfigPath")
  if (path !== undefined) {
    const server = serverIn(files.get(path) ?? "")
    if (server === undefined) return Result.fail(`kubeadm join: the discovery file ${path} names no server`)
    const { caCertificate, endpoint } = server
    return Result.succeed({
      endpoint,
      token: tls,
      caCertHashes: [],
      trustsAnyone: caCertificate === undefined,
      caCertificate,
      timeoutMillis
    })
  }
  const given = valueAt(join, "discovery", "bootstrapToken")
  const token = textAt(given, "token")
  const endpoint = textAt(given, "apiServerEndpoint")
  if (token === undefined || endpoint === undefined) {
    return Result.fail("kubeadm join: discovery has neither a bootstrap token with an endpoint nor a file")
  }
  if (!/^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(token)) return Result.fail("kubeadm join: the bootstrap token is malformed")
  const caCertHashes = listAt(given, "caCertHashes").map(String)
  const trustsAnyone = valueAt(given, "unsafeSkipCAVerification") === true
  if (caCertHashes.length === 0 && !trustsAnyone) {
    return Result.fail("kubeadm join: neither caCertHashes nor unsafeSkipCAVerification is set")
  }
  return Result.succeed({ endpoint, token, caCertHashes, trustsAnyone, caCertificate: undefined, timeoutMillis })
}

/** Server and authority of a kubeconfig; the server as `host:port`. */
export const serverIn = (
  kubeconfig: string
): { readonly endpoint: string; readonly caCertificate: string | undefined } | undefined => {
  const server = /^[\s-]*server:\s*["']?https:\/\/([^\s"'/]+)/m.exec(kubeconfig)?.[1]
  if (server === undefined) return undefined
  const encoded = /^[\s-]*certificate-authority-data:\s*["']?([A-Za-z0-9+/=]+)/m.exec(kubeconfig)?.[1]
  return {
    endpoint: server,
    caCertificate: encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8")
  }
}

const nodePlan = (value: YamlValue | undefined): NodePlan => {
  const taints = valueAt(value, "taints")
  return {
    name: textAt(value, "name"),
    taints: isList(taints) ? taints.flatMap(taintOf) : undefined,
    kubeletArgs: flagsOf(valueAt(value, "kubeletExtraArgs"))
  }
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const

const taintOf = (value: YamlValue): ReadonlyArray<Taint> => {
  const key = textAt(value, "key")
  const effect = effects.find((known) => known === textAt(value, "effect"))
  const text = textAt(value, "value")
  return key === undefined || effect === undefined
    ? []
    : [{ key, ...(text === undefined ? {} : { value: text }), effect }]
}

/** Flags by name; the last one of several with the same name. */
const flagsOf = (value: YamlValue | undefined): { readonly [name: string]: string } => {
  if (isList(value)) {
    return Object.fromEntries(value.map((flag) => [textAt(flag, "name") ?? "", textAt(flag, "value") ?? ""]))
  }
  if (typeof value !== "object" || value === null) return {}
  return Object.fromEntries(Object.keys(value).map((name) => [name, textAt(value, name) ?? ""]))
}

const portOf = (value: YamlValue | undefined, ...path: ReadonlyArray<string>): number => {
  const port = Number(textAt(value, ...path) ?? 6443)
  return Number.isInteger(port) && port > 0 ? port : 6443
}

const units: { readonly [unit: string]: number } = { h: 3_600_000, m: 60_000, s: 1000 }

/** A duration such as `4m0s`, in milliseconds. */
const durationAt = (value: YamlValue | undefined, ...path: ReadonlyArray<string>): number | undefined => {
  const text = textAt(value, ...path)
  if (text === undefined || !/^(?:\d+[hms])+$/.test(text)) return undefined
  return [...text.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0),
    0
  )
}

const pkiIn = (files: BootScript["files"], directory = "/etc/kubernetes/pki"): Pki => {
  const pair = (certificate: string, key: string): PkiPair | undefined => {
    const text = files.get(`${directory}/${certificate}`)
    return text === undefined ? undefined : { certificate: text, key: files.get(`${directory}/${key}`) }
  }
  return {
    ca: pair("ca.crt", "ca.key"),
    etcd: pair("etcd/ca.crt", "etcd/ca.key"),
    frontProxy: pair("front-proxy-ca.crt", "front-proxy-ca.key"),
    serviceAccount: pair("sa.pub", "sa.key")
  }
}

/** The authorities that a control-plane node needs and does not have, by kubeadm's names. */
export const missingAuthorities = (pki: Pki, externalEtcd: boolean): ReadonlyArray<string> => {
  const wanted: ReadonlyArray<readonly [string, PkiPair | undefined]> = [
    ["ca", pki.ca],
    ["front-proxy-ca", pki.frontProxy],
    ["sa", pki.serviceAccount],
    ...(externalEtcd ? [] : ([["etcd/ca", pki.etcd]] as const))
  ]
  return wanted.flatMap(([name, pair]) => (pair?.key === undefined ? [name] : []))
}
