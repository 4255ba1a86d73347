/**
 * Lets V8 trade some processor time for memory. Works when imported; what is imported after it profits.
 *
 * A manager makes short-lived objects by the million and keeps few: by default V8 lets the young ones pile up to 3 × 16 MB, and
 * the old ones to twice their number, before it looks.
 *
 * @source https://nodejs.org/api/v8.html#v8setflagsfromstringflags
 */
import { setFlagsFromString } from "node:v8"

setFlagsFromString("--semi-space-growth-factor=1")
setFlagsFromString("--heap-growing-percent=15")
setFlagsFromString("--gc-memory-reducer-start-delay-ms=2000")
