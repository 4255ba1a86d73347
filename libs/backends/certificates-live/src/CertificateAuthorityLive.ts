/**
 * `CertificateAuthority` with real keys: X.509 certificates as kubeadm makes and reads them.
 *
 * Keys are RSA of 2048 bits in PKCS #1, as upstream's controllers make them, so that every component of Kubernetes takes them.
 * Authorities that users bring may have any RSA or P-256, P-384, P-521 key. Keys are made on the thread pool: a reconcile that
 * waits for one holds up nobody else. No key ever stands in an error.
 *
 * @source https://kubernetes.io/docs/setup/best-practices/certificates/
 * @source https://www.rfc-editor.org/rfc/rfc5280
 */
import "reflect-metadata"
import { CertificateAuthority, CertificateError, type KeyPair } from "@capstan/provider"
import * as x509 from "@peculiar/x509"
import { Clock, Effect, Layer, Result } from "effect"
import { createHash, createPrivateKey, generateKeyPair, type KeyObject, webcrypto, X509Certificate } from "node:crypto"
import { isIP } from "node:net"
import { promisify } from "node:util"

const keyBits = 2048
const dayMillis = 86_400_000
const authorityDays = 3650
const clientDays = 365
/** Clocks of two machines are not quite the same. */
const earlyMillis = 5 * 60_000

const rsaSigning = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const
const curves: { readonly [name: string]: { readonly namedCurve: string; readonly hash: string } } = {
  prime256v1: { namedCurve: "P-256", hash: "SHA-256" },
  secp384r1: { namedCurve: "P-384", hash: "SHA-384" },
  secp521r1: { namedCurve: "P-521", hash: "SHA-512" }
}

const generate = promisify(generateKeyPair)

const newKeys = Effect.promise(() => generate("rsa", { modulusLength: keyBits }))

/** Web Crypto's view of a key, which the certificate library signs with. */
interface Signer {
  readonly key: webcrypto.CryptoKey
  readonly algorithm: { readonly name: string; readonly hash: string; readonly namedCurve?: string }
}

const signerOf = (key: KeyObject): Signer | undefined => {
  if (key.asymmetricKeyType === "rsa") {
    return { key: key.toCryptoKey(rsaSigning, false, ["sign"]), algorithm: rsaSigning }
  }
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ""]
  if (key.asymmetricKeyType !== "ec" || curve === undefined) return undefined
  const algorithm = { name: "ECDSA", ...curve }
  return { key: key.toCryptoKey(algorithm, false, ["sign"]), algorithm }
}

const publicCryptoKey = (key: KeyObject): webcrypto.CryptoKey => key.toCryptoKey(rsaSigning, true, ["verify"])

const pemOf = (keys: { readonly privateKey: KeyObject }): string =>
  keys.privateKey.export({ type: "pkcs1", format: "pem" }).toString()

const serialNumber = (): string => {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  // A positive number, in any reading.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return Buffer.from(bytes).toString("hex")
}

const unreadable = (what: string): CertificateError => new CertificateError({ message: `${what} cannot be read` })

const read = (what: string, pem: string): Effect.Effect<X509Certificate, CertificateError> =>
  pem.includes("-----BEGIN CERTIFICATE-----")
    ? Effect.try({ try: () => new X509Certificate(pem), catch: () => unreadable(what) })
    : Effect.fail(unreadable(what))

const readSigner = (authority: KeyPair, certificate: X509Certificate): Effect.Effect<Signer, CertificateError> =>
  Effect.gen(function* () {
    const key = yield* Effect.try({
      try: () => createPrivateKey(authority.key),
      catch: () => unreadable("the authority's key")
    })
    if (!certificate.checkPrivateKey(key)) {
      return yield* new CertificateError({ message: "the authority's key does not belong to its certificate" })
    }
    const signer = signerOf(key)
    return (
      signer ?? (yield* new CertificateError({ message: `an authority's ${key.asymmetricKeyType} key cannot sign` }))
    )
  })

/**
 * From now on, for so many days. Who checks a certificate lives by the wall's clock, and who issues it perhaps in a simulated
 * world that is ahead of it: it is valid from the earlier of the two.
 */
const validFor = (days: number) =>
  Effect.map(Effect.all([Clock.currentTimeMillis, Clock.Clock.defaultValue().currentTimeMillis]), ([now, wall]) => ({
    notBefore: new Date(Math.min(now, wall) - earlyMillis),
    notAfter: new Date(now + days * dayMillis)
  }))

const nameOf = (commonName: string, organizations: ReadonlyArray<string>): x509.Name =>
  new x509.Name([...organizations.map((organization) => ({ O: [organization] })), { CN: [commonName] }])

