import { Effect, Result } from "effect"
import { Intervention, Kernel } from "@capstan/kernel"

const kernel = new Kernel({ seed: 7 })

// A part of the world: state and timers are data.
const boots = kernel.component<{ readonly _tag: "Booted"; readonly id: string }>({
  name: "boots",
  handle: (event) => void kernel.trace.emit("instance.booted", { id: event.id }),
  save: () => null,
  restore: () => {}
})

// A call: takes effect in the middle of its latency.
const launch = (id: string) =>
  kernel.call({ service: "ec2", operation: "RunInstances", mutating: true, target: id, latencyMillis: 200 }, () => {
    kernel.cause = kernel.trace.emit("instance.launched", { id })
    boots.after(30_000, { _tag: "Booted", id })
    return Result.succeed(id)
  })

// A process, killed right after its second call took effect.
kernel.intervene = (call) => (call.seq === 2 ? Intervention.Crash({ when: "after" }) : Intervention.None())
kernel.process("manager").start(Effect.forEach(["a", "b", "c"], launch, { discard: true }))

kernel.run()
for (const line of kernel.trace.lines()) console.log(line)
