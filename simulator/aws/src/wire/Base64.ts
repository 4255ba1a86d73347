/**
 * Bytes as base64 and back, strictly: what is no base64 is not read as something else.
 *
 * @source https://www.rfc-editor.org/rfc/rfc4648
 */

/** The bytes that the text stands for; `undefined` when it is no base64. */
export const base64Bytes = (text: string): Uint8Array | undefined =>
  text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : undefined

export const base64Text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
