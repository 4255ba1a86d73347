/**
 * An expression that remembers what it came to, for as long as it would be asked about the same values.
 *
 * Values are the same when they are the same reference: objects of a simulated world are frozen, lists of them are made
 * anew only when something in them is different. Left out: evaluations with an `it`, which are always made.
 */
import type { Evaluation, Expression } from "../language/Expression.ts"

/** @param inputs everything that decides the expression's value, in a fixed order. */
export const remembered = (expression: Expression, inputs: () => ReadonlyArray<unknown>): Expression => {
  let known: { readonly inputs: ReadonlyArray<unknown>; readonly evaluation: Evaluation } | undefined
  return {
    ...expression,
    evaluate: (scene, extra) => {
      if (extra !== undefined) return expression.evaluate(scene, extra)
      const now = inputs()
      if (known === undefined || !sameItems(known.inputs, now)) {
        known = { inputs: now, evaluation: expression.evaluate(scene) }
      }
      return known.evaluation
    }
  }
}

/** Whether two lists hold the same references in the same order. */
export const sameItems = (a: ReadonlyArray<unknown>, b: ReadonlyArray<unknown>): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index])
