/**
 * A length of time as kubectl's tables show it: `42s`, `3m12s`, `17h`, `2d4h`.
 *
 * @source https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go
 * @fidelity documented https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go — Where each unit begins and when a second one stands beside it.
 */

const joined = (whole: number, unit: string, rest: number, restUnit: string): string =>
  rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${restUnit}`

export const humanDuration = (millis: number): string => {
  const seconds = Math.floor(millis / 1000)
  if (seconds < -1) return "<invalid>"
  if (seconds < 0) return "0s"
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return joined(minutes, "m", seconds % 60, "s")
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return joined(hours, "h", minutes % 60, "m")
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 192) return joined(days, "d", hours % 24, "h")
  if (days < 730) return `${days}d`
  const years = Math.floor(days / 365)
  return years < 8 ? joined(years, "y", days % 365, "d") : `${years}y`
}
