import { gunzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { gzipStored } from "../../src/aws-machine/Gzip.ts"
import { chunksOf, secureUserData } from "../../src/aws-machine/UserData.ts"

describe("secureUserData", () => {
  const text = secureUserData({ prefix: "aws.cluster.x-k8s.io/1f0e", count: 3, region: "eu-west-1" })

  it("is one MIME archive of a boothook and an include", () => {
    assert.match(text, /^Content-Type: multipart\/mixed; boundary="MIMEBOUNDARY"\n/)
    assert.deepStrictEqual(
      text
        .split("--MIMEBOUNDARY")
        .slice(1)
        .map((part) => /Content-Type: ([\w/-]+)/.exec(part)?.[1]),
      ["text/cloud-boothook", "text/x-include-url", undefined]
    )
    assert.include(text, "\nfile:///etc/secret-userdata.txt\n")
    assert.isTrue(text.endsWith("--MIMEBOUNDARY--\n"))
  })

  it("says where the data lies", () => {
    assert.include(text, '\nSECRET_PREFIX="aws.cluster.x-k8s.io/1f0e"\n')
    assert.include(text, '\nCHUNKS="3"\n')
    assert.include(text, '\nREGION="eu-west-1"\n')
  })

  it("stays far below EC2's limit of 16 KiB", () => assert.isBelow(text.length, 4096))
})

describe("gzipStored", () => {
  it.each([0, 1, 7000, 65_535, 65_536, 200_000])("is read back by any gunzip: %d bytes", (length) => {
    const data = Uint8Array.from({ length }, (_, index) => (index * 7) % 256)
    assert.deepStrictEqual(new Uint8Array(gunzipSync(gzipStored(data))), data)
  })
})

describe("chunksOf", () => {
  it.prop(
    "cuts into pieces of the right size that make the whole again",
    {
      length: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
      size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))
    },
    ({ length, size }) => {
      const data = Uint8Array.from({ length }, (_, index) => index)
      const chunks = chunksOf(data, size)
      assert.isAtLeast(chunks.length, 1)
      assert.isTrue(chunks.every((chunk) => chunk.length <= size))
      assert.deepStrictEqual(
        chunks.flatMap((chunk) => [...chunk]),
        [...data]
      )
    }
  )
})
