/**
 * Reads YAML quickly: block style, single-line scalars and literal blocks by itself, everything else with the library. Pure.
 *
 * Every machine that boots has a cloud-config of ten to twenty kilobytes, nearly all of it certificates in literal blocks; a
 * library looks at each of their characters. What this reader does not know (flow collections, anchors, tags, folded text,
 * tabs) it leaves to the library, whole documents at a time, so the answer is the library's in every case.
 *
 * @source https://yaml.org/spec/1.2.2/
 */
import { parseAllDocuments } from "yaml"

/** A value as JSON has it. */
export type YamlValue =
  | string
  | number
  | boolean
  | null
  | ReadonlyArray<YamlValue>
  | { readonly [key: string]: YamlValue }

/** Thrown by the reader at what it does not know, and caught by `readYaml`. */
const beyond = new Error("beyond the plain part of YAML")

/** All documents of a text; one that is begun and left empty is null. Throws the library's error when the text is no YAML. */
export const readYaml = (text: string): ReadonlyArray<YamlValue> => {
  if (!/[\t\r]|^(?:%|\.\.\.)/m.test(text)) {
    try {
      return documentsOf(text).map((lines) => new Reader(lines).document())
    } catch (error) {
      if (error !== beyond) throw error
    }
  }
  const documents = parseAllDocuments(text)
  if (!Array.isArray(documents)) return []
  return documents.map((document) => {
    const [error] = document.errors
    if (error !== undefined) throw error
    // JSON values are all that the core schema gives.
    return document.toJS() as YamlValue
  })
}

const documentsOf = (text: string): ReadonlyArray<Array<string>> => {
  const documents: Array<Array<string>> = []
  let current: Array<string> = []
  let begun = false
  for (const line of text.split("\n")) {
    if (!line.startsWith("---")) {
      current.push(line)
      begun ||= line !== "" && !line.startsWith("#")
      continue
    }
    if (line !== "---") throw beyond
    if (begun) documents.push(current)
    current = []
    begun = true
  }
  if (begun) documents.push(current)
  return documents
}

const indentOf = (line: string): number => {
  let indent = 0
  while (line.charCodeAt(indent) === 32) indent++
  return indent
}

