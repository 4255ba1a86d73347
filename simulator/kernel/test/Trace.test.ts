import { createHash } from "node:crypto"
import { describe, expect, it } from "vitest"
import { Kernel, Trace, type TraceEvent } from "@capstan/kernel"

const emitMany = (kernel: Kernel, n: number) => {
  for (let i = 0; i < n; i++) kernel.trace.emit("tick", { i, text: `number ${i}` })
}

describe("the trace", () => {
  it("numbers events from one, with virtual time since the start and the cause of the moment", () => {
    const kernel = new Kernel({ seed: 0, epochMillis: 1_000_000 })
    expect(kernel.trace.emit("first", { a: 1 })).toBe(1)
    kernel.advanceTo(1_002_500)
    kernel.cause = 1
    expect(kernel.trace.emit("second", {})).toBe(2)
    expect(kernel.trace.emit("third", {}, 2)).toBe(3)
    expect(kernel.trace.events).toEqual([
      { t: 0, seq: 1, cause: 0, kind: "first", a: 1 },
      { t: 2500, seq: 2, cause: 1, kind: "second" },
      { t: 2500, seq: 3, cause: 2, kind: "third" }
    ])
  })

  it("hashes exactly the bytes of its lines, whether it is asked often or once", () => {
    const kernel = new Kernel({ seed: 0 })
    for (let i = 0; i < 5; i++) {
      emitMany(kernel, 200)
      const text = [...kernel.trace.lines()].map((line) => `${line}\n`).join("")
      expect(kernel.trace.hash()).toBe(createHash("sha256").update(text).digest("hex"))
    }
    const once = new Kernel({ seed: 0 })
    for (let i = 0; i < 5; i++) emitMany(once, 200)
    expect(once.trace.hash()).toBe(kernel.trace.hash())
  })

  it("has the same hash when it keeps no events", () => {
    const all = new Kernel({ seed: 0 })
    const hashOnly = new Kernel({ seed: 0, keep: "hash" })
    emitMany(all, 700)
    emitMany(hashOnly, 700)
    expect(hashOnly.trace.events).toEqual([])
    expect(hashOnly.trace.hash()).toBe(all.trace.hash())
  })

  it("changes its hash with any change of an event", () => {
    const [a, b] = [new Kernel({ seed: 0 }), new Kernel({ seed: 0 })]
    a.trace.emit("x", { n: 1 })
    b.trace.emit("x", { n: 2 })
    expect(a.trace.hash()).not.toBe(b.trace.hash())
  })

  it("begins with a header that tells when virtual time began", () => {
    const kernel = new Kernel({ seed: 0, epochMillis: 5 })
    expect([...kernel.trace.lines()]).toEqual(['{"trace":1,"epochMillis":5}'])
  })

  it.each(["t", "seq", "kind"])("refuses data that uses the reserved name %s", (name) => {
    const kernel = new Kernel({ seed: 0 })
    expect(() => kernel.trace.emit("x", { [name]: "mine" })).toThrow("reserved name")
  })

  it("refuses data that brings a cause of its own", () => {
    const kernel = new Kernel({ seed: 0 })
    expect(() => kernel.trace.emit("x", { cause: 7 })).toThrow("reserved name")
    expect(kernel.trace.events).toEqual([])
  })

  it("tells listeners in order, and what a listener emits only after all have seen the first", () => {
    const kernel = new Kernel({ seed: 0 })
    const heard: Array<string> = []
    kernel.trace.subscribe((event) => {
      heard.push(`a:${event.kind}`)
      if (event.kind === "outer") kernel.trace.emit("inner", {})
    })
    const stop = kernel.trace.subscribe((event) => heard.push(`b:${event.kind}`))
    kernel.trace.emit("outer", {})
    expect(heard).toEqual(["a:outer", "b:outer", "a:inner", "b:inner"])
    stop()
    kernel.trace.emit("later", {})
    expect(heard.slice(4)).toEqual(["a:later"])
  })

  it("keeps telling listeners after one of them has thrown", () => {
    const kernel = new Kernel({ seed: 0 })
    const heard: Array<string> = []
    kernel.trace.subscribe((event) => {
      if (event.kind === "bad") throw new Error("cannot hear this")
      heard.push(event.kind)
    })
    expect(() => kernel.trace.emit("bad", {})).toThrow("cannot hear this")
    kernel.trace.emit("good", {})
    expect(heard).toEqual(["good"])
  })

  it("works without a kernel, on any clock", () => {
    let now = 10
    const trace = new Trace({ epochMillis: 10, now: () => now, cause: () => 4 })
    now = 12
    trace.emit("x", {})
    const expected: TraceEvent = { t: 2, seq: 1, cause: 4, kind: "x" }
    expect(trace.events).toEqual([expected])
  })
})
