import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { expectedSignature, millisOf, signatureOf } from "../../src/wire/SignatureV4.ts"
import type { WireRequest } from "../../src/wire/WireMessage.ts"

/** The keys of AWS's own published examples. */
const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

/** AWS's published examples of signatures: the request, and the signature that it has to have. */
const published: ReadonlyArray<{ readonly name: string; readonly request: WireRequest; readonly signature: string }> = [
  {
    name: "a request with nothing in it",
    request: {
      method: "GET",
      target: "/",
      headers: {
        host: "example.amazonaws.com",
        "x-amz-date": "20150830T123600Z",
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=0"
      },
      body: new Uint8Array()
    },
    signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
  },
  {
    name: "a query in the target",
    request: {
      method: "GET",
      target: "/?Action=ListUsers&Version=2010-05-08",
      headers: {
        host: "iam.amazonaws.com",
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-amz-date": "20150830T123600Z",
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=0"
      },
      body: new Uint8Array()
    },
    signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
  }
]

describe("Signature Version 4", () => {
  for (const { name, request, signature } of published) {
    it(`comes out as published: ${name}`, () => {
      const signed = Result.getOrThrow(signatureOf(request))
      assert.strictEqual(expectedSignature(request, signed, secret), signature)
    })
  }

  const base = published[0]?.request
  const authorized = (authorization: string | undefined, more: Record<string, string> = {}): WireRequest => ({
    method: "POST",
    target: "/",
    body: new Uint8Array(),
    headers: { ...base?.headers, ...more, authorization }
  })
  const rows: ReadonlyArray<readonly [what: string, request: WireRequest, said: RegExp]> = [
    ["another scheme", authorized("Basic dXNlcjpwYXNz"), /algorithm.*Basic/],
    ["no credential", authorized("AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0"), /'Credential'/],
    [
      "no signature",
      authorized("AWS4-HMAC-SHA256 Credential=a/20150830/b/c/aws4_request, SignedHeaders=host"),
      /'Signature'/
    ],
    [
      "half a scope",
      authorized("AWS4-HMAC-SHA256 Credential=a/20150830/b, SignedHeaders=host, Signature=0"),
      /Credential must be/
    ],
    [
      "another day in the scope",
      authorized("AWS4-HMAC-SHA256 Credential=a/20150831/b/c/aws4_request, SignedHeaders=host, Signature=0"),
      /Date must be/
    ],
    [
      "a date that is none",
      authorized(base?.headers["authorization"], { "x-amz-date": "20151330T996199Z" }),
      /Date must be/
    ]
  ]
  for (const [what, request, said] of rows) {
    it(`is incomplete with ${what}`, () => {
      const unsigned = Result.getOrThrow(Result.flip(signatureOf(request)))
      assert.match(unsigned === "absent" ? unsigned : unsigned.incomplete, said)
    })
  }

  it("may be absent", () => {
    assert.deepStrictEqual(signatureOf(authorized(undefined)), Result.fail("absent" as const))
  })

  it("reads times to the second", () => {
    assert.strictEqual(millisOf("20300101T000001Z"), Date.UTC(2030, 0, 1, 0, 0, 1))
    assert.isUndefined(millisOf("2030-01-01T00:00:01Z"))
  })
})
