/**
 * AWS's Signature Version 4: what a request says about who signed it, and whether that is true.
 *
 * A signature covers the method, path, query, the headers that it names and the body, at a time, for a region and a service.
 * It is worked out again from the secret key and compared. In a header or, presigned, in the query.
 * Left out: unsigned and chunked bodies (they belong to S3), Signature Version 4A, Version 2.
 *
 * @fidelity documented https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html — Canonical request, string to sign, signing key.
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { Result } from "effect"
import type { WireRequest } from "./WireMessage.ts"

export interface Signed {
  readonly accessKeyId: string
  /** The scope of the signature. */
  readonly date: string
  readonly region: string
  readonly service: string
  /** In lower case, in the order of the signature. */
  readonly signedHeaders: ReadonlyArray<string>
  /** Hexadecimal. */
  readonly signature: string
  /** When it was signed, as `20300101T000000Z`. */
  readonly time: string
  readonly sessionToken: string | undefined
  /** How long a presigned request holds, seconds; `undefined` for a signature in a header. */
  readonly holdsSeconds: number | undefined
}

/** What is wrong with a signature before anything is compared: none at all, or a sentence about what is missing. */
export type Unsigned = "absent" | { readonly incomplete: string }

const algorithm = "AWS4-HMAC-SHA256"

/** What the request says about its signature. */
export const signatureOf = (request: WireRequest): Result.Result<Signed, Unsigned> => {
  const query = new URLSearchParams(splitTarget(request.target).query)
  const header = request.headers["authorization"]
  if (header !== undefined) return fromHeader(request, header)
  return query.has("X-Amz-Signature") || query.has("X-Amz-Credential") ? fromQuery(query) : Result.fail("absent")
}

/** The signature that the request should have, hexadecimal. */
export const expectedSignature = (request: WireRequest, signed: Signed, secretAccessKey: string): string => {
  const scope = [signed.date, signed.region, signed.service, "aws4_request"]
  const text = [algorithm, signed.time, scope.join("/"), sha256(canonicalRequest(request, signed))].join("\n")
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`)
  return hmac(key, text).toString("hex")
}

/** Whether both are the same, in a time that does not tell how far. */
export const sameSignature = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** `20300101T000000Z` as epoch milliseconds; `undefined` when it is no such time. */
export const millisOf = (time: string): number | undefined => {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? []
  const millis = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(millis) ? undefined : millis
}

/** The path and the query of a request's target. */
export const splitTarget = (target: string): { readonly path: string; readonly query: string } => {
  const mark = target.indexOf("?")
  return mark === -1 ? { path: target, query: "" } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

const fromHeader = (request: WireRequest, header: string): Result.Result<Signed, Unsigned> => {
  const [scheme = "", ...rest] = header.trim().split(/\s+/)
  if (scheme !== algorithm) return Result.fail({ incomplete: `Unsupported AWS 'algorithm': '${shown(scheme)}'.` })
  const fields = new Map(rest.join("").split(",").map(nameAndValue))
  const time = request.headers["x-amz-date"]
  if (time === undefined) return Result.fail({ incomplete: "The request has no 'X-Amz-Date' header." })
  return assemble({
    credential: fields.get("Credential"),
    signedHeaders: fields.get("SignedHeaders"),
    signature: fields.get("Signature"),
    time,
    sessionToken: request.headers["x-amz-security-token"],
    holdsSeconds: undefined
  })
}

const fromQuery = (query: URLSearchParams): Result.Result<Signed, Unsigned> => {
  const scheme = query.get("X-Amz-Algorithm") ?? ""
  if (scheme !== algorithm) return Result.fail({ incomplete: `Unsupported AWS 'algorithm': '${shown(scheme)}'.` })
  const expires = query.get("X-Amz-Expires") ?? "900"
  if (!/^[0-9]{1,6}$/.test(expires)) return Result.fail({ incomplete: "X-Amz-Expires has to be a number of seconds." })
  return assemble({
    credential: query.get("X-Amz-Credential") ?? undefined,
    signedHeaders: query.get("X-Amz-SignedHeaders") ?? undefined,
    signature: query.get("X-Amz-Signature") ?? undefined,
    time: query.get("X-Amz-Date") ?? "",
    sessionToken: query.get("X-Amz-Security-Token") ?? undefined,
    holdsSeconds: Number(expires)
  })
}

const assemble = (given: {
  readonly credential: string | undefined
  readonly signedHeaders: string | undefined
  readonly signature: string | undefined
  readonly time: string
  readonly sessionToken: string | undefined
  readonly holdsSeconds: number | undefined
}): Result.Result<Signed, Unsigned> => {
  const { credential, holdsSeconds, sessionToken, signature, signedHeaders, time } = given
  for (const [name, value] of Object.entries({
    Credential: credential,
    SignedHeaders: signedHeaders,
    Signature: signature
  })) {
    if (value === undefined || value === "") {
      return Result.fail({ incomplete: `Authorization requires '${name}' parameter.` })
    }
  }
  const [accessKeyId = "", date = "", region = "", service = "", end = "", ...more] = (credential ?? "").split("/")
  if (accessKeyId === "" || end !== "aws4_request" || more.length > 0) {
    return Result.fail({ incomplete: "Credential must be <access key id>/<date>/<region>/<service>/aws4_request." })
  }
  if (millisOf(time) === undefined || !time.startsWith(`${date}T`)) {
    return Result.fail({ incomplete: "Date must be in ISO-8601 'basic format', and the same in Credential's scope." })
  }
  return Result.succeed({
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: (signedHeaders ?? "").split(";"),
    signature: signature ?? "",
    time,
    sessionToken,
    holdsSeconds
  })
}

/** The request as it was signed: without what lies outside the signature, in one order and spelling. */
const canonicalRequest = (request: WireRequest, signed: Signed): string => {
  const { path, query } = splitTarget(request.target)
  const headers = signed.signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? "").trim().replaceAll(/ +/g, " ")}`
  )
  return [
    request.method,
    // The path is encoded once more for every service but S3.
    path.split("/").map(encode).join("/"),
    canonicalQuery(query),
    ...headers,
    "",
    signed.signedHeaders.join(";"),
    sha256(request.body)
  ].join("\n")
}

const canonicalQuery = (query: string): string =>
  [...new URLSearchParams(query)]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : x > y ? 1 : 0) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

/** Percent-encoding of RFC 3986: everything but letters, digits and `-._~`. */
const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )

const nameAndValue = (field: string): readonly [string, string] => {
  const equals = field.indexOf("=")
  return [field.slice(0, Math.max(equals, 0)), field.slice(equals + 1)]
}

const shown = (text: string): string => text.slice(0, 40)

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex")

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()
