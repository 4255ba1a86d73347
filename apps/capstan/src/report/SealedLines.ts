/**
 * Files of JSON lines that tell whether they are whole: the last line counts those between the first and itself, and has the SHA-256
 * of all before it. Pure.
 */
import * as Result from "effect/Result"
import { createHash } from "node:crypto"

type Fields = { readonly [name: string]: unknown }

/** Rises whenever a file of an older version could be misread. */
export const blobFormat = 1

/** The last line, for what stands before it, line ends included. */
export const sealOf = (before: string, end: object): string => {
  const runs = before.split("\n").length - 2
  const sha256 = createHash("sha256").update(before).digest("hex")
  return `${JSON.stringify({ end: true, runs, ...end, sha256 })}\n`
}

/** What is between the seals, as it was written; a sentence when the file is none of ours, was cut or changed. */
export const readSealed = (
  file: string,
  text: string
): Result.Result<
  { readonly opening: Fields; readonly lines: ReadonlyArray<unknown>; readonly end: Fields },
  string
> => {
  const refuse = (why: string) => Result.fail(`'${file}' ${why}`)
  const opening = valueOf(text.slice(0, text.indexOf("\n") + 1))
  if (!isRecord(opening) || typeof opening["blob"] !== "number") {
    return refuse("is no blob: it was not written by --reporter blob or explore --blob.")
  }
  if (opening["blob"] !== blobFormat) {
    return refuse(`is a blob of Capstan ${String(opening["capstan"])}, in another format: merge it with that version.`)
  }
  const lastBegin = text.lastIndexOf("\n", text.length - 2) + 1
  const end = text.endsWith("\n") ? valueOf(text.slice(lastBegin)) : undefined
  if (!isRecord(end) || end["end"] !== true) {
    return refuse("was cut: its end is missing. Was its run ended from outside, or its upload broken off?")
  }
  const before = text.slice(0, lastBegin)
  const lines = before.split("\n").slice(1, -1)
  const hash = createHash("sha256").update(before).digest("hex")
  if (end["sha256"] !== hash || end["runs"] !== lines.length) {
    return refuse("is damaged: its content is not what its last line says.")
  }
  return Result.succeed({ opening, lines: lines.map((line): unknown => JSON.parse(line)), end })
}

const isRecord = (value: unknown): value is Fields => typeof value === "object" && value !== null

const valueOf = (line: string): unknown =>
  Result.getOrUndefined(Result.try({ try: (): unknown => JSON.parse(line), catch: () => undefined }))
