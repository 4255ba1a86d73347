import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { answerRequest, Keyring, readCall, type WireRequest } from "../../src/wire/index.ts"
import { keys, region } from "./Sdk.ts"
import { errorIn, moment, now, signedRequest, stamp, type Wanted } from "./SignedRequest.ts"

const keyring = () => new Keyring({ region, ...keys })

const minutes = 60_000

/** One good request a protocol. */
const good: { readonly [protocol: string]: Wanted } = {
  ec2: { service: "ec2", body: "Action=DescribeVpcs&Version=2016-11-15" },
  query: { service: "elasticloadbalancing", body: "Action=DescribeLoadBalancers&Version=2012-06-01" },
  json: {
    service: "secretsmanager",
    body: `{"SecretId":"x"}`,
    headers: { "x-amz-target": "secretsmanager.GetSecretValue", "content-type": "application/x-amz-json-1.1" }
  }
}

type Spoil = (wanted: Wanted) => WireRequest
const without = (request: WireRequest, name: string): WireRequest => ({
  ...request,
  headers: { ...request.headers, [name]: undefined }
})

/** What is wrong with the caller, and how each protocol says it: code and status. */
const rows: ReadonlyArray<readonly [what: string, spoil: Spoil, ec2: string, query: string, json: string]> = [
  [
    "no signature",
    (wanted) => without(signedRequest(wanted), "authorization"),
    "MissingAuthenticationToken 403",
    "MissingAuthenticationToken 403",
    "MissingAuthenticationTokenException 400"
  ],
  [
    "half a signature",
    (wanted) => {
      const request = signedRequest(wanted)
      const authorization = request.headers["authorization"]?.replace(/, Signature.*/, "")
      return { ...request, headers: { ...request.headers, authorization } }
    },
    "IncompleteSignature 400",
    "IncompleteSignature 400",
    "IncompleteSignatureException 400"
  ],
  [
    "an unknown key",
    (wanted) => signedRequest({ ...wanted, accessKeyId: "AKIDNOBODY" }),
    "AuthFailure 401",
    "InvalidClientTokenId 403",
    "UnrecognizedClientException 400"
  ],
  [
    "a wrong secret",
    (wanted) => signedRequest({ ...wanted, secretAccessKey: "wrong" }),
    "AuthFailure 401",
    "SignatureDoesNotMatch 403",
    "InvalidSignatureException 400"
  ],
  [
    "another body than was signed",
    (wanted) => ({ ...signedRequest(wanted), body: new TextEncoder().encode(`${String(wanted.body)} `) }),
    "AuthFailure 401",
    "SignatureDoesNotMatch 403",
    "InvalidSignatureException 400"
  ],
  [
    "another query than was signed",
    (wanted) => ({ ...signedRequest(wanted), target: "/?DryRun=false" }),
    "AuthFailure 401",
    "SignatureDoesNotMatch 403",
    "InvalidSignatureException 400"
  ],
  [
    "a header outside of the signature",
    (wanted) =>
      signedRequest({ ...wanted, headers: { ...wanted.headers, "x-amz-extra": "1" }, unsigned: ["x-amz-extra"] }),
    "AuthFailure 401",
    "SignatureDoesNotMatch 403",
    "InvalidSignatureException 400"
  ],
  [
    "another region",
    (wanted) => signedRequest({ ...wanted, region: "eu-west-1" }),
    "AuthFailure 401",
    "SignatureDoesNotMatch 403",
    "InvalidSignatureException 400"
  ],
  [
    "a token with keys that have none",
    (wanted) => signedRequest({ ...wanted, sessionToken: "token" }),
    "AuthFailure 401",
    "InvalidClientTokenId 403",
    "UnrecognizedClientException 400"
  ],
  [
    "a clock that is six minutes slow",
    (wanted) => signedRequest({ ...wanted, atMillis: now - 6 * minutes }),
    "RequestExpired 400",
    "SignatureDoesNotMatch 403",
    "InvalidSignatureException 400"
  ],
  [
    "a clock that is six minutes fast",
    (wanted) => signedRequest({ ...wanted, atMillis: now + 6 * minutes }),
    "RequestExpired 400",
    "SignatureDoesNotMatch 403",
    "InvalidSignatureException 400"
  ]
]

const saidTo = (request: WireRequest, ring = keyring(), at = moment): string => {
  const read = readCall(request, ring, at)
  if (Result.isSuccess(read)) return "let in"
  const { body, status } = read.failure
  assert.notInclude(body, keys.secretAccessKey)
  assert.include(JSON.stringify(read.failure), at.requestId)
  return `${errorIn(body).code} ${status}`
}

