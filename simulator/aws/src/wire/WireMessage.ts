/**
 * A request and an answer of HTTP as plain values, and nothing of sockets.
 *
 * @source https://www.rfc-editor.org/rfc/rfc9110
 */

export interface WireRequest {
  readonly method: string
  /** Path and query, as they stood in the request line. */
  readonly target: string
  /** By their names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array
}

export interface WireAnswer {
  /** 0 when the answer has got lost: then nothing is to be sent. */
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}
