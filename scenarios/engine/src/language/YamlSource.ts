/**
 * A YAML text with the place of everything in it, so that each complaint can name line and column.
 *
 * @source https://eemeli.org/yaml/
 */
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit
} from "yaml"
import type { Diagnostic } from "./Diagnostic.ts"

export type Path = ReadonlyArray<string | number>

export interface Position {
  readonly line: number
  readonly column: number
}

/** One document of a YAML text. */
export interface YamlDocument {
  readonly value: unknown
  /** Where the value at a path stands; `key` asks for its key instead. The nearest parent when the path leads nowhere. */
  readonly positionOf: (path: Path, part?: "key" | "value") => Position
}

export interface YamlSource {
  readonly file: string
  readonly documents: ReadonlyArray<YamlDocument>
}

const nodeAt = (document: Document, path: Path, part: "key" | "value"): Node | null => {
  let node: Node | null = document.contents as Node | null
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step)
      )
      if (pair === undefined) return node
      const next = (last && part === "key" ? pair.key : (pair.value ?? pair.key)) as Node | null
      if (next === null) return node
      node = next
    } else if (isSeq(node)) {
      const next = node.items[Number(step)] as Node | undefined
      if (next === undefined) return node
      node = next
    } else {
      return node
    }
  }
  return node
}

/** What no YAML file may hold, and what decoding puts in the place of bytes that are not UTF-8. */
// oxlint-disable-next-line no-control-regex
const notText = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd-\uffff]/

const positionIn = (text: string, offset: number): Position => {
  const before = text.slice(0, offset).split("\n")
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

/** Reads every document of a text. Broken YAML gives diagnostics and no source. */
export const parseYaml = (
  file: string,
  text: string
): { readonly source?: YamlSource; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const binary = notText.exec(text)
  if (binary !== null) {
    const message = "This is no text in UTF-8: a control character, or bytes that mean nothing."
    return { diagnostics: [{ file, ...positionIn(text, binary.index), code: "YAML003", message }] }
  }
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })
  const documents = Array.isArray(parsed) ? parsed : []
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const diagnostics = documents.flatMap((document) =>
    [...document.errors, ...document.warnings].map((error): Diagnostic => ({
      file,
      ...at(error.pos[0]),
      code: "YAML001",
      message: `${error.message.trim().replace(/\.$/, "")}.`
    }))
  )
  if (diagnostics.length > 0) return { diagnostics }
  const read = documents.map((document) => readDocument(document as Document, at))
  const unread = read.flatMap((result): ReadonlyArray<Diagnostic> =>
    "problem" in result ? [{ file, ...result.position, code: "YAML002", message: result.problem }] : []
  )
  if (unread.length > 0) return { diagnostics: unread }
  return { diagnostics, source: { file, documents: read.flatMap((result) => ("problem" in result ? [] : [result])) } }
}

type Read = YamlDocument | { readonly problem: string; readonly position: Position }

/** The plain value of a document: aliases that lead nowhere, or multiply without bound, are found only here. */
const readDocument = (document: Document, at: (offset: number) => Position): Read => {
  try {
    return {
      value: document.toJS({ maxAliasCount: 100 }) as unknown,
      positionOf: (path, part = "value") => at(nodeAt(document, path, part)?.range?.[0] ?? document.range?.[0] ?? 0)
    }
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const [message = ""] = error.message.split("\n")
    return { problem: `${message.trim()}.`, position: at(aliasOffset(document, message) ?? document.range?.[0] ?? 0) }
  }
}

/** Where the alias stands that a message ends with. */
const aliasOffset = (document: Document, message: string): number | undefined => {
  let found: number | undefined
  visit(document, (_, node) => {
    if (!isAlias(node) || !message.endsWith(`: ${node.source}`)) return undefined
    found = node.range?.[0]
    return visit.BREAK
  })
  return found
}
