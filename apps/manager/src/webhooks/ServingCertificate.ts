/**
 * The webhooks' certificate: made by whichever replica comes first, kept in a Secret that all share, renewed before it ends.
 *
 * Every certificate has an authority of its own, whose key nobody keeps. The Secret's `ca.crt` holds the last authorities, so that
 * a replica that still shows the certificate before is trusted until it, too, has read the new one.
 *
 * @source https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#authenticate-apiservers
 */
import { createServingPair, readServingCertificate } from "@capstan/certificates-live"
import { type ApiError, catchReason, KubernetesApi, Secret } from "@capstan/kubernetes"
import { Clock, Effect } from "effect"
import { ownership } from "../install/Ownership.ts"
import type { ServingPair } from "./WebhookServer.ts"

/** A certificate to show, and whom to trust for it. */
export interface Serving extends ServingPair {
  /** PEM, one or more; `undefined` when somebody else sees to it that the API server trusts the certificate. */
  readonly authorities: string | undefined
}

export const servingSecretName = "capstan-webhook-service-cert"

/** Authorities that are trusted at a time: the one in use and the one before. */
const authoritiesMax = 2

const decoded = (secret: Secret | undefined, name: string): string =>
  Buffer.from(secret?.data?.[name] ?? "", "base64").toString("utf8")

const encoded = (text: string): string => Buffer.from(text, "utf8").toString("base64")

const certificatesIn = (pem: string): ReadonlyArray<string> =>
  pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []

/** Whether it is for all names and has more than a third of its life before it. */
const isGood = (pem: string, names: ReadonlyArray<string>, nowMillis: number): boolean => {
  const certificate = readServingCertificate(pem)
  if (certificate === undefined || !names.every(certificate.serves)) return false
  const { beginMillis, endMillis } = certificate
  return endMillis - nowMillis > (endMillis - beginMillis) / 3
}

/** Reads the Secret, or makes or renews it. Fails with `Conflict` or `AlreadyExists` when another replica did so meanwhile. */
export const sharedServing = Effect.fnUntraced(function* (
  namespace: string,
  names: ReadonlyArray<string>
): Effect.fn.Return<Serving, ApiError, KubernetesApi> {
  const api = yield* KubernetesApi
  const key = { namespace, name: servingSecretName }
  const found = yield* catchReason("NotFound", () => Effect.succeed(undefined))(api.get(Secret, key))
  const certificate = decoded(found, "tls.crt")
  const authorities = decoded(found, "ca.crt")
  if (authorities !== "" && isGood(certificate, names, yield* Clock.currentTimeMillis)) {
    return { certificate, key: decoded(found, "tls.key"), authorities }
  }
  const [commonName = servingSecretName] = names
  // Our own authority can always be read.
  const made = yield* Effect.orDie(createServingPair({ commonName, names }))
  const trusted = [made.authority.trimEnd(), ...certificatesIn(authorities)].slice(0, authoritiesMax)
  const next: Serving = { certificate: made.certificate, key: made.key, authorities: `${trusted.join("\n")}\n` }
  const data = {
    "tls.crt": encoded(next.certificate),
    "tls.key": encoded(next.key),
    "ca.crt": encoded(next.authorities ?? "")
  }
  if (found === undefined) {
    yield* api.create(Secret, {
      metadata: { ...key, labels: ownership },
      type: "kubernetes.io/tls",
      data
    })
  } else {
    const { resourceVersion } = found.metadata
    yield* api.patch(Secret, key, { type: "merge", body: { metadata: { resourceVersion }, data } })
  }
  return next
})
