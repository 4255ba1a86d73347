/**
 * An expression that remembers what it came to, for as long as nothing that it depends on has changed.
 *
 * What it depends on is told by a count that only grows. Left out: evaluations with an `it`, which are always made.
 */
import type { Evaluation, Expression } from "../language/Expression.ts"

/** @param count grows whenever the expression's value can be another one. */
export const remembered = (expression: Expression, count: () => number): Expression => {
  let known: { readonly count: number; readonly evaluation: Evaluation } | undefined
  return {
    ...expression,
    evaluate: (scene, extra) => {
      if (extra !== undefined) return expression.evaluate(scene, extra)
      const now = count()
      if (known?.count !== now) known = { count: now, evaluation: expression.evaluate(scene) }
      return known.evaluation
    }
  }
}
