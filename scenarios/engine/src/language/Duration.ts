/** Durations as scenario files write them: `90s`, `1h4m12s`, `1.5h`, `250ms`, `2d`; offsets have a plus in front. Pure. */

const unitMillis: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export const durationPattern = /^\+?([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$/

/** Whole milliseconds, or undefined when the text is no duration. */
export const parseDuration = (text: string): number | undefined => {
  if (!durationPattern.test(text)) return undefined
  let total = 0
  for (const [, amount, , unit] of text.matchAll(/([0-9]+(\.[0-9]+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (unitMillis[unit ?? ""] ?? 0)
  }
  return Math.round(total)
}

const pad = (value: number, width = 2): string => String(value).padStart(width, "0")

/** `00:07:12` (hours may pass 24), with `.250` behind it when there are odd milliseconds and they are asked for. */
export const formatClock = (millis: number, options: { readonly millis?: boolean } = {}): string => {
  const seconds = Math.floor(millis / 1000)
  const clock = `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
  return options.millis === true ? `${clock}.${pad(Math.floor(millis % 1000), 3)}` : clock
}

/** `1h4m12s`, `45m`, `800ms`: what `parseDuration` reads back. Zero is `0s`. */
export const formatDuration = (millis: number): string => {
  if (millis < 1000) return millis === 0 ? "0s" : `${Math.round(millis)}ms`
  const seconds = Math.round(millis / 1000)
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"]
  ] as const
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join("")
}
