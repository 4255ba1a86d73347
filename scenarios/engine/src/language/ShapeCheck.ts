/** Holds a value against a Schema and says what is wrong in the file's own terms: place, cause, nearest right word. */
import { isJsonObject, type Unstructured } from "@capstan/api"
import { Result, Schema, SchemaIssue } from "effect"
import { type Diagnostic, shownText } from "./Diagnostic.ts"
import { didYouMean } from "./Nearest.ts"
import type { Path, YamlDocument } from "./YamlSource.ts"

const dereference = (node: unknown, definitions: Unstructured): Unstructured | undefined => {
  if (!isJsonObject(node)) return undefined
  const reference = node["$ref"]
  if (typeof reference !== "string") return node
  const target = definitions[reference.split("/").pop() ?? ""]
  return isJsonObject(target) ? dereference(target, definitions) : undefined
}

/** The keys that a map at this path may have, as the schema's JSON form tells. */
const keysAt = (schema: Schema.Constraint, path: Path): ReadonlyArray<string> => {
  const document = Schema.toJsonSchemaDocument(schema)
  const definitions = document.definitions as Unstructured
  let node = dereference(document.schema, definitions)
  for (const step of path) {
    const branches = [node, ...(Array.isArray(node?.["anyOf"]) ? (node["anyOf"] as ReadonlyArray<unknown>) : [])]
    const next = branches.flatMap((branch) => {
      const known = dereference(branch, definitions)
      if (known === undefined) return []
      const properties = known["properties"]
      const candidate =
        typeof step === "number"
          ? known["items"]
          : isJsonObject(properties) && step in properties
            ? properties[step]
            : known["additionalProperties"]
      return isJsonObject(candidate) ? [candidate] : []
    })[0]
    node = dereference(next, definitions)
    if (node === undefined) return []
  }
  const properties = node?.["properties"]
  return isJsonObject(properties) ? Object.keys(properties) : []
}

const expectedWords = (message: string): ReadonlyArray<string> =>
  [...message.matchAll(/"([^"]+)"/g)].map(([, word]) => word ?? "")

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (current, step) =>
      typeof current === "object" && current !== null ? (current as Unstructured)[String(step)] : undefined,
    value
  )

const sentence = (message: string): string => {
  if (/\(ms\|s\|m\|h\|d\)/.test(message)) return "Not a duration."
  return `${message.replace(/^Expected /, "Expected ").replace(/\.$/, "")}.`
}

/**
 * Decodes a value, or tells everything that is wrong with it.
 *
 * @param base where in the document the value stands.
 */
export const checkShape = <T>(options: {
  readonly schema: Schema.Codec<T, unknown>
  readonly value: unknown
  readonly file: string
  readonly document: YamlDocument
  readonly base: Path
  /** What becomes of fields that the schema does not know: an error unless said otherwise. */
  readonly excess?: "error" | "ignore"
}): { readonly value?: T; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const { base, document, excess = "error", file, schema, value } = options
  const decoded = Schema.decodeUnknownResult(schema, { errors: "all", onExcessProperty: excess })(value)
  if (Result.isSuccess(decoded)) return { value: decoded.success, diagnostics: [] }
  const { issues } = SchemaIssue.makeFormatterStandardSchemaV1()(decoded.failure.issue)
  const diagnostics = issues.map(({ message, path: found }): Diagnostic => {
    const path = (found ?? []).map((step) =>
      typeof step === "object" ? String(step.key) : typeof step === "symbol" ? String(step) : step
    )
    const key = String(path.at(-1) ?? "")
    const place = [...base, ...path]
    if (message === "Expected no excess property") {
      const known = keysAt(schema, path.slice(0, -1))
      const at = { file, ...document.positionOf(place, "key"), code: "SCN002" }
      // Where no fields are listed, any name may stand that is one.
      return known.length === 0
        ? { ...at, message: `'${shownText(key)}' is no name.`, hint: "Names consist of letters, digits and _." }
        : { ...at, message: `Unknown field '${shownText(key)}'.`, ...didYouMean(key, known) }
    }
    if (message === "Missing key") {
      return { file, ...document.positionOf(place.slice(0, -1)), code: "SCN003", message: `Field '${key}' is missing.` }
    }
    const given = valueAt(value, path)
    const words = expectedWords(message)
    const duration = sentence(message) === "Not a duration."
    if (path.length === 0) {
      const what = `A scenario is a map with apiVersion, kind, metadata and spec.`
      return { file, ...document.positionOf(place), code: "SCN004", message: what }
    }
    return {
      file,
      ...document.positionOf(place),
      code: "SCN004",
      message: `${path.join(".")}: ${sentence(message)}${given === undefined || typeof given === "object" ? "" : ` Given: ${shownText(JSON.stringify(given))}.`}`,
      ...(duration
        ? { hint: "Write a number and a unit, such as 90s, 45m or 1h30m." }
        : typeof given === "string"
          ? didYouMean(given, words)
          : {})
    }
  })
  return { diagnostics }
}
