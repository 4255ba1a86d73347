/**
 * I18: what does not carry our ownership tag is not ours to touch.
 *
 * Strangers are what stood in the account before the manager's first call. They are looked at at most once a second when the
 * cloud changes, and once a minute anyway: what was done to them stays done. Left out: what strangers make later, such as the
 * load balancers of Services, which may go with their cluster.
 */
import { defineInvariant, type CloudResource, type WorldView } from "./Invariant.ts"

/** How long a look is good for, by the event that asks for another. */
const lookMillis = { cloud: 1000, time: 60_000 }

interface Memory {
  /** Names of strangers to how they were; undefined before the first look. */
  before: ReadonlyMap<string, string> | undefined
  lookedMillis: number
}

const nameOf = ({ id, type }: CloudResource): string => `${type} ${id}`

const strangers = (view: WorldView): ReadonlyMap<string, string> =>
  new Map(
    view
      .resources()
      .filter((resource) => resource.cluster === undefined)
      .map((resource) => [nameOf(resource), resource.digest])
  )

export const strangersUntouched = defineInvariant<Memory>({
  id: "I18",
  rule: "no resource without the cluster's ownership tag is ever changed, taken over or deleted",
  on: ["time", "cloud", "end"],
  start: () => ({ before: undefined, lookedMillis: 0 }),
  check: (view, event, memory) => {
    const { before } = memory
    if (before === undefined) {
      memory.before = strangers(view)
      return []
    }
    const pauseMillis = event.kind === "cloud" ? lookMillis.cloud : event.kind === "time" ? lookMillis.time : 0
    if (view.nowMillis - memory.lookedMillis < pauseMillis) return []
    memory.lookedMillis = view.nowMillis
    if (before.size === 0) return []
    const resources = new Map(view.resources().map((resource) => [nameOf(resource), resource]))
    return [...before].flatMap(([name, digest]) => {
      const now = resources.get(name)
      if (now === undefined) return [`${name} is not ours and is gone`]
      if (now.cluster !== undefined) return [`${name} is not ours and was taken over for cluster ${now.cluster}`]
      return now.digest === digest ? [] : [`${name} is not ours and was changed`]
    })
  }
})
