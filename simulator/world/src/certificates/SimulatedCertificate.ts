/**
 * Certificates and keys that cost nothing: the shape of PEM around a few fields as JSON. Pure.
 *
 * A key pair is known by a name of 32 hexadecimal digits, its public key. A certificate says whose public key it holds and
 * which key signed it; a private key names the public one that it belongs to. That is all that trust between simulated
 * parties needs: who presents a certificate signed by a key, and who trusts that key. Nothing here is secret or safe.
 *
 * The body of each block is base64 of JSON: `{"subject":{"commonName","organizations"},"publicKey","issuer","notAfter"}` in a
 * certificate, `{"publicKey"}` in a key. A real certificate, which a manager outside of the simulation has made, is known by the
 * digest of its public key info, as kubeadm knows it; whatever else calls itself a certificate by the hash of its text.
 *
 * @source https://www.rfc-editor.org/rfc/rfc7468
 * @fidelity assumed — Signatures are taken to be valid whenever the issuer's name is the right one.
 */
import { parseJsonObject } from "@capstan/api"
import { createHash, X509Certificate } from "node:crypto"

export interface CertificateFields {
  readonly subject: { readonly commonName: string; readonly organizations: ReadonlyArray<string> }
  readonly publicKey: string
  /** Public key of the signer; its own in an authority. Empty in a real certificate that another one's key has signed. */
  readonly issuer: string
  /** RFC 3339; `undefined` in a certificate that is not ours. */
  readonly notAfter: string | undefined
}

const pem = (label: string, fields: object): string => {
  const body = Buffer.from(JSON.stringify(fields)).toString("base64")
  return `-----BEGIN ${label}-----\n${body.replaceAll(/(.{64})(?!$)/g, "$1\n")}\n-----END ${label}-----\n`
}

const bodyOf = (text: string, label: RegExp): string | undefined =>
  new RegExp(`-----BEGIN (?:${label.source})-----\\s+([A-Za-z0-9+/=\\s]+?)\\s*-----END`).exec(text)?.[1]

const fieldsOf = (body: string): { readonly [key: string]: unknown } | undefined => {
  const text = Buffer.from(body, "base64").toString("utf8")
  return text.startsWith("{") ? parseJsonObject(text) : undefined
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex")

export const encodeCertificate = (fields: CertificateFields): string => pem("CERTIFICATE", fields)

export const encodePrivateKey = (publicKey: string): string => pem("RSA PRIVATE KEY", { publicKey })

/** For service accounts, whose public half is no certificate. */
export const encodePublicKey = (publicKey: string): string => pem("PUBLIC KEY", { publicKey })

/** The first certificate in the text; `undefined` when there is none. */
export const decodeCertificate = (text: string): CertificateFields | undefined => {
  const body = bodyOf(text, /CERTIFICATE/)
  if (body === undefined) return undefined
  const fields = fieldsOf(body)
  const { issuer, notAfter, publicKey, subject } = fields ?? {}
  if (typeof publicKey !== "string" || typeof issuer !== "string" || typeof notAfter !== "string") {
    const real = decodeReal(text)
    if (real !== undefined) return real
    const foreign = digest(body.replaceAll(/\s/g, "")).slice(0, 32)
    return {
      subject: { commonName: "", organizations: [] },
      publicKey: foreign,
      issuer: foreign,
      notAfter: undefined
    }
  }
  // What has the three fields above was written by `encodeCertificate`.
  return { subject: subject as CertificateFields["subject"], publicKey, issuer, notAfter }
}

/** A certificate in X.509; `undefined` when it is none. */
const decodeReal = (text: string): CertificateFields | undefined => {
  try {
    const certificate = new X509Certificate(text)
    const publicKey = createHash("sha256")
      .update(certificate.publicKey.export({ type: "spki", format: "der" }))
      .digest("hex")
    const namesOf = (part: string) =>
      certificate.subject
        .split("\n")
        .flatMap((line) => (line.startsWith(`${part}=`) ? [line.slice(part.length + 1)] : []))
    return {
      subject: { commonName: namesOf("CN")[0] ?? "", organizations: namesOf("O") },
      publicKey,
      issuer: certificate.verify(certificate.publicKey) ? publicKey : "",
      notAfter: `${certificate.validToDate.toISOString().slice(0, 19)}Z`
    }
  } catch {
    return undefined
  }
}

/** The public key that a private or public key in PEM belongs to; `undefined` when it is not ours. */
export const decodeKey = (text: string): string | undefined => {
  const body = bodyOf(text, /(?:RSA |EC )?PRIVATE KEY|PUBLIC KEY/)
  const publicKey = body === undefined ? undefined : fieldsOf(body)?.["publicKey"]
  return typeof publicKey === "string" ? publicKey : undefined
}

/** Whether the text is any PEM block at all. */
export const isPem = (text: string): boolean => /-----BEGIN [A-Z ]+-----/.test(text)

/** Real public keys are known by their digest already. */
const isDigest = (publicKey: string): boolean => /^[0-9a-f]{64}$/.test(publicKey)

/** kubeadm's discovery hash of a public key: `sha256:` and 64 hexadecimal digits. */
export const hashOfPublicKey = (publicKey: string): string =>
  `sha256:${isDigest(publicKey) ? publicKey : digest(`public key ${publicKey}`)}`
