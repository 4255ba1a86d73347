/** One line for every call to a simulated account, as it goes by. Pure. The trace holds neither user data nor secrets. */
import type { TraceEvent } from "@capstan/kernel"

/** `2030-01-01T00:00:00Z  ec2.CreateVpc  vpc-0…`; `undefined` for events that are no calls. `epochMillis`: when the world began. */
export const callLine = (event: TraceEvent, epochMillis: number): string | undefined => {
  if (event.kind !== "aws") return undefined
  const time = `${new Date(epochMillis + event.t).toISOString().slice(0, 19)}Z`
  const { code, ids, operation, service } = event
  const outcome = typeof code === "string" ? code : Array.isArray(ids) ? ids.join(" ") : ""
  return `${time}  ${String(service)}.${String(operation)}  ${outcome}`.trimEnd()
}
