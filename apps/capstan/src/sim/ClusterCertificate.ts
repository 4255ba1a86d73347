/**
 * Certificates of workload clusters' API servers, from the clusters' own authorities, as kubeadm issues them.
 *
 * @source https://kubernetes.io/docs/setup/best-practices/certificates/
 */
import "reflect-metadata"
import * as x509 from "@peculiar/x509"
import { createPrivateKey, generateKeyPairSync, randomBytes } from "node:crypto"

export interface KeyAndCertificate {
  /** PEM. */
  readonly certificate: string
  readonly key: string
}

const validMillis = 365 * 24 * 3_600_000
/** Worlds run at their own pace, and clocks of machines differ. */
const earlyMillis = 24 * 3_600_000

const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const
const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const

/** A server's certificate for this host. Throws when the authority is none that can sign. */
export const certificateFrom = async (
  authority: KeyAndCertificate,
  host: string,
  nowMillis: number
): Promise<KeyAndCertificate> => {
  const signer = createPrivateKey(authority.key)
  const algorithm = signer.asymmetricKeyType === "rsa" ? rsa : ecdsa
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const issuer = new x509.X509Certificate(authority.certificate)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `40${randomBytes(15).toString("hex")}`,
    subject: "CN=kube-apiserver",
    issuer: issuer.subjectName,
    notBefore: new Date(nowMillis - earlyMillis),
    notAfter: new Date(nowMillis + validMillis),
    publicKey: keys.publicKey.toCryptoKey(ecdsa, true, ["verify"]),
    signingKey: signer.toCryptoKey(algorithm, false, ["sign"]),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: "dns", value: "kubernetes.default.svc" },
        { type: /^\d+(?:\.\d+){3}$|:/.test(host) ? "ip" : "dns", value: host }
      ])
    ]
  })
  return {
    certificate: `${certificate.toString("pem")}\n`,
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  }
}
