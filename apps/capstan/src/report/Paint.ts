/** Colour for terminals, and whether to use it. Pure. */

export interface Paint {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
}

const code =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001b[${open}m${text}\u001b[${close}m`

const coloured: Paint = {
  good: code(32, 39),
  bad: code(31, 39),
  warn: code(33, 39),
  dim: code(2, 22),
  bold: code(1, 22)
}

const same = (text: string): string => text

export const plain: Paint = { good: same, bad: same, warn: same, dim: same, bold: same }

export const paintFor = (colour: boolean): Paint => (colour ? coloured : plain)

/**
 * Whether to colour: `--color` and `--no-color` win, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal outside CI.
 *
 * @source https://no-color.org
 * @source https://force-color.org
 */
export const wantsColour = (options: {
  readonly flag: boolean | undefined
  readonly isTerminal: boolean
  readonly environment: { readonly [name: string]: string | undefined }
}): boolean => {
  const { environment, flag, isTerminal } = options
  if (flag !== undefined) return flag
  if ((environment["NO_COLOR"] ?? "") !== "") return false
  const forced = environment["FORCE_COLOR"] ?? ""
  if (forced !== "") return forced !== "0" && forced !== "false"
  return isTerminal && environment["TERM"] !== "dumb" && !isContinuousIntegration(environment)
}

/** CI systems set CI to anything but nothing, `false` and `0`. */
export const isContinuousIntegration = (environment: { readonly [name: string]: string | undefined }): boolean =>
  !["", "0", "false"].includes(environment["CI"] ?? "")
