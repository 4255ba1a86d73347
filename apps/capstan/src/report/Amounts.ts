/** Amounts as a person reads them: `20h`, `9.6s`, `3.1M`, `8,670`. Pure, and the same under every locale. */

/** Virtual or real time in one unit, or two where that says more. */
export const formatSpan = (millis: number): string => {
  if (millis < 1000) return `${Math.round(millis)}ms`
  if (millis < 120_000) return `${(millis / 1000).toFixed(1).replace(/\.0$/, "")}s`
  const minutes = Math.round(millis / 60_000)
  if (minutes < 120) return `${minutes}m`
  return minutes < 60 * 24 && minutes % 60 !== 0
    ? `${Math.floor(minutes / 60)}h${minutes % 60}m`
    : `${thousands(minutes / 60)}h`
}

/** Whole, with a comma between thousands. */
export const thousands = (value: number): string => String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ",")

/** `812`, `3.1k`, `3.1M`. */
export const formatCount = (value: number): string => {
  if (value < 1000) return String(value)
  return value < 1_000_000 ? `${(value / 1000).toFixed(1)}k` : `${(value / 1_000_000).toFixed(1)}M`
}

/** `1 run`, `2 runs`, and `3 tries` when told the plural. */
export const counted = (amount: number, noun: string, plural = `${noun}s`): string =>
  `${thousands(amount)} ${amount === 1 ? noun : plural}`

/** Text of several lines as one. */
export const onOneLine = (text: string): string => text.trim().replace(/\s+/g, " ")

/** Lines as text, the last one ended too. */
export const linesOf = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")