const entryPattern = /^(?:([A-Za-z0-9_./][^\s:#"'[\]{},&*!|>%@`]*)|"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)') *:(?: +(.*))?$/

class Reader {
  private readonly lines: Array<string>
  private at = 0

  constructor(lines: Array<string>) {
    this.lines = lines
  }

  document(): YamlValue {
    if (!this.seek()) return null
    const value = this.block(indentOf(this.line))
    if (this.seek()) throw beyond
    return value
  }

  private get line(): string {
    return this.lines[this.at] ?? ""
  }

  /** Moves to the next line that says something. */
  private seek(): boolean {
    for (; this.at < this.lines.length; this.at++) {
      const line = this.line
      const indent = indentOf(line)
      if (indent < line.length && line.charCodeAt(indent) !== 35) return true
    }
    return false
  }

  private block(indent: number): YamlValue {
    return isItem(this.line, indent) ? this.sequence(indent) : this.mapping(indent)
  }

  private sequence(indent: number): ReadonlyArray<YamlValue> {
    const items: Array<YamlValue> = []
    while (this.seek() && indentOf(this.line) === indent && isItem(this.line, indent)) {
      const line = this.line
      const offset = indentOf(line.slice(indent + 1)) + indent + 1
      const rest = line.slice(offset)
      if (rest === "" || rest.startsWith("#")) {
        this.at++
        items.push(this.nested(indent, false))
      } else if (isItem(rest, 0) || entryPattern.test(rest)) {
        this.lines[this.at] = " ".repeat(offset) + rest
        items.push(this.block(offset))
      } else items.push(this.scalar(rest, indent))
    }
    if (this.seek() && indentOf(this.line) > indent) throw beyond
    return items
  }

  private mapping(indent: number): { readonly [key: string]: YamlValue } {
    const entries: { [key: string]: YamlValue } = {}
    while (this.seek() && indentOf(this.line) === indent && !isItem(this.line, indent)) {
      const match = entryPattern.exec(this.line.slice(indent))
      if (match === null) throw beyond
      const key =
        match[1] ?? (match[2] === undefined ? (match[3] ?? "").replaceAll("''", "'") : quoted(`"${match[2]}"`))
      if (key === "__proto__" || Object.hasOwn(entries, key)) throw beyond
      const rest = match[4] ?? ""
      if (rest === "" || rest.startsWith("#")) {
        this.at++
        entries[key] = this.nested(indent, true)
      } else entries[key] = this.scalar(rest, indent)
    }
    if (this.seek() && indentOf(this.line) > indent) throw beyond
    return entries
  }

  /** What belongs to a key or a dash with nothing behind it. Items may stand as far left as their key. */
  private nested(indent: number, underKey: boolean): YamlValue {
    if (!this.seek()) return null
    const inner = indentOf(this.line)
    if (inner > indent || (underKey && inner === indent && isItem(this.line, inner))) return this.block(inner)
    return null
  }

  private scalar(rest: string, indent: number): YamlValue {
    this.at++
    if (rest.startsWith("|")) return this.literal(rest, indent)
    const value = lineScalar(rest)
    if (this.seek() && indentOf(this.line) > indent) throw beyond
    return value
  }

  private literal(header: string, indent: number): string {
    const [, chomping] =
      /^\|([-+]?) *$/.exec(header) ??
      (() => {
        throw beyond
      })()
    const body: Array<string> = []
    let inner = 0
    for (; this.at < this.lines.length; this.at++) {
      const line = this.line
      const own = indentOf(line)
      if (own === line.length) {
        if (own > inner && (inner !== 0 || own > indent + 1)) throw beyond
        body.push("")
        continue
      }
      if (inner === 0) {
        if (own <= indent) break
        inner = own
      }
      if (own < inner) break
      body.push(line.slice(inner))
    }
    let end = body.length
    while (end > 0 && body[end - 1] === "") end--
    const text = body.slice(0, end).join("\n")
    // What follows the last line break of a document is no line of its own.
    const breaks = this.at >= this.lines.length ? Math.max(1, body.length - end) : body.length - end + 1
    if (chomping === "-") return text
    if (chomping === "+") return text + "\n".repeat(breaks)
    return text === "" ? "" : `${text}\n`
  }
}

const isItem = (line: string, indent: number): boolean =>
  line.charCodeAt(indent) === 45 && (line.length === indent + 1 || line.charCodeAt(indent + 1) === 32)

const quoted = (text: string): string => {
  try {
    return String(JSON.parse(text))
  } catch {
    throw beyond
  }
}

const lineScalar = (rest: string): YamlValue => {
  const text = rest.trimEnd()
  if (text.startsWith('"')) {
    const match = /^("(?:[^"\\]|\\.)*")(?: +#.*)?$/.exec(text)
    if (match === null) throw beyond
    return quoted(match[1] ?? "")
  }
  if (text.startsWith("'")) {
    const match = /^'((?:[^']|'')*)'(?: +#.*)?$/.exec(text)
    if (match === null) throw beyond
    return (match[1] ?? "").replaceAll("''", "'")
  }
  if (text === "[]") return []
  if (text === "{}") return {}
  if (/^[[\]{},&*!|>%@`#]|^[-?:](?: |$)|: |:$| #/.test(text)) throw beyond
  return plain(text)
}

/** The core schema's reading of plain text. */
const plain = (text: string): YamlValue => {
  if (/^(?:~|null|Null|NULL)$/.test(text)) return null
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (/^(?:false|False|FALSE)$/.test(text)) return false
  if (/^[-+]?[0-9]+$/.test(text)) {
    const value = Number(text)
    if (!Number.isSafeInteger(value)) throw beyond
    return value
  }
  if (/^[-+]?\.?[0-9]|^[-+]?\.(?:inf|nan)/i.test(text) && /^[-+.0-9a-fx_oein]+$/i.test(text)) {
    if (/^[-+]?(?:[0-9]+\.[0-9]+)$/.test(text)) return Number(text)
    if (/^[0-9]+(?:\.[0-9]+){2,}$/.test(text)) return text
    throw beyond
  }
  return text
}
