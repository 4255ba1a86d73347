/**
 * A gzip member that stores its bytes as they are: any gunzip reads it, and it is the same on every machine.
 *
 * Compressed output depends on the zlib that made it, and would make two runs differ. Secrets are cut into chunks anyway,
 * so that size does not matter here.
 *
 * @source https://www.rfc-editor.org/rfc/rfc1952 and https://www.rfc-editor.org/rfc/rfc1951#page-11
 */
import { crc32 } from "node:zlib"

const header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]
const blockMax = 0xffff

/** @returns the bytes with 18 bytes of frame and 5 more for every 64 KiB begun. */
export const gzipStored = (input: Uint8Array): Uint8Array => {
  const blocks = Math.max(1, Math.ceil(input.length / blockMax))
  const output = new Uint8Array(header.length + blocks * 5 + input.length + 8)
  const view = new DataView(output.buffer)
  output.set(header, 0)
  let at = header.length
  for (let index = 0; index < blocks; index++) {
    const block = input.subarray(index * blockMax, (index + 1) * blockMax)
    view.setUint8(at, index === blocks - 1 ? 1 : 0)
    view.setUint16(at + 1, block.length, true)
    view.setUint16(at + 3, ~block.length & 0xffff, true)
    output.set(block, at + 5)
    at += 5 + block.length
  }
  view.setUint32(at, crc32(input), true)
  view.setUint32(at + 4, input.length % 2 ** 32, true)
  return output
}
