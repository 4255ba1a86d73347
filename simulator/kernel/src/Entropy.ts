/**
 * Effect's sources of chance over named streams: what a controller draws repeats with the seed.
 *
 * `crypto.subtle` is left out: it answers with promises, which no simulation can wait for. The values are not for secrets.
 *
 * @source https://developer.mozilla.org/en-US/docs/Web/API/Crypto
 */
import type { Context, Random } from "effect"
import type { WebCrypto } from "effect/crypto"
import type { RandomStream } from "./RandomStream.ts"

type PlatformCrypto = Context.Service.Shape<typeof WebCrypto.WebCrypto>

/** Effect's `Random` over a stream. */
export const makeRandom = (stream: RandomStream): Random.Random => ({
  nextDoubleUnsafe: () => stream.unit(),
  nextIntUnsafe: () => (stream.u32() - 0x80000000) * 0x200000 + (stream.u32() >>> 11)
})

/** The part of WebCrypto that needs no promise, over a stream. */
export const makeWebCrypto = (stream: RandomStream): PlatformCrypto => {
  const crypto = {
    getRandomValues: <T extends ArrayBufferView>(view: T): T => {
      fill(stream, new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
      return view
    },
    randomUUID: (): string => {
      const bytes = new Uint8Array(16)
      fill(stream, bytes)
      return uuidOf(bytes)
    },
    get subtle(): never {
      throw new Error("crypto.subtle answers with promises, which cannot be awaited in virtual time")
    }
  }
  // The platform's interface has more members and overloads than a simulation can offer.
  return crypto as unknown as PlatformCrypto
}

const fill = (stream: RandomStream, bytes: Uint8Array): void => {
  for (let i = 0; i < bytes.length; i++) bytes[i] = stream.u32() & 0xff
}

/** RFC 9562, version 4. */
const uuidOf = (bytes: Uint8Array): string => {
  const hex = Array.from(bytes, (byte, i) => {
    const marked = i === 6 ? (byte & 0x0f) | 0x40 : i === 8 ? (byte & 0x3f) | 0x80 : byte
    return marked.toString(16).padStart(2, "0")
  }).join("")
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
}
