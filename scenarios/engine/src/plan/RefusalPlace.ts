/**
 * The place of what the API or the cloud refuses, as near as its words tell: the field that they name, not the head of its object. Pure.
 */
import type { Diagnostic } from "../language/Diagnostic.ts"
import type { Position } from "../language/YamlSource.ts"
import type { Plan } from "./Plan.ts"

const fieldNamed = /is invalid: \[?([A-Za-z][\w.[\]]*): /

const stepsOf = (field: string): ReadonlyArray<string | number> =>
  field
    .split(/[.[\]]+/)
    .filter((step) => step !== "")
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))

/** A refusal of one of the plan's manifests, moved to the field that it names; a refusal of its world, moved to where that is said. */
export const atItsPlace = (plan: Plan, refusal: Diagnostic): Diagnostic => {
  if (refusal.line === 0) return { ...refusal, ...worldPlace(plan, refusal.message) }
  const object = plan.objects.find(
    ({ file, position }) =>
      file === refusal.file && position.line === refusal.line && position.column === refusal.column
  )
  const field = fieldNamed.exec(refusal.message)?.[1]
  return object === undefined || field === undefined ? refusal : { ...refusal, ...object.positionOf(stepsOf(field)) }
}

/** A world takes its region from the scenario, or else from a manifest. */
const worldPlace = (plan: Plan, message: string): Position & { readonly file: string } => {
  const regionOf = (object: { readonly [field: string]: unknown }): unknown =>
    (object["spec"] as { readonly region?: unknown } | undefined)?.region
  const manifest =
    plan.world.region === undefined && plan.world.zones === undefined
      ? plan.objects.find(({ object }) => {
          const region = regionOf(object)
          return typeof region === "string" && message.includes(`'${region}'`)
        })
      : undefined
  return manifest === undefined
    ? { file: plan.file, ...plan.positionOf(["spec", "given", "world"]) }
    : { file: manifest.file, ...manifest.positionOf(["spec", "region"]) }
}
