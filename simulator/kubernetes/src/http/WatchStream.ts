/**
 * A watch as a stream of lines: what is there now where it is asked for, then every change, until somebody ends it.
 *
 * What is there now is read and sent in one piece when the stream begins; changes come from the server's watches, a little
 * later, in order. A frame's text is made once for all watches that send it.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 * @fidelity observed kube-apiserver-1.36 — Frames, bookmarks, the end of the initial events, `Expired` as a frame, clean ends.
 * @fidelity assumed — Without `timeoutSeconds` a watch ends after 45 minutes, where a real server picks 30 to 60.
 */
import type { KubernetesObject } from "@capstan/api"
import { type ApiError, apiError, type WatchEvent } from "@capstan/kubernetes"
import { Result } from "effect"
import type { ApiServer } from "../ApiServer.ts"
import type { Selection } from "../Selection.ts"
import type { WatchReader } from "../Watches.ts"
import type { Representation } from "./Accepting.ts"
import { type HttpAnswer, jsonType, type StreamSink } from "./HttpExchange.ts"
import { metadataTextOf, textOf } from "./ObjectText.ts"
import { type ServedKind, groupVersion } from "./ServedKinds.ts"
import { statusOf } from "./StatusAnswer.ts"
import { type IncludeObject, tableText } from "./Table.ts"

/** Does something after real milliseconds, unless it is called off. */
export type After = (millis: number, act: () => void) => () => void

export interface WatchRequest {
  readonly server: ApiServer
  readonly served: ServedKind
  readonly namespace: string
  readonly matching: Selection | undefined
  readonly resourceVersion: string | undefined
  readonly bookmarks: boolean
  /** Whether a bookmark tells where what was there ends. */
  readonly marksInitialEnd: boolean
  readonly timeoutSeconds: number | undefined
  readonly representation: Representation
  readonly include: IncludeObject
  readonly after: After
  /** See `Watching`. */
  readonly onlooker: boolean
}

const bookmarkMillis = 60_000
const timeoutMillisUsual = 45 * 60_000

export const watchAnswer = (request: WatchRequest): HttpAnswer => ({
  _tag: "Stream",
  status: 200,
  headers: { "content-type": jsonType, "cache-control": "no-cache, private" },
  start: (sink) => new WatchStream(request, sink).begin()
})

class WatchStream {
  private readonly request: WatchRequest
  private readonly sink: StreamSink
  private readonly cancels: Array<() => void> = []
  private watch: number | undefined
  private open = true
  private columnsGiven = false

  constructor(request: WatchRequest, sink: StreamSink) {
    this.request = request
    this.sink = sink
  }

  begin(): () => void {
    const { after, bookmarks, timeoutSeconds } = this.request
    const start = this.sendWhatIsThere()
    if (start === undefined) return () => {}
    const reader: WatchReader = {
      offer: (events) => this.offer(events),
      fail: (error) => this.fail(error)
    }
    const { matching, namespace, onlooker, served, server } = this.request
    const opened = server.openWatch(
      served.kind,
      { namespace, onlooker, ...(matching === undefined ? {} : { matching }), resourceVersion: start },
      reader,
      undefined
    )
    if (Result.isFailure(opened)) {
      this.fail(opened.failure)
      return () => {}
    }
    this.watch = opened.success
    const timeout = timeoutSeconds === undefined || timeoutSeconds <= 0 ? timeoutMillisUsual : timeoutSeconds * 1000
    this.cancels.push(after(timeout, () => this.timeOut()))
    if (bookmarks) this.bookmarkLater()
    return () => this.close()
  }