describe("who is let in", () => {
  for (const [protocol, wanted] of Object.entries(good)) {
    it(`${protocol}: whoever signs with the keys, give or take four minutes`, () => {
      for (const atMillis of [now, now - 4 * minutes, now + 4 * minutes]) {
        assert.strictEqual(saidTo(signedRequest({ ...wanted, atMillis })), "let in")
      }
    })
  }

  for (const [what, spoil, ec2, query, json] of rows) {
    it(`not with ${what}`, () => {
      const said = Object.values(good).map((wanted) => saidTo(spoil(wanted)))
      assert.deepStrictEqual(said, [ec2, query, json])
    })
  }

  it("to STS, give or take fifteen minutes, and from any region", () => {
    const body = "Action=GetCallerIdentity&Version=2011-06-15"
    const at = (atMillis: number) => saidTo(signedRequest({ service: "sts", region: "us-east-1", body, atMillis }))
    assert.strictEqual(at(now - 14 * minutes), "let in")
    assert.strictEqual(at(now - 16 * minutes), "SignatureDoesNotMatch 403")
  })

  it("with a presigned query for as long as it says", () => {
    const target =
      "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
      `&X-Amz-Credential=${keys.accessKeyId}%2F20300101%2F${region}%2Fsts%2Faws4_request` +
      `&X-Amz-Date=${stamp(now)}&X-Amz-Expires=3600&X-Amz-SignedHeaders=host`
    // Signed by botocore 1.44 for `host: 127.0.0.1:5100`.
    const signature = "f5d922726d774a4868646eaf286d49e043eba777104fbbdde5283915f617f4db"
    const request: WireRequest = {
      method: "POST",
      target: `${target}&X-Amz-Signature=${signature}`,
      headers: { host: "127.0.0.1:5100" },
      body: new Uint8Array()
    }
    const later = (seconds: number) => ({ ...moment, nowMillis: now + seconds * 1000 })
    assert.strictEqual(saidTo(request, keyring(), later(3600)), "let in")
    assert.strictEqual(saidTo(request, keyring(), later(3601)), "SignatureDoesNotMatch 403")
    assert.strictEqual(saidTo({ ...request, method: "GET" }), "SignatureDoesNotMatch 403")
  })

  it("to no service that the account does not have", () => {
    const read = readCall(signedRequest({ service: "s3", target: "/bucket" }), keyring(), moment)
    assert.match(Result.isFailure(read) ? read.failure.body : "", /no service 's3'; it has ec2, /)
  })
})

describe("temporary keys", () => {
  const expires = now + 3600_000
  const issued = {
    AccessKeyId: "ASIDONE",
    SecretAccessKey: "temporary",
    SessionToken: "token-one",
    Expiration: new Date(expires)
  }
  const assumeRole = signedRequest({
    service: "sts",
    body: "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fx&RoleSessionName=me"
  })
  const answer = { Credentials: issued }
  const session: Wanted = {
    ...good["ec2"],
    accessKeyId: issued.AccessKeyId,
    secretAccessKey: issued.SecretAccessKey,
    sessionToken: issued.SessionToken
  }

  it.effect("open the account once they were handed out, with their token, until they end", () =>
    Effect.gen(function* () {
      const ring = keyring()
      assert.strictEqual(saidTo(signedRequest(session), ring), "AuthFailure 401")
      yield* answerRequest(assumeRole, ring, moment, () => Effect.succeed(answer))
      assert.strictEqual(saidTo(signedRequest(session), ring), "let in")
      assert.strictEqual(saidTo(signedRequest({ ...session, sessionToken: "token-two" }), ring), "AuthFailure 401")
      const { sessionToken: _, ...bare } = session
      assert.strictEqual(saidTo(signedRequest(bare), ring), "AuthFailure 401")
      const after = { ...moment, nowMillis: expires }
      const wanted = [session, { ...good["query"] }, { ...good["json"] }].map((one) => ({
        ...one,
        ...credentialsOf(session)
      }))
      assert.deepStrictEqual(
        wanted.map((one) => saidTo(signedRequest({ ...one, atMillis: expires }), ring, after)),
        ["RequestExpired 400", "ExpiredToken 403", "ExpiredTokenException 400"]
      )
    })
  )

  it("are forgotten, the oldest first, when there are too many", () => {
    const ring = keyring()
    for (let n = 0; n <= 10_000; n++) ring.issue({ Credentials: { ...issued, AccessKeyId: `ASID${n}` } })
    assert.isUndefined(ring.credentials("ASID0"))
    assert.isDefined(ring.credentials("ASID1"))
    assert.isDefined(ring.credentials("ASID10000"))
  })
})

const credentialsOf = ({ accessKeyId = "", secretAccessKey = "", sessionToken = "" }: Wanted) => ({
  accessKeyId,
  secretAccessKey,
  sessionToken
})
