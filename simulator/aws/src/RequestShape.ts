/**
 * Which parameters an operation accepts: a tree beside every operation, checked before anything else is done.
 *
 * What the simulation does not model it refuses by name. A parameter that is silently dropped would make a scenario pass
 * that fails in the real account.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html — `UnknownParameter` for a parameter that is not recognised.
 * @fidelity assumed — The same code for a real parameter that is not simulated, and for the other services.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
import { refuse } from "./Refusal.ts"

/** The accepted part of a request type: `true` for a value, `[element]` for a list, an object for a structure. */
export type Accepts<T> =
  | true
  | (NonNullable<T> extends ReadonlyArray<infer Element>
      ? readonly [Accepts<Element>]
      : NonNullable<T> extends Uint8Array | Date
        ? true
        : NonNullable<T> extends object
          ? { readonly [K in keyof NonNullable<T>]?: Accepts<NonNullable<T>[K]> }
          : true)

type AnyShape = true | readonly [AnyShape] | { readonly [key: string]: AnyShape | undefined }

/** Refuses with `UnknownParameter` when the request holds anything that the tree does not name. */
export const checkRequest = <T>(accepts: Accepts<T>, request: T): void =>
  // The conditional type above is a tree of exactly this form; only the walk below needs to see it so.
  walk(accepts as AnyShape, request, "")

const walk = (shape: AnyShape, value: unknown, path: string): void => {
  if (shape === true || value === undefined || value === null || typeof value !== "object") return
  if (isList(shape)) {
    if (Array.isArray(value)) value.forEach((element, index) => walk(shape[0], element, `${path}.${index + 1}`))
    return
  }
  for (const key of Object.keys(value)) {
    const inner: unknown = Reflect.get(value, key)
    if (inner === undefined) continue
    const known = Object.hasOwn(shape, key) ? shape[key] : undefined
    const name = path === "" ? key : `${path}.${key}`
    if (known === undefined) throw refuse("UnknownParameter", `The parameter ${name} is not recognized`)
    walk(known, inner, name)
  }
}

const isList = (shape: AnyShape): shape is readonly [AnyShape] => Array.isArray(shape)
