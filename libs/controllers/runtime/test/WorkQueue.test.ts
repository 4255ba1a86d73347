/** The queue's rules, each as a sequence of calls at stated times. */
import { assert, describe, it } from "@effect/vitest"
import { backoffMillis, type Work, WorkQueue } from "../src/WorkQueue.ts"
import type { Trigger } from "../src/ReconcileHook.ts"

const a = { namespace: "ns", name: "a" }
const b = { namespace: "ns", name: "b" }
const change: Trigger = { _tag: "Change", kind: "Thing", namespace: "ns", name: "a", resourceVersion: "1" }
const resync: Trigger = { _tag: "Resync" }

const queue = (intervalMillis = 1000): WorkQueue => new WorkQueue({ intervalMillis })
const name = (work: Work | undefined): string | undefined => work?.request.name
const take = (q: WorkQueue, now: number): Work => {
  const work = q.take(now)
  if (work === undefined) throw new Error("nothing to take")
  return work
}

describe("WorkQueue", () => {
  it("hands an object out once, however often it was added", () => {
    const q = queue()
    q.add(a, change, 0)
    q.add(a, change, 0)
    q.add(b, change, 0)
    assert.deepStrictEqual([name(q.take(0)), name(q.take(0)), name(q.take(0))], ["a", "b", undefined])
  })

  it("runs an object again that was added while it was processed, but not before", () => {
    const q = queue(0)
    q.add(a, change, 0)
    const work = take(q, 0)
    q.add(a, change, 0)
    assert.isUndefined(q.take(0))
    q.finish(work, { _tag: "Done" }, 5)
    assert.strictEqual(name(q.take(5)), "a")
  })

  it("keeps a minimum interval between two starts", () => {
    const q = queue(1000)
    q.add(a, change, 0)
    q.finish(take(q, 0), { _tag: "Done" }, 100)
    q.add(a, change, 200)
    assert.isUndefined(q.take(200))
    assert.strictEqual(q.nextAtMillis(), 1000)
    q.advance(1000)
    assert.strictEqual(name(q.take(1000)), "a")
  })

  it("comes back at the earliest of several delays, once", () => {
    const q = queue(0)
    q.addAt(a, 500, "Requeue")
    q.addAt(a, 300, "Requeue")
    q.addAt(a, 900, "Requeue")
    q.advance(300)
    q.finish(take(q, 300), { _tag: "Done" }, 300)
    q.advance(1000)
    assert.isUndefined(q.take(1000))
    assert.isUndefined(q.nextAtMillis())
  })

  it("lets a change replace a requeue", () => {
    const q = queue(0)
    q.add(a, change, 0)
    q.finish(take(q, 0), { _tag: "After", millis: 30_000 }, 0)
    q.add(a, change, 10)
    q.finish(take(q, 10), { _tag: "Done" }, 10)
    assert.isUndefined(q.nextAtMillis())
  })

  it("raises a requeue to the interval", () => {
    const q = queue(1000)
    q.add(a, change, 0)
    q.finish(take(q, 0), { _tag: "After", millis: 1 }, 50)
    assert.strictEqual(q.nextAtMillis(), 1050)
  })

  it("backs off by interval + 5 ms · 2ⁿ, and forgets on success", () => {
    const q = queue(1000)
    const delays: Array<number> = []
    let now = 0
    q.add(a, change, now)
    for (let n = 0; n < 4; n++) {
      q.finish(take(q, now), { _tag: "Backoff" }, now)
      const next = q.nextAtMillis() ?? 0
      delays.push(next - now)
      now = next
      q.advance(now)
    }
    assert.deepStrictEqual(delays, [1005, 1010, 1020, 1040])
    q.finish(take(q, now), { _tag: "Done" }, now)
    q.add(a, change, now + 2000)
    q.finish(take(q, now + 2000), { _tag: "Backoff" }, now + 2000)
    assert.strictEqual((q.nextAtMillis() ?? 0) - (now + 2000), 1005)
    assert.deepStrictEqual([17, 18, 1000].map(backoffMillis), [655_360, 1_000_000, 1_000_000])
  })

  it("holds an object back that was deferred, whatever adds it", () => {
    const q = queue(1000)
    q.add(a, change, 0)
    q.finish(take(q, 0), { _tag: "Done", deferMillis: 20_000 }, 10)
    q.add(a, change, 5000)
    q.advance(20_009)
    assert.isUndefined(q.take(20_009))
    q.advance(20_010)
    assert.strictEqual(name(q.take(20_010)), "a")
  })

  it("lets changes overtake resyncs, also of an object that waits for its resync", () => {
    const q = queue(0)
    q.add(a, resync, 0, true)
    q.add(b, resync, 0, true)
    q.add(b, change, 0)
    assert.deepStrictEqual([name(q.take(0)), name(q.take(0)), name(q.take(0))], ["b", "a", undefined])
  })

  it("tells the first cause since the object was last taken", () => {
    const q = queue(0)
    q.add(a, resync, 0, true)
    q.add(a, change, 0)
    const first = take(q, 0)
    assert.strictEqual(first.trigger._tag, "Resync")
    q.finish(first, { _tag: "Backoff" }, 0)
    q.advance(5)
    assert.strictEqual(take(q, 5).trigger._tag, "Backoff")
  })

  it("puts back what must not run yet, with its cause", () => {
    const q = queue(1000)
    q.add(a, change, 0)
    q.putBack(take(q, 0), 100, "Stale")
    assert.deepStrictEqual(q.snapshot(), {
      queued: 0,
      processing: [],
      delayed: [{ key: "ns/a", atMillis: 100, why: "Stale" }]
    })
    q.advance(100)
    assert.deepStrictEqual(take(q, 100).trigger, change)
  })

  it("keeps its heap in proportion to what waits", () => {
    const q = queue(0)
    for (let now = 0; now < 10_000; now++) {
      q.add(a, change, now)
      q.finish(take(q, now), { _tag: "After", millis: 600_000 }, now)
    }
    assert.strictEqual(q.snapshot().delayed.length, 1)
    assert.strictEqual(q.nextAtMillis(), 609_999)
  })

  it("forgets objects that are gone once nothing of theirs is pending", () => {
    const q = queue(1000)
    q.add(a, change, 0)
    q.finish(take(q, 0), { _tag: "Backoff" }, 0)
    q.sweep(() => false, 0)
    assert.strictEqual(q.snapshot().delayed.length, 1)
    q.advance(2000)
    q.finish(take(q, 2000), { _tag: "Done" }, 2000)
    q.sweep(() => false, 5000)
    q.add(a, change, 5000)
    assert.strictEqual(name(q.take(5000)), "a")
  })
})