const createAuthority = Effect.fnUntraced(function* ({ commonName }: { readonly commonName: string }) {
  const keys = yield* newKeys
  const validity = yield* validFor(authorityDays)
  const certificate = yield* Effect.promise(async () => {
    const publicKey = publicCryptoKey(keys.publicKey)
    return x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: nameOf(commonName, []),
      issuer: nameOf(commonName, []),
      ...validity,
      publicKey,
      signingKey: keys.privateKey.toCryptoKey(rsaSigning, false, ["sign"]),
      signingAlgorithm: rsaSigning,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
          true
        ),
        await x509.SubjectKeyIdentifierExtension.create(publicKey)
      ]
    })
  })
  return { certificate: `${certificate.toString("pem")}\n`, key: pemOf(keys) }
})

interface Wanted {
  readonly authority: KeyPair
  readonly commonName: string
  readonly organizations: ReadonlyArray<string>
  readonly validDays?: number
}

/** What the certificate is for. */
interface Use {
  readonly usage: x509.ExtendedKeyUsageType
  readonly extensions: ReadonlyArray<x509.Extension>
}

const issueFor = Effect.fnUntraced(function* (options: Wanted, { extensions, usage }: Use) {
  const authority = yield* read("the authority's certificate", options.authority.certificate)
  const signer = yield* readSigner(options.authority, authority)
  const keys = yield* newKeys
  const validity = yield* validFor(options.validDays ?? clientDays)
  const certificate = yield* Effect.promise(async () => {
    const issuer = new x509.X509Certificate(authority.raw)
    return x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: nameOf(options.commonName, options.organizations),
      // The name as it is encoded there: some verifiers compare bytes.
      issuer: issuer.subjectName,
      ...validity,
      publicKey: publicCryptoKey(keys.publicKey),
      signingKey: signer.key,
      signingAlgorithm: signer.algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
        ...extensions
      ]
    })
  })
  return { certificate: `${certificate.toString("pem")}\n`, key: pemOf(keys) }
})

const issue = (options: Wanted) => issueFor(options, { usage: x509.ExtendedKeyUsage.clientAuth, extensions: [] })

/**
 * A certificate for a server under these names (DNS names and IP addresses, at least one), valid for a year, and the
 * certificate of the authority that signed it. The authority's key is not kept: nobody can sign with it again.
 */
export const createServingPair = Effect.fnUntraced(function* (options: {
  readonly commonName: string
  readonly names: ReadonlyArray<string>
}): Effect.fn.Return<KeyPair & { readonly authority: string }, CertificateError> {
  const authority = yield* createAuthority({ commonName: `${options.commonName} authority` })
  const names = options.names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }))
  const pair = yield* issueFor(
    { authority, commonName: options.commonName, organizations: [] },
    { usage: x509.ExtendedKeyUsage.serverAuth, extensions: [new x509.SubjectAlternativeNameExtension(names)] }
  )
  return { ...pair, authority: authority.certificate }
})

/** What a certificate in PEM says for servers; `undefined` when it cannot be read. Times in milliseconds since the epoch. */
export const readServingCertificate = (
  pem: string
):
  | { readonly serves: (name: string) => boolean; readonly beginMillis: number; readonly endMillis: number }
  | undefined => {
  const certificate = Result.getOrUndefined(Result.try(() => new X509Certificate(pem)))
  return certificate === undefined
    ? undefined
    : {
        serves: (name) =>
          (isIP(name) === 0 ? certificate.checkHost(name, { subject: "never" }) : certificate.checkIP(name)) !==
          undefined,
        beginMillis: certificate.validFromDate.getTime(),
        endMillis: certificate.validToDate.getTime()
      }
}

const createServiceAccountKey = Effect.map(newKeys, (keys) => ({
  certificate: keys.publicKey.export({ type: "spki", format: "pem" }).toString(),
  key: pemOf(keys)
}))

export const layer: Layer.Layer<CertificateAuthority> = Layer.succeed(CertificateAuthority, {
  createAuthority,
  createServiceAccountKey,
  issue,
  publicKeyHash: (certificate) =>
    Effect.map(read("the certificate", certificate), ({ publicKey }) => {
      const info = publicKey.export({ type: "spki", format: "der" })
      return `sha256:${createHash("sha256").update(info).digest("hex")}`
    }),
  expiry: (certificate) =>
    Effect.map(read("the certificate", certificate), ({ validToDate }) => `${validToDate.toISOString().slice(0, 19)}Z`)
})
