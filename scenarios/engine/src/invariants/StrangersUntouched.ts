/** I18: what does not carry our ownership tag is not ours to touch. */
import { defineInvariant, type WorldView } from "./Invariant.ts"

const strangers = (view: WorldView): ReadonlyMap<string, string> =>
  new Map(
    view
      .resources()
      .filter((resource) => resource.cluster === undefined)
      .map((resource) => [`${resource.type} ${resource.id}`, resource.digest])
  )

export const strangersUntouched = defineInvariant<{
  before: ReadonlyMap<string, string> | undefined
  lookedMillis: number
}>({
  id: "I18",
  rule: "no resource without the cluster's ownership tag is ever changed or deleted",
  on: ["cloud", "end"],
  start: () => ({ before: undefined, lookedMillis: -1 }),
  check: (view, event, memory) => {
    // Many calls of one instant are one look.
    if (event.kind === "cloud" && memory.lookedMillis === view.nowMillis) return []
    memory.lookedMillis = view.nowMillis
    const now = strangers(view)
    const { before } = memory
    if (before === undefined) {
      memory.before = now
      return []
    }
    return [...before].flatMap(([name, digest]) => {
      const current = now.get(name)
      return current === undefined
        ? [`${name} is not ours and is gone`]
        : current === digest
          ? []
          : [`${name} is not ours and was changed`]
    })
  }
})
