/** The one line that does a run again. Pure. */
import { formatDuration } from "@capstan/engine/text"
import type { PlanSummary } from "../run/Messages.ts"

/** As a POSIX shell reads it back: quoted only where it must be. */
const quoted = (word: string): string =>
  /^[A-Za-z0-9_\-./:=,@%+]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

/**
 * `npx capstan replay FILE --seed N [--matrix k=v] [--var k=v] [--until T]`.
 *
 * @param untilMillis virtual milliseconds; the line names the next whole second, so that what happened then is seen.
 */
export const replayLine = (plan: PlanSummary, seed: number, untilMillis?: number): string => {
  const { input } = plan.plan
  return [
    "npx capstan replay",
    quoted(input.shown),
    ...(plan.alone ? [] : [`--scenario ${quoted(plan.name)}`]),
    `--seed ${seed}`,
    ...Object.entries(plan.cell).map(([axis, value]) => `--matrix ${quoted(`${axis}=${value}`)}`),
    ...Object.entries(input.variables).map(([name, value]) => `--var ${quoted(`${name}=${value}`)}`),
    ...(untilMillis === undefined ? [] : [`--until ${formatDuration(Math.ceil(untilMillis / 1000) * 1000)}`])
  ].join(" ")
}
