/**
 * Keeps what is secret out of traces: a digest tells whether two values are the same, and no more.
 *
 * Secret is what Secrets hold, and the tokens with which machines join: those stand in the open in a KubeadmConfig.
 */
import { createHash } from "node:crypto"
import { isObject } from "./FrozenValue.ts"

/** A merge patch with every secret value replaced by the first 16 digits of its SHA-256. */
export const redact = (groupKind: string, patch: unknown): unknown => {
  if (!isObject(patch)) return patch
  if (groupKind === "Secret") return redactSecret(patch)
  return groupKind === joining && isObject(patch.spec) ? { ...patch, spec: withoutTokens(patch.spec) } : patch
}

const joining = "KubeadmConfig.bootstrap.cluster.x-k8s.io"

/** What `kubectl apply` remembers is the whole object once more. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

const redactSecret = (patch: { readonly [key: string]: unknown }): unknown => {
  const { data, metadata } = patch
  const annotations = isObject(metadata) && isObject(metadata.annotations) ? metadata.annotations : {}
  const applied = annotations[lastApplied]
  return {
    ...patch,
    ...(isObject(data)
      ? { data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, digest(value)])) }
      : {}),
    ...(isObject(metadata) && typeof applied === "string"
      ? { metadata: { ...metadata, annotations: { ...annotations, [lastApplied]: digest(applied) } } }
      : {})
  }
}

/** Fields of kubeadm's configuration that let a machine in, wherever they stand. */
const letIn: ReadonlySet<string> = new Set(["token", "tlsBootstrapToken", "certificateKey", "passwd"])

const withoutTokens = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutTokens)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      letIn.has(key) && typeof inner === "string" ? digest(inner) : withoutTokens(inner)
    ])
  )
}

/** A field that is taken away stays `null`. */
const digest = (value: unknown): string | null =>
  value === null ? null : `sha256:${createHash("sha256").update(String(value)).digest("hex").slice(0, 16)}`
