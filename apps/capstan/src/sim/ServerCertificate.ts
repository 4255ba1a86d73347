/**
 * A certificate authority that lives as long as one server, and the server's certificate from it.
 *
 * The authority's private key is never written anywhere and is forgotten at once: nobody can issue another certificate that
 * clients of this server would trust.
 *
 * @source https://www.rfc-editor.org/rfc/rfc5280
 */
import "reflect-metadata"
import * as x509 from "@peculiar/x509"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { webcrypto } from "node:crypto"
import { isIP } from "node:net"

export interface ServerCertificate {
  /** PEM. */
  readonly authority: string
  readonly certificate: string
  readonly privateKey: string
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
const validMillis = 90 * 24 * 3_600_000
/** Clocks of two machines are not quite the same. */
const earlyMillis = 5 * 60_000

const pemOfKey = (bytes: ArrayBuffer): string => {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`
}

const serialNumber = (): string => Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString("hex")

/** A new authority and a certificate for these names and addresses. */
export const makeServerCertificate = (hosts: ReadonlyArray<string>): Effect.Effect<ServerCertificate> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.promise(() => issue(hosts, now)))

const issue = async (hosts: ReadonlyArray<string>, now: number): Promise<ServerCertificate> => {
  const validity = { notBefore: new Date(now - earlyMillis), notAfter: new Date(now + validMillis) }
  const keys = async () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const [authorityKeys, serverKeys] = [await keys(), await keys()]
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=capstan-sim-ca",
    ...validity,
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey)
    ]
  })
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: "CN=capstan-sim",
    issuer: authority.subject,
    ...validity,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }))
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey)
    ]
  })
  return {
    authority: `${authority.toString("pem")}\n`,
    certificate: `${certificate.toString("pem")}\n`,
    privateKey: pemOfKey(await webcrypto.subtle.exportKey("pkcs8", serverKeys.privateKey))
  }
}
