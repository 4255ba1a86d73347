/**
 * A watch's body as events: one JSON document a line, cut into chunks anywhere.
 *
 * An ERROR frame is how a server refuses in the middle of a stream that began with 200; what came before it in the same chunk is
 * still handed on. A body that ends within a line was cut off.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import type { ObjectOf } from "@capstan/api"
import { ApiError, apiError, type WatchEvent } from "@capstan/kubernetes"
import { Channel, Effect, Result, Stream } from "effect"
import { isJsonObject, parseFrozen } from "./FrozenJson.ts"
import { errorOfStatus } from "./StatusAnswer.ts"

export interface WatchFrameOptions<Body> {
  /** Who sends, for messages. */
  readonly origin: string
  /** Makes an object of the kind of what the server sent. */
  readonly complete: (object: unknown) => ObjectOf<Body>
}

type Frame<Body> = WatchEvent<Body> | ApiError
type Frames<Body> = readonly [Frame<Body>, ...Array<Frame<Body>>]

/** Events out of bytes, handed on chunk by chunk as they come. */
export const watchEvents = <Body, R>(
  bytes: Stream.Stream<Uint8Array, ApiError, R>,
  options: WatchFrameOptions<Body>
): Stream.Stream<WatchEvent<Body>, ApiError, R> =>
  Stream.suspend(() => {
    const decoder = new TextDecoder()
    const frames = Channel.mapAccum(
      Stream.toChannel(bytes),
      (): string => "",
      (rest, chunks) => {
        const lines = (rest + chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("")).split("\n")
        const next = lines.pop() ?? ""
        return [next, framesIn(lines, options)] as const
      },
      { onHalt: (rest) => (rest.trim() === "" ? [] : [[cutOff(options.origin)] as const]) }
    )
    return Stream.mapArrayEffect(Stream.fromChannel(frames), handOn)
  })

/** Groups of frames to hand on one after the other: a refusal stands alone, behind what came before it. */
const framesIn = <Body>(
  lines: ReadonlyArray<string>,
  options: WatchFrameOptions<Body>
): ReadonlyArray<Frames<Body>> => {
  const events: Array<Frame<Body>> = []
  for (const line of lines) {
    if (line.trim() === "") continue
    const frame = frameIn(line, options)
    if (frame instanceof ApiError) return [...groupOf(events), [frame]]
    events.push(frame)
  }
  return groupOf(events)
}

const groupOf = <Body>([first, ...others]: ReadonlyArray<Frame<Body>>): ReadonlyArray<Frames<Body>> =>
  first === undefined ? [] : [[first, ...others]]

const handOn = <Body>(
  frames: Frames<Body>
): Effect.Effect<readonly [WatchEvent<Body>, ...Array<WatchEvent<Body>>], ApiError> => {
  const [first] = frames
  // `framesIn` lets refusals stand alone: all of a group are events, or its only one is not.
  return first instanceof ApiError
    ? Effect.fail(first)
    : Effect.succeed(frames as readonly [WatchEvent<Body>, ...Array<WatchEvent<Body>>])
}

const frameIn = <Body>(line: string, { complete, origin }: WatchFrameOptions<Body>): Frame<Body> => {
  const frame = Result.getOrUndefined(Result.try(() => parseFrozen(line)))
  if (!isJsonObject(frame)) return apiError("Unreachable", `the watch at ${origin} sent something that is no event`)
  const { object, type } = frame
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type, object: complete(object) }
    case "BOOKMARK":
      return { type, resourceVersion: versionOf(object) }
    case "ERROR":
      return (
        errorOfStatus(object, 500) ??
        apiError("InternalError", `the watch at ${origin} ended with an error without a Status`)
      )
    default:
      return apiError("Unreachable", `the watch at ${origin} sent an event of an unknown type`)
  }
}

const versionOf = (object: unknown): string => {
  const metadata = isJsonObject(object) ? object["metadata"] : undefined
  return isJsonObject(metadata) && typeof metadata["resourceVersion"] === "string" ? metadata["resourceVersion"] : ""
}

const cutOff = (origin: string): ApiError =>
  apiError("Unreachable", `the watch at ${origin} was cut off in the middle of an event`)
