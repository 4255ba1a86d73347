/**
 * Manifests of a scenario: unchanged YAML with clusterctl's `${VAR}`s filled in, each object checked to be of a
 * kind and version that the API serves, and its place remembered for every later complaint.
 */
import { type AnyKind, isJsonObject, type KindRegistry, type Unstructured } from "@capstan/api"
import type { Diagnostic } from "../language/Diagnostic.ts"
import { didYouMean } from "../language/Nearest.ts"
import { substitute } from "../language/Substitution.ts"
import { parseYaml, type YamlDocument } from "../language/YamlSource.ts"
import type { PlannedObject } from "./Plan.ts"

const positionAt = (text: string, offset: number): { readonly line: number; readonly column: number } => {
  const before = text.slice(0, offset).split("\n")
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

const servedVersions = (kind: AnyKind): ReadonlyArray<string> => [
  kind.version,
  ...kind.versions
    .filter((version) => version.served || version.fromStorage === undefined)
    .map((version) => version.name)
]

/** Why the API would not know this `apiVersion` and `kind`, in its own words, with the nearest that it knows. */
export const unknownKind = (
  kinds: KindRegistry,
  apiVersion: string,
  kind: string
): { readonly message: string; readonly hint?: string } => {
  const message = `no matches for kind "${kind}" in version "${apiVersion}".`
  const sameName = kinds.all.filter((candidate) => candidate.kind === kind)
  if (sameName.length > 0) {
    const served = sameName.flatMap((candidate) =>
      servedVersions(candidate).map((version) => (candidate.group === "" ? version : `${candidate.group}/${version}`))
    )
    return { message, hint: `${kind} is served as ${served.join(", ")}.` }
  }
  return {
    message,
    ...didYouMean(
      kind,
      kinds.all.map((candidate) => candidate.kind)
    )
  }
}

const checkObject = (
  file: string,
  document: YamlDocument,
  kinds: KindRegistry
): { readonly object?: PlannedObject; readonly diagnostic?: Diagnostic } => {
  const complain = (path: ReadonlyArray<string>, code: string, message: string, hint?: { readonly hint?: string }) => ({
    diagnostic: { file, ...document.positionOf(path), code, message, ...hint }
  })
  const { value } = document
  if (!isJsonObject(value)) return complain([], "MAN002", "A manifest is a map with apiVersion, kind and metadata.")
  const { apiVersion, kind, metadata } = value
  if (typeof apiVersion !== "string") return complain([], "MAN003", "apiVersion is missing.")
  if (typeof kind !== "string") return complain([], "MAN003", "kind is missing.")
  for (const word of ["name", "namespace"]) {
    const given = isJsonObject(metadata) ? metadata[word] : undefined
    if (given !== undefined && typeof given !== "string") {
      const hint = isJsonObject(given) ? {} : { hint: `Put it in quotes: "${String(given)}".` }
      return complain(["metadata", word], "MAN003", `metadata.${word} has to be a string.`, hint)
    }
  }
  if (
    !isJsonObject(metadata) ||
    (typeof metadata["name"] !== "string" && typeof metadata["generateName"] !== "string")
  ) {
    return complain(["metadata"], "MAN003", "metadata.name is missing.")
  }
  if (kinds.findByApiVersion(apiVersion, kind) === undefined) {
    const { hint, message } = unknownKind(kinds, apiVersion, kind)
    return complain(["kind"], "MAN004", message, hint === undefined ? {} : { hint })
  }
  const object = value as Unstructured & { readonly apiVersion: string; readonly kind: string }
  return { object: { file, position: document.positionOf([]), positionOf: document.positionOf, object } }
}

/**
 * Reads one manifest file.
 *
 * @param text the file's content, variables not yet filled in.
 */
export const readManifest = (options: {
  readonly file: string
  readonly text: string
  readonly variables: { readonly [name: string]: string }
  readonly kinds: KindRegistry
}): { readonly objects: ReadonlyArray<PlannedObject>; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const { file, kinds } = options
  const filled = substitute(options.text, options.variables)
  const problems = filled.problems.map((problem): Diagnostic => ({
    file,
    ...positionAt(options.text, problem.offset),
    code: "VAR001",
    message: problem.message,
    ...(problem.missing === undefined
      ? {}
      : didYouMean(problem.missing, Object.keys(options.variables)).hint === undefined
        ? { hint: `Give it under 'substitute', or a default as \${${problem.missing}:-value}.` }
        : didYouMean(problem.missing, Object.keys(options.variables)))
  }))
  if (problems.length > 0) return { objects: [], diagnostics: problems }
  const { diagnostics, source } = parseYaml(file, filled.text)
  const checked = (source?.documents ?? [])
    .filter((document) => document.value !== null && document.value !== undefined)
    .map((document) => checkObject(file, document, kinds))
  return {
    objects: checked.flatMap(({ object }) => (object === undefined ? [] : [object])),
    diagnostics: [
      ...diagnostics,
      ...checked.flatMap(({ diagnostic }) => (diagnostic === undefined ? [] : [diagnostic]))
    ]
  }
}
