/**
 * Everything that happened in a run, in order: the spine of replay, time travel, reports and comparison.
 *
 * An event is `{t, seq, cause, kind, ...data}`: virtual milliseconds since the start, its number from 1, the number of the
 * event that caused it (0 for none), what it is, and what belongs to it. The canonical form is newline-delimited JSON: a
 * header line, then one line an event, keys in the order of emission. `hash()` is the SHA-256 of exactly these bytes, so
 * `sha256sum` of a written trace gives the same digits. Lines are built and hashed in batches; so what is emitted belongs to
 * the trace from then on and must not be changed. Data are JSON values, free of anything that differs between two runs
 * (fiber ids, stack traces, paths).
 *
 * @source https://github.com/ndjson/ndjson-spec
 */
import { createHash, type Hash } from "node:crypto"

/** One thing that happened. */
export interface TraceEvent {
  /** Virtual milliseconds since the run's start. */
  readonly t: number
  /** Number of the event, from 1. */
  readonly seq: number
  /** `seq` of the event that caused this one; 0 for none. */
  readonly cause: number
  readonly kind: string
  readonly [field: string]: unknown
}

export type TraceListener = (event: TraceEvent) => void

export interface TraceOptions {
  /** Start of virtual time, epoch milliseconds. */
  readonly epochMillis: number
  /** `all` (the default) keeps every event; `hash` keeps none, for runs of millions of events. */
  readonly keep?: "all" | "hash"
  readonly now: () => number
  readonly cause: () => number
}

/** A trace's past, to be restored. Holds no file and no text: a value within this process. */
export interface TraceSnapshot {
  readonly seq: number
  readonly events: ReadonlyArray<TraceEvent>
  readonly digest: Hash
}

const batchSize = 256

export class Trace {
  readonly epochMillis: number
  readonly keep: "all" | "hash"
  private readonly options: TraceOptions
  private kept: Array<TraceEvent> = []
  private pending: Array<TraceEvent> = []
  private listeners: ReadonlyArray<TraceListener> = []
  private undelivered: Array<TraceEvent> = []
  private delivering = false
  private digest: Hash
  private last = 0

  constructor(options: TraceOptions) {
    this.options = options
    this.epochMillis = options.epochMillis
    this.keep = options.keep ?? "all"
    this.digest = createHash("sha256").update(`${this.header()}\n`)
  }

  /** Sequence of the newest event; 0 when there is none. */
  get seq(): number {
    return this.last
  }

  /** All events so far; empty when the trace keeps only its hash. */
  get events(): ReadonlyArray<TraceEvent> {
    return this.kept
  }

  /**
   * Adds an event and tells the listeners. Answers with its sequence.
   *
   * `cause` is `kernel.cause` unless given. `data` must not use the names `t`, `seq`, `cause` and `kind`.
   */
  emit(kind: string, data: object, cause?: number): number {
    const seq = this.last + 1
    const t = this.options.now() - this.epochMillis
    const causedBy = cause ?? this.options.cause()
    const event: TraceEvent = { t, seq, cause: causedBy, kind, ...data }
    if (event.t !== t || event.seq !== seq || event.cause !== causedBy || event.kind !== kind) {
      throw new Error(`trace event ${kind} uses a reserved name (t, seq, cause or kind) in its data`)
    }
    this.last = seq
    if (this.keep === "all") this.kept.push(event)
    this.pending.push(event)
    if (this.pending.length >= batchSize) this.absorb()
    if (this.listeners.length > 0) this.deliver(event)
    return seq
  }

  /**
   * Calls the listener for every later event, before `emit` returns, in order of subscription. What a listener emits is
   * delivered after the event it is looking at has reached every listener. Answers with the way to unsubscribe.
   */
  subscribe(listener: TraceListener): () => void {
    const entry: TraceListener = (event) => listener(event)
    this.listeners = [...this.listeners, entry]
    return () => {
      this.listeners = this.listeners.filter((other) => other !== entry)
    }
  }

  /** SHA-256 of the canonical lines so far, 64 hexadecimal digits. Asking changes nothing. */
  hash(): string {
    this.absorb()
    return this.digest.copy().digest("hex")
  }

  /** The canonical lines without line ends: the header, then the events that were kept. */
  *lines(): IterableIterator<string> {
    yield this.header()
    for (const event of this.kept) yield JSON.stringify(event)
  }

  save(): TraceSnapshot {
    this.absorb()
    return { seq: this.last, events: this.kept.slice(), digest: this.digest.copy() }
  }

  restore(snapshot: TraceSnapshot): void {
    this.last = snapshot.seq
    this.kept = snapshot.events.slice()
    this.pending = []
    this.digest = snapshot.digest.copy()
  }

  private header(): string {
    return JSON.stringify({ trace: 1, epochMillis: this.epochMillis })
  }

  private absorb(): void {
    if (this.pending.length === 0) return
    let text = ""
    for (const event of this.pending) text += `${JSON.stringify(event)}\n`
    this.pending.length = 0
    this.digest.update(text)
  }

  private deliver(event: TraceEvent): void {
    this.undelivered.push(event)
    if (this.delivering) return
    this.delivering = true
    try {
      for (let next = this.undelivered.shift(); next !== undefined; next = this.undelivered.shift()) {
        for (const listener of this.listeners) listener(next)
      }
    } finally {
      this.delivering = false
      this.undelivered.length = 0
    }
  }
}
