/** The one line that does a run again. Pure. */
import { formatDuration } from "@capstan/engine/text"
import type { Job } from "../run/TestRun.ts"

/** As a POSIX shell reads it back: quoted only where it must be. */
const quoted = (word: string): string =>
  /^[A-Za-z0-9_\-./:=,@%+]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

/**
 * `npx capstan replay FILE --seed N [--matrix k=v] [--var k=v] [--perturb P] [--until T]`; against an emulator, where nothing can be replayed, the
 * `npx capstan test` that does the like again.
 *
 * @param untilMillis virtual milliseconds; the line names the next whole second, so that what happened then is seen.
 */
export const replayLine = (
  job: Pick<Job, "plan" | "seed" | "emulator" | "perturbation">,
  untilMillis?: number
): string => {
  const { emulator, plan, seed } = job
  const { input } = plan.plan
  const only = emulator === undefined ? `--scenario ${quoted(plan.name)}` : `--grep ${quoted(plan.name)}`
  return [
    emulator === undefined ? "npx capstan replay" : "npx capstan test",
    quoted(input.shown),
    ...(plan.alone ? [] : [only]),
    `--seed ${seed}`,
    ...Object.entries(plan.cell).map(([axis, value]) => `--matrix ${quoted(`${axis}=${value}`)}`),
    ...Object.entries(input.variables).map(([name, value]) => `--var ${quoted(`${name}=${value}`)}`),
    ...(emulator === undefined
      ? []
      : [`--backend emulated --endpoint ${quoted(emulator.endpoint)} --speed ${emulator.speed}x`]),
    ...(job.perturbation === undefined ? [] : [`--perturb ${quoted(job.perturbation)}`]),
    ...(untilMillis === undefined || emulator !== undefined
      ? []
      : [`--until ${formatDuration(Math.ceil(untilMillis / 1000) * 1000)}`])
  ].join(" ")
}
