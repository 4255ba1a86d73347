/**
 * Why a call got no answer, in words that say what to look at; without request, headers or credentials.
 *
 * Whether the call was carried out cannot be told from here, unless it never left: callers that write must look.
 *
 * @source https://nodejs.org/api/errors.html#common-system-errors and https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
import { Schema } from "effect"
import { HttpClientError } from "effect/http"

export class NetworkFailure extends Schema.TaggedError<NetworkFailure>()("NetworkFailure", {
  message: Schema.String,
  kind: Schema.Literals([
    /** Nobody answered, or the connection broke on the way. */
    "Unreachable",
    /** The server did not show a certificate that the kubeconfig's authority has signed for this name. */
    "Untrusted",
    /** The connection was open and was closed before the answer was whole: it may have been an old one. */
    "Broken",
    /** There are no credentials to call with; nothing was sent. */
    "NoCredentials"
  ])
}) {}

const untrusted = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "CERT_CHAIN_TOO_LONG",
  "INVALID_CA",
  "INVALID_PURPOSE"
])

const broken = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "ECONNABORTED"])

/** The `code` of the error or of the first cause below it that has one. */
const codeIn = (cause: unknown): string => {
  for (let at = cause, depth = 0; typeof at === "object" && at !== null && depth < 8; depth++) {
    if ("code" in at && typeof at.code === "string") return at.code
    if (at instanceof AggregateError && at.errors.length > 0) at = at.errors[0]
    else at = "cause" in at ? at.cause : undefined
  }
  return ""
}

/** What a failed attempt to get an answer from `server` (scheme, host and port) means. */
export const networkFailureOf = (server: string, error: unknown): NetworkFailure => {
  const cause = error instanceof HttpClientError.HttpClientError ? error.reason.cause : error
  const code = codeIn(cause)
  const unreachable = (message: string): NetworkFailure => new NetworkFailure({ kind: "Unreachable", message })
  if (untrusted.has(code)) {
    return new NetworkFailure({
      kind: "Untrusted",
      message: `the certificate of ${server} is signed by an authority that the kubeconfig does not trust: is it another cluster's, or an old one's? (${code})`
    })
  }
  if (broken.has(code)) {
    return new NetworkFailure({
      kind: "Broken",
      message: `the connection to ${server} broke before the answer was whole`
    })
  }
  switch (code) {
    case "ECONNREFUSED":
      return unreachable(`${server} refused the connection: does an API server run there?`)
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return unreachable(`the name in ${server} cannot be resolved`)
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return unreachable(`there is no way through the network to ${server}`)
    case "ETIMEDOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
      return unreachable(`${server} does not take connections: is a firewall or security group in the way?`)
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return new NetworkFailure({
        kind: "Untrusted",
        message: `the certificate of ${server} is for other names than this: is the address right, or does it need tls-server-name?`
      })
    case "CERT_HAS_EXPIRED":
      return new NetworkFailure({ kind: "Untrusted", message: `the certificate of ${server} has expired` })
    case "CERT_NOT_YET_VALID":
      return new NetworkFailure({
        kind: "Untrusted",
        message: `the certificate of ${server} is not valid yet: are the clocks right?`
      })
    default:
      return code.startsWith("ERR_SSL") || code === "EPROTO"
        ? unreachable(
            `no TLS connection to ${server} comes about: does it speak TLS, and does it take the client certificate? (${code})`
          )
        : unreachable(`${server} gave no answer${code === "" ? "" : ` (${code})`}`)
  }
}
