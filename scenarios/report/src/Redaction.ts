/**
 * Takes out of a trace what must not be passed on with a report. Pure.
 *
 * Three nets, each for what the others let through: what a Secret holds; fields whose name says that they hold a secret; and text
 * that has the form of one, wherever it stands. What is taken out leaves a mark, so that a reader sees that there was something. Not
 * found: a password that somebody wrote into a field with a harmless name.
 *
 * @source https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#token-format
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
import { type Fields, kindOf } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"

/** What stands where something was taken out. */
export const redacted = "[redacted]"

/** Fields that hold a secret, in Kubernetes' and AWS's spelling, without regard to case. */
const secretField =
  /^(?:user_?data|secret_?(?:string|binary|access_?key)|password|passwd|(?:bearer|session|id|access|refresh)?_?token|certificate_?key|private_?key|key_?material|client_?key(?:_?data)?|auth|kubeconfig)$/i

/** What is inside these fields of an object of kind Secret. */
const secretContents = new Set(["data", "stringData"])

/** A kubeadm file with its content in the open: whoever puts it there may have put anything. */
const isInlineFile = (fields: Fields): boolean => typeof fields["content"] === "string" && "path" in fields

const secretText: ReadonlyArray<RegExp> = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<![\w.-])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.-])/g,
  /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /(?<=\b(?:Bearer|Basic) )[\w.~+/=-]{8,}/gi,
  /(?<=\/\/[^\s/:@]+:)[^\s/@]+(?=@)/g,
  /(?<=\b(?:password|passwd|token|secret_access_key|secretaccesskey|client_secret)["']?\s*[:=]\s*["']?)[^\s"',;&]{4,}/gi
]

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Text without what looks like a secret. */
export const redactText = (text: string): string =>
  secretText.reduce((left, pattern) => left.replace(pattern, redacted), text)

/** A value that keeps its shape: names of fields stay, what they hold goes. */
const blank = (value: unknown): unknown => {
  if (value === null || value === undefined) return value
  if (Array.isArray(value)) return value.map(blank)
  return isFields(value)
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, blank(inner)]))
    : redacted
}

/** Any JSON value, without secrets. */
export const redactValue = (value: unknown, inSecret = false): unknown => {
  if (typeof value === "string") return redactText(value)
  if (Array.isArray(value)) return value.map((each) => redactValue(each, inSecret))
  if (!isFields(value)) return value
  const secret = inSecret || value["kind"] === "Secret"
  const inlineFile = isInlineFile(value)
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (secret && secretContents.has(name)) return [redactText(name), blank(inner)]
      if (inlineFile && name === "content") return [name, redacted]
      // The last applied text of a Secret holds all of it once more.
      if (name === "kubectl.kubernetes.io/last-applied-configuration") return [name, redacted]
      if (secretField.test(name) && !isFields(inner)) return [name, blank(inner)]
      return [redactText(name), redactValue(inner, secret)]
    })
  )
}

/** An event without secrets; the same time, number, cause and kind. */
export const redactEvent = (event: TraceEvent): TraceEvent => {
  const isSecret = event.kind === "write" && kindOf(event["resource"]) === "Secret"
  const { cause, kind, seq, t, ...data } = event
  return { t, seq, cause, kind, ...(redactFields(data, isSecret) as Fields) }
}

const redactFields = (data: Fields, isSecret: boolean): unknown => {
  const { patch, ...rest } = data
  // The patch of a Secret does not say its kind.
  return { ...(redactValue(rest) as Fields), ...(patch === undefined ? {} : { patch: redactValue(patch, isSecret) }) }
}
