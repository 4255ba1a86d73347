/**
 * Who is let in, and how each protocol says that a caller has no keys, or the wrong ones.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html — EC2's codes of refused callers.
 * @fidelity documented https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/CommonErrors.html — Those of the query services.
 * @fidelity documented https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html — Those of JSON services.
 * @fidelity observed — EC2 answers `AuthFailure` with HTTP 401 to an unknown key as to a wrong signature; clocks may differ by 5 minutes, for STS by 15.
 * @fidelity assumed — Statuses where AWS publishes none; headers `x-amz-…` have to be signed.
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
import { Refusal } from "../Refusal.ts"
import type { Keyring } from "./Keyring.ts"
import { expectedSignature, millisOf, sameSignature, type Signed, type Unsigned } from "./SignatureV4.ts"
import type { WireRequest } from "./WireMessage.ts"
import type { Protocol, WireService } from "./WireService.ts"

/**
 * Throws the `Refusal` with which the service turns the request away, if it does. `nowMillis` is the time by the clock that
 * callers sign with.
 */
export const admit = (
  request: WireRequest,
  signed: Signed,
  service: WireService,
  keyring: Keyring,
  nowMillis: number
): void => {
  const say = refusals[service.protocol]
  const credentials = keyring.credentials(signed.accessKeyId)
  if (credentials === undefined || signed.sessionToken !== credentials.session?.token) throw say.unknownKey()
  const unsigned = missingFrom(request, signed)
  if (unsigned !== undefined) throw say.wrongSignature(`'${unsigned}' must be a signed header.`)
  if (!service.anyRegion && signed.region !== keyring.region) {
    throw say.wrongSignature(`Credential should be scoped to a valid region: this account is in ${keyring.region}.`)
  }
  const late = outOfTime(signed, service, nowMillis)
  if (late !== undefined) throw say.outOfTime(late)
  if (!sameSignature(expectedSignature(request, signed, credentials.secretAccessKey), signed.signature)) {
    throw say.wrongSignature(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."
    )
  }
  if (credentials.session !== undefined && credentials.session.expiresMillis <= nowMillis) throw say.expiredToken()
}

/** The refusal of a request without a signature that could be looked at. */
export const refuseUnsigned = (protocol: Protocol, unsigned: Unsigned): Refusal =>
  unsigned === "absent" ? refusals[protocol].absent() : refusals[protocol].incomplete(unsigned.incomplete)

/** A header that has to be signed and is not. */
const missingFrom = (request: WireRequest, signed: Signed): string | undefined => {
  const names = new Set(signed.signedHeaders)
  return ["host", ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"))].find(
    (name) => !names.has(name)
  )
}

const outOfTime = (signed: Signed, service: WireService, nowMillis: number): string | undefined => {
  const at = millisOf(signed.time) ?? 0
  const skew = service.skewMinutes * 60_000
  const end = at + (signed.holdsSeconds === undefined ? skew : signed.holdsSeconds * 1000)
  const now = `${new Date(nowMillis).toISOString().replaceAll(/[-:]|\.\d+/g, "")}`
  if (nowMillis > end) return `Signature expired: ${signed.time} is too old; it is ${now} here.`
  if (at > nowMillis + skew) return `Signature not yet current: ${signed.time} is still to come; it is ${now} here.`
  return undefined
}

interface Refusals {
  readonly absent: () => Refusal
  readonly incomplete: (why: string) => Refusal
  readonly unknownKey: () => Refusal
  readonly wrongSignature: (why: string) => Refusal
  readonly outOfTime: (why: string) => Refusal
  readonly expiredToken: () => Refusal
}

const invalidToken = "The security token included in the request is invalid."
const expiredToken = "The security token included in the request is expired"
const noValidation = "AWS was not able to validate the provided access credentials"

const refusals: { readonly [P in Protocol]: Refusals } = {
  ec2: {
    absent: () => new Refusal("MissingAuthenticationToken", "The request must contain a valid AWS access key ID.", 403),
    incomplete: (why) => new Refusal("IncompleteSignature", why, 400),
    unknownKey: () => new Refusal("AuthFailure", noValidation, 401),
    wrongSignature: (why) => new Refusal("AuthFailure", `${noValidation}. ${why}`, 401),
    outOfTime: (why) => new Refusal("RequestExpired", `Request has expired. ${why}`, 400),
    expiredToken: () => new Refusal("RequestExpired", "Request has expired.", 400)
  },
  query: {
    absent: () => new Refusal("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
    incomplete: (why) => new Refusal("IncompleteSignature", why, 400),
    unknownKey: () => new Refusal("InvalidClientTokenId", invalidToken, 403),
    wrongSignature: (why) => new Refusal("SignatureDoesNotMatch", why, 403),
    outOfTime: (why) => new Refusal("SignatureDoesNotMatch", why, 403),
    expiredToken: () => new Refusal("ExpiredToken", expiredToken, 403)
  },
  json: {
    absent: () => new Refusal("MissingAuthenticationTokenException", "Missing Authentication Token", 400),
    incomplete: (why) => new Refusal("IncompleteSignatureException", why, 400),
    unknownKey: () => new Refusal("UnrecognizedClientException", invalidToken, 400),
    wrongSignature: (why) => new Refusal("InvalidSignatureException", why, 400),
    outOfTime: (why) => new Refusal("InvalidSignatureException", why, 400),
    expiredToken: () => new Refusal("ExpiredTokenException", expiredToken, 400)
  }
}
