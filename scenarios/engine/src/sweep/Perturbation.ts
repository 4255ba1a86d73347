/**
 * One thing that goes wrong in an otherwise undisturbed run, and its name on the command line.
 *
 * A perturbation strikes at one place of the reference run: the n-th call of an operation by the manager, or the n-th event of a
 * kind on its way to the manager. Up to there a perturbed run is the reference, so the place is always reached.
 *
 * @source Sun et al., "Automatic Reliability Testing for Cluster Management Controllers" (Sieve), OSDI 2022
 */
import { Result } from "effect"
import { didYouMean } from "../language/Nearest.ts"

/** What can be tried, in the order in which it is. */
export const sweepFamilies = ["crash", "lost", "unobserved", "stale", "leaders"] as const
export type SweepFamily = (typeof sweepFamilies)[number]

/** The n-th call of an operation (`ec2.RunInstances`, `kubernetes.patch`) by the manager, from 1. */
export interface CallPlace {
  readonly operation: string
  readonly n: number
}

/** The n-th event of a kind (`Machine`) on its way to the manager, from 1. */
export interface EventPlace {
  readonly kind: string
  readonly n: number
}

/**
 * - `crash`: the manager is killed before the call is sent, or right after it took effect; it comes back after five seconds.
 * - `lost`: the call takes effect, but its answer never comes: ten seconds later the client reports a time-out.
 * - `drop`: the event does not come; five minutes later the watch expires and the manager lists again.
 * - `delay`: the event, and with it all later ones of its kind, comes ten seconds late.
 * - `duplicate`: the event comes twice.
 * - `coalesce`: for up to ten seconds nothing of the kind comes; when another event of the same object follows within that time,
 *   only that one does.
 * - `stale`: for a minute from this event on, the manager's cache of the kind is so many revisions behind.
 * - `leaders`: a second manager starts right after the call, and for one lease length both believe that they lead.
 */
export type Perturbation =
  | ({ readonly _tag: "crash"; readonly when: "before" | "after" } & CallPlace)
  | ({ readonly _tag: "lost" | "leaders" } & CallPlace)
  | ({ readonly _tag: "drop" | "delay" | "duplicate" | "coalesce" } & EventPlace)
  | ({ readonly _tag: "stale"; readonly revisions: number } & EventPlace)

export const familyOf = ({ _tag }: Perturbation): SweepFamily => {
  switch (_tag) {
    case "crash":
    case "lost":
    case "stale":
    case "leaders":
      return _tag
    default:
      return "unobserved"
  }
}

/** `crash@after:ec2.RunInstances:1`, `lost@ec2.RunInstances:1`, `drop@Machine:12`, `stale@Machine:12:2`. */
export const formatPerturbation = (perturbation: Perturbation): string => {
  switch (perturbation._tag) {
    case "crash":
      return `crash@${perturbation.when}:${perturbation.operation}:${perturbation.n}`
    case "lost":
    case "leaders":
      return `${perturbation._tag}@${perturbation.operation}:${perturbation.n}`
    case "stale":
      return `stale@${perturbation.kind}:${perturbation.n}:${perturbation.revisions}`
    default:
      return `${perturbation._tag}@${perturbation.kind}:${perturbation.n}`
  }
}

const examples: { readonly [Tag in Perturbation["_tag"]]: string } = {
  crash: "crash@after:ec2.RunInstances:1",
  lost: "lost@ec2.RunInstances:1",
  drop: "drop@Machine:12",
  delay: "delay@Machine:12",
  duplicate: "duplicate@Machine:12",
  coalesce: "coalesce@Machine:12",
  stale: "stale@Machine:12:2",
  leaders: "leaders@ec2.RunInstances:1"
}

const operation = /^[a-z][a-z0-9]*\.[A-Za-z]+$/
const kindName = /^[A-Z][A-Za-z0-9]*$/
const count = /^[1-9][0-9]{0,8}$/

/** What a name means, or a sentence that says what is wrong with it. */
export const parsePerturbation = (text: string): Result.Result<Perturbation, string> => {
  const [tag = "", place = ""] = text.split("@", 2)
  const example = Object.entries(examples).find(([name]) => name === tag)?.[1]
  if (example === undefined) {
    const hint = didYouMean(tag, Object.keys(examples)).hint ?? ""
    return Result.fail(`There is no perturbation '${tag}'. ${hint}`.trimEnd())
  }
  const parts = place.split(":")
  const perturbation = placed(tag, parts)
  return perturbation === undefined
    ? Result.fail(`'${text}' names no place of a run: write it like ${example}.`)
    : Result.succeed(perturbation)
}

const placed = (tag: string, parts: ReadonlyArray<string>): Perturbation | undefined => {
  const [first = "", second = "", third = "", ...rest] = parts
  if (rest.length > 0) return undefined
  const isCall = operation.test(first) && count.test(second)
  const isEvent = kindName.test(first) && count.test(second)
  switch (tag) {
    case "crash":
      return (first === "before" || first === "after") && operation.test(second) && count.test(third)
        ? { _tag: tag, when: first, operation: second, n: Number(third) }
        : undefined
    case "lost":
    case "leaders":
      return isCall && third === "" ? { _tag: tag, operation: first, n: Number(second) } : undefined
    case "stale":
      return isEvent && count.test(third)
        ? { _tag: tag, kind: first, n: Number(second), revisions: Number(third) }
        : undefined
    case "drop":
    case "delay":
    case "duplicate":
    case "coalesce":
      return isEvent && third === "" ? { _tag: tag, kind: first, n: Number(second) } : undefined
    default:
      return undefined
  }
}