  /** Sends the present objects where the caller wants them; gives the version after which changes follow. */
  private sendWhatIsThere(): string | undefined {
    const { marksInitialEnd, matching, namespace, resourceVersion, served, server } = this.request
    const from = resourceVersion ?? "0"
    if (from !== "0" && from !== "" && !marksInitialEnd) return from
    const listed = server.list(served.kind, { namespace, ...(matching === undefined ? {} : { matching }) })
    if (Result.isFailure(listed)) {
      this.fail(listed.failure)
      return undefined
    }
    const items: ReadonlyArray<KubernetesObject> = listed.success.items
    for (const object of items) this.sink.write(this.frame("ADDED", object))
    const version = listed.success.resourceVersion
    if (marksInitialEnd && this.request.bookmarks) {
      this.sink.write(this.bookmark(version, { annotations: { "k8s.io/initial-events-end": "true" } }))
    }
    return version
  }

  private offer(events: ReadonlyArray<WatchEvent<unknown>>): void {
    if (!this.open) return
    try {
      for (const event of events) {
        if (event.type !== "BOOKMARK") this.sink.write(this.frame(event.type, event.object))
        else if (this.request.bookmarks) this.sink.write(this.bookmark(event.resourceVersion))
      }
    } catch {
      // The world that tells of a write must not die of an object that cannot be shown.
      this.fail(apiError("InternalError", "Internal error occurred: an object cannot be shown in this version"))
    }
  }

  /** What broke is told in a frame, unless the connection itself broke. */
  private fail(error: ApiError): void {
    if (!this.open) return
    const { sink } = this
    if (error.reason !== "Unreachable") sink.write(`{"type":"ERROR","object":${JSON.stringify(statusOf(error))}}\n`)
    this.close()
    if (error.reason === "Unreachable") sink.cut()
    else sink.end()
  }

  private timeOut(): void {
    if (!this.open) return
    this.sendBookmark()
    this.close()
    this.sink.end()
  }

  private bookmarkLater(): void {
    const cancel = this.request.after(bookmarkMillis, () => {
      this.cancels.splice(this.cancels.indexOf(cancel), 1)
      if (!this.open) return
      this.sendBookmark()
      this.bookmarkLater()
    })
    this.cancels.push(cancel)
  }

  /** Only when nothing is on its way: a bookmark promises that everything before it has been sent. */
  private sendBookmark(): void {
    const { bookmarks, server } = this.request
    if (!bookmarks || this.watch === undefined || !server.watches.isCaughtUp(this.watch)) return
    this.sink.write(this.bookmark(String(server.store.version)))
  }

  private close(): void {
    this.open = false
    for (const cancel of this.cancels) cancel()
    this.cancels.length = 0
    if (this.watch !== undefined) this.request.server.watches.close(this.watch)
  }

  private frame(type: string, object: KubernetesObject): string {
    return `{"type":"${type}","object":${this.shown(object)}}\n`
  }

  private shown(object: KubernetesObject): string {
    const { include, representation, served, server } = this.request
    if (representation === "Object") return textOf(served, object)
    if (representation === "PartialObjectMetadata") return metadataTextOf(object)
    return this.table([object], { resourceVersion: object.metadata.resourceVersion }, include, server.kernel.now())
  }

  private bookmark(resourceVersion: string, more: object = {}): string {
    const { include, representation, served, server } = this.request
    const metadata = { resourceVersion, creationTimestamp: null, ...more }
    const { group, kind } = served.kind
    const object =
      representation === "Table"
        ? this.table([], metadata, include, server.kernel.now())
        : JSON.stringify(
            representation === "Object"
              ? { kind, apiVersion: groupVersion(group, served.version), metadata }
              : { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata }
          )
    return `{"type":"BOOKMARK","object":${object}}\n`
  }

  private table(
    objects: ReadonlyArray<KubernetesObject>,
    metadata: object,
    include: IncludeObject,
    nowMillis: number
  ): string {
    const withColumns = !this.columnsGiven
    this.columnsGiven = true
    return tableText(this.request.served, objects, { metadata, include, nowMillis, withColumns })
  }
}

/** Whether a start is no version at all. */
export const unreadableVersion = (version: string | undefined): boolean =>
  version !== undefined && version !== "" && !/^\d+$/.test(version)

export const futureVersion = (asked: number, current: number): ApiError =>
  apiError("Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1
  })
