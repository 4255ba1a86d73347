/**
 * A name server for a world's load balancers: IPv4 addresses over UDP.
 *
 * Left out: everything but questions for A of class IN, TCP, names of anything else in the world.
 *
 * @source https://www.rfc-editor.org/rfc/rfc1035#section-4
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createSocket } from "node:dgram"

export interface NameServerOptions {
  readonly host: string
  /** Asked within `enter`. */
  readonly addressOf: (name: string) => string | undefined
  readonly enter: (act: () => void) => void
}

export interface Question {
  readonly name: string
  readonly type: number
  /** Where the question ends, in bytes. */
  readonly end: number
}

const headerBytes = 12
const typeA = 1
const ttlSeconds = 5
const noError = 0
const formatError = 1
const noSuchName = 3

/** The question of a query; `undefined` when it is none or several. */
export const questionIn = (query: Buffer): Question | undefined => {
  if (query.length < headerBytes || query.readUInt16BE(4) !== 1 || (query[2] ?? 0) >= 0x80) return undefined
  const labels: Array<string> = []
  let at = headerBytes
  for (;;) {
    const length = query[at]
    if (length === undefined || length > 63) return undefined
    at += 1 + length
    if (length === 0) break
    labels.push(query.subarray(at - length, at).toString("latin1"))
  }
  return at + 4 > query.length
    ? undefined
    : { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at), end: at + 4 }
}

/** The answer to a query: the address, or that there is no such name. `undefined` for what cannot be answered. */
export const answerTo = (query: Buffer, addressOf: (name: string) => string | undefined): Buffer | undefined => {
  if (query.length < headerBytes) return undefined
  const question = questionIn(query)
  const address = question === undefined ? undefined : addressOf(question.name)
  const code = question === undefined ? formatError : address === undefined ? noSuchName : noError
  const answers = question?.type === typeA && address !== undefined ? 1 : 0
  const header = Buffer.alloc(headerBytes)
  query.copy(header, 0, 0, 2)
  header.writeUInt16BE(0x8580 | code, 2)
  header.writeUInt16BE(question === undefined ? 0 : 1, 4)
  header.writeUInt16BE(answers, 6)
  const record = Buffer.from([0xc0, headerBytes, 0, typeA, 0, 1, 0, 0, 0, ttlSeconds, 0, 4])
  return Buffer.concat([
    header,
    query.subarray(headerBytes, question?.end ?? headerBytes),
    ...(answers === 1 ? [record, Buffer.from((address ?? "").split(".").map(Number))] : [])
  ])
}

/** Listens until the scope closes; gives `address:port`. */
export const openNameServer = (options: NameServerOptions): Effect.Effect<string, never, Scope.Scope> =>
  Effect.gen(function* () {
    const socket = createSocket("udp4")
    socket.on("message", (query, from) =>
      options.enter(() => {
        const answer = answerTo(query, options.addressOf)
        if (answer !== undefined) socket.send(answer, from.port, from.address)
      })
    )
    socket.on("error", () => {})
    const bind = Effect.callback<string>((resume) => {
      socket.bind(0, options.host, () => resume(Effect.succeed(`${options.host}:${socket.address().port}`)))
    })
    return yield* Effect.acquireRelease(bind, () =>
      Effect.callback<void>((resume) => void socket.close(() => resume(Effect.void)))
    )
  })
