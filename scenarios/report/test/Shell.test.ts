import { assert, describe, it } from "@effect/vitest"
import { dataMark, readShell } from "../src/index.ts"

describe("readShell", () => {
  const shell = readShell()

  it("is at most 150 kB before there are data in it", () => {
    assert.isAtMost(Buffer.byteLength(shell), 150_000)
  })

  it("has one place for the data, and its script only ends where it ends", () => {
    assert.strictEqual(shell.split(dataMark).length, 2)
    assert.strictEqual(shell.split("</script>").length, 2)
  })

  it("fetches nothing", () => {
    assert.include(shell, "default-src 'none'")
    assert.notMatch(shell, /<(?:link|img|script)[^>]+(?:src|href)=/)
    assert.notMatch(shell, /\bimport\(|@import|url\((?!data:)/)
  })
})
