import { describe, expect, it } from "vitest"
import { RandomStream } from "../src/RandomStream.ts"
import { Timer, TimerHeap } from "../src/TimerHeap.ts"

const timer = (at: number, seq: number) => new Timer(at, seq, undefined, undefined, 0, undefined, undefined)

const drain = (heap: TimerHeap): Array<Timer> => {
  const all: Array<Timer> = []
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) all.push(next)
  return all
}

const inOrder = (timers: ReadonlyArray<Timer>) => [...timers].sort((a, b) => a.at - b.at || a.seq - b.seq)

describe("the timer heap", () => {
  it("gives timers by time, and at one time in the order in which they were set", () => {
    const heap = new TimerHeap()
    const timers = [5, 1, 5, 3, 1, 5, 1].map((at, seq) => timer(at, seq))
    for (const each of timers) heap.push(each)
    expect(drain(heap)).toEqual(inOrder(timers))
  })

  it("behaves like a sorted list under any mix of pushes, pops and cancels", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new RandomStream(seed, "heap")
      const heap = new TimerHeap()
      let model: Array<Timer> = []
      for (let seq = 0; seq < 600; seq++) {
        const choice = random.below(10)
        if (choice < 5) {
          const next = timer(random.below(40), seq)
          heap.push(next)
          model = inOrder([...model, next])
        } else if (choice < 7) {
          expect(heap.pop()).toBe(model.shift())
        } else if (model.length > 0) {
          const victim = random.pick(model)
          heap.cancel(victim)
          model = model.filter((other) => other !== victim)
        }
        expect(heap.size).toBe(model.length)
        expect(heap.peek()).toBe(model[0])
      }
      expect(heap.sorted()).toEqual(model)
      expect(drain(heap)).toEqual(model)
    }
  })

  it("lets go of cancelled timers when they are the larger half", () => {
    const heap = new TimerHeap()
    const timers = Array.from({ length: 10_000 }, (_, seq) => timer(1_000_000 - seq, seq))
    for (const each of timers) heap.push(each)
    for (const each of timers.slice(0, 9_000)) heap.cancel(each)
    expect(heap.size).toBe(1_000)
    expect(heap.stored).toBeLessThan(2_200)
    expect(drain(heap)).toEqual(inOrder(timers.slice(9_000)))
  })

  it("counts a timer that is cancelled twice, or after it fell due, only once", () => {
    const heap = new TimerHeap()
    const [a, b] = [timer(1, 1), timer(2, 2)]
    heap.push(a)
    heap.push(b)
    heap.cancel(b)
    heap.cancel(b)
    expect(heap.pop()).toBe(a)
    heap.cancel(a)
    expect(heap.size).toBe(0)
    expect(heap.pop()).toBeUndefined()
  })
})
