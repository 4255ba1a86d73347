/**
 * Requests and answers of the API's HTTP door as plain values: what a socket brings, and what is to be sent back.
 *
 * The door itself knows no sockets, no clock and no chance; whoever owns the socket sends what stands here.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 */

export interface HttpRequest {
  /** In capitals. */
  readonly method: string
  /** Path and query as they came: `/api/v1/pods?limit=500`. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined }
  /** Empty when there is none. */
  readonly body: Uint8Array
}

/** Where the text of a stream goes. */
export interface StreamSink {
  readonly write: (text: string) => void
  /** Ends the answer as a whole one. */
  readonly end: () => void
  /** Ends it as a broken connection would. */
  readonly cut: () => void
}

export type HttpAnswer =
  | {
      readonly _tag: "Whole"
      readonly status: number
      readonly headers: { readonly [name: string]: string }
      readonly body: string
    }
  | {
      /** Status and headers go out at once, whether or not there is anything to stream yet. */
      readonly _tag: "Stream"
      readonly status: number
      readonly headers: { readonly [name: string]: string }
      /** Begins; gives what stops it when the reader goes away. */
      readonly start: (sink: StreamSink) => () => void
    }
  /** No answer at all: the connection breaks. */
  | { readonly _tag: "Cut" }

export const jsonType = "application/json"

export const whole = (status: number, body: string, headers: { readonly [name: string]: string } = {}): HttpAnswer => ({
  _tag: "Whole",
  status,
  headers: { "content-type": jsonType, "cache-control": "no-cache, private", ...headers },
  body
})

/** A plain sentence, as a real server answers to paths that it does not serve. */
export const plain = (status: number, text: string): HttpAnswer =>
  whole(status, text, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" })

/** A value as an answer; compact, with a newline behind it. */
export const json = (status: number, value: unknown, headers: { readonly [name: string]: string } = {}): HttpAnswer =>
  whole(status, `${JSON.stringify(value)}\n`, headers)
