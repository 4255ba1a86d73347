/** Requests as a client of ours would sign them, to get past the door with bodies that no SDK would send. */
import { expectedSignature } from "../../src/wire/SignatureV4.ts"
import type { WireRequest } from "../../src/wire/WireMessage.ts"
import { keys, region } from "./Sdk.ts"

export const now = Date.UTC(2030, 0, 1)
export const moment = { nowMillis: now, requestId: "00000000-0000-4000-8000-000000000001" }

export interface Wanted {
  readonly service?: string
  readonly region?: string
  readonly body?: string | Uint8Array
  readonly target?: string
  readonly method?: string
  readonly headers?: { readonly [name: string]: string }
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly sessionToken?: string
  readonly atMillis?: number
  /** Names of headers to be left out of the signature. */
  readonly unsigned?: ReadonlyArray<string>
}

/** `20300101T000000Z`. */
export const stamp = (millis: number): string => new Date(millis).toISOString().replaceAll(/[-:]|\.\d+/g, "")

export const signedRequest = (wanted: Wanted): WireRequest => {
  const time = stamp(wanted.atMillis ?? now)
  const bare: WireRequest = {
    method: wanted.method ?? "POST",
    target: wanted.target ?? "/",
    headers: {
      host: "127.0.0.1:5100",
      "content-type": "application/x-www-form-urlencoded",
      "x-amz-date": time,
      ...(wanted.sessionToken === undefined ? {} : { "x-amz-security-token": wanted.sessionToken }),
      ...wanted.headers
    },
    body: typeof wanted.body === "string" ? new TextEncoder().encode(wanted.body) : (wanted.body ?? new Uint8Array())
  }
  const signedHeaders = Object.keys(bare.headers)
    .filter((name) => wanted.unsigned?.includes(name) !== true)
    .sort()
  const scope = {
    accessKeyId: wanted.accessKeyId ?? keys.accessKeyId,
    date: time.slice(0, 8),
    region: wanted.region ?? region,
    service: wanted.service ?? "ec2",
    signedHeaders,
    signature: "",
    time,
    sessionToken: wanted.sessionToken,
    holdsSeconds: undefined
  }
  const signature = expectedSignature(bare, scope, wanted.secretAccessKey ?? keys.secretAccessKey)
  const credential = `${scope.accessKeyId}/${scope.date}/${scope.region}/${scope.service}/aws4_request`
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`
  return { ...bare, headers: { ...bare.headers, authorization } }
}

/** A code and a message, whichever protocol they come in. */
export const errorIn = (body: string): { readonly code: string; readonly message: string } => {
  if (body.startsWith("{")) {
    const parsed: { readonly __type: string; readonly Message: string } = JSON.parse(body)
    return { code: parsed.__type, message: parsed.Message }
  }
  const within = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? ""
  return { code: within("Code"), message: within("Message") }
}
