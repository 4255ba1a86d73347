/** What happens in a drill's run, as lines for people. What its hands do they tell themselves. Pure. */
import type { TraceEvent } from "@capstan/kernel"

export const storyLine = (event: TraceEvent): ReadonlyArray<string> => {
  switch (event.kind) {
    case "ready":
      return [`${String(event["let"])} is ${String(event["is"])}`]
    case "mark":
      return [`${String(event["step"])}: ${String(event["text"])}`]
    case "expectation":
      return event["status"] === "violated" ? [`VIOLATED: ${String(event["expects"])} ${String(event["id"])}`] : []
    case "invariant":
      return [`VIOLATED: ${String(event["id"])}: ${String(event["message"])}`]
    case "problem":
      return [`FAILED: ${String(event["message"])}`]
    default:
      return []
  }
}
