/** Keeps the values of Secrets out of traces: a digest tells whether two are the same, and no more. */
import { createHash } from "node:crypto"
import { isObject } from "./FrozenValue.ts"

/** A merge patch of a Secret with every value of `data` replaced by the first 16 digits of its SHA-256. */
export const redactSecret = (patch: unknown): unknown => {
  if (!isObject(patch) || !isObject(patch.data)) return patch
  const data = Object.fromEntries(
    Object.entries(patch.data).map(([key, value]) => [key, value === null ? null : digest(value)])
  )
  return { ...patch, data }
}

const digest = (value: unknown): string =>
  `sha256:${createHash("sha256").update(String(value)).digest("hex").slice(0, 16)}`
