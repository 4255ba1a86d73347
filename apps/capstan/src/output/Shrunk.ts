/** What is told of a shrunk scenario once it is kept. */
import * as Result from "effect/Result"
import { writeRegression } from "../files/RegressionFile.ts"
import { counted, formatSpan } from "../report/Amounts.ts"
import type { ShrinkAnswer } from "../run/Messages.ts"

/** Writes what was shrunk, and says in lines what became of it. */
export const keepShrunk = (
  folder: string,
  { detail, reason = "", shrunk, steps, tries, wallMillis }: ShrinkAnswer,
  from: { readonly path: string; readonly shown: string }
): Result.Result<ReadonlyArray<string>, string> => {
  if (shrunk === undefined) return Result.succeed([])
  const { document, minimal, seed } = shrunk
  const left = document.spec.steps.length
  return Result.map(writeRegression(folder, { document, seed, reason, detail, from }), (file) => [
    `fails for  ${reason}${detail === undefined ? "" : `: ${detail.split("\n")[0]}`}`,
    `shrunk     from ${counted(steps, "step")} to ${left} in ${counted(tries, "try", "tries")}, ${formatSpan(wallMillis)}${minimal ? "; nothing more can be left out" : "; time was up"}`,
    `written    ${file}`,
    `replay     npx capstan replay ${file} --seed ${seed}`
  ])
}
