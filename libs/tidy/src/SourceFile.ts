/**
 * A source file as rules read it: its text, and the same text with comments and strings blanked out.
 *
 * Rules look for words of code. A sentence in a comment or a string may name `Math.random` freely, so both are overwritten with
 * spaces, keeping every offset and line. The scanner knows strings, templates with their `${…}`, comments and regular
 * expressions; it is no parser, and takes a `/` after an operand for a division.
 *
 * @source https://tc39.es/ecma262/#sec-ecmascript-language-lexical-grammar
 */

/** A file of the repository. `path` is from the root, with forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** The line, counted from 1, in which the character at `offset` stands. */
export const lineAt = (text: string, offset: number): number => {
  let line = 1
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line += 1
  return line
}

const startsRegExp =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|yield|await|default|else|do|void|throw|new))$/

/** Where the string, template part or regular expression that is open at `from` ends: the offset of its closing mark, or of the end. */
const closingOf = (text: string, from: number, mark: string): number => {
  let inClass = false
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (character === "\\") at += 1
    else if (mark === "/" && character === "[") inClass = true
    else if (mark === "/" && character === "]") inClass = false
    else if (mark === "`" && character === "$" && text[at + 1] === "{") return at
    else if (character === mark && !inClass) return at
    else if (character === "\n" && mark !== "`") return at
  }
  return text.length
}

/** The text with the contents of comments, strings and regular expressions replaced by spaces. Quotes and lines stay. */
export const codeOf = (text: string): string => {
  const code = text.split("")
  const blank = (from: number, to: number): void => {
    for (let at = from; at < to; at++) if (code[at] !== "\n") code[at] = " "
  }
  /** For each template that is open: how many braces are open in its present `${…}`. */
  const templates: Array<number> = []
  let operand = ""
  let at = 0

  const passTemplate = (from: number): number => {
    const end = closingOf(text, from, "`")
    blank(from, end)
    if (text[end] !== "$") return end + 1
    templates.push(0)
    operand = "{"
    return end + 2
  }

  while (at < text.length) {
    const character = text[at] ?? ""
    if (text.startsWith("//", at) || (at === 0 && text.startsWith("#!"))) {
      const newline = text.indexOf("\n", at)
      const end = newline === -1 ? text.length : newline
      blank(at, end)
      at = end
    } else if (text.startsWith("/*", at)) {
      const close = text.indexOf("*/", at + 2)
      const end = close === -1 ? text.length : close + 2
      blank(at, end)
      at = end
    } else if (character === '"' || character === "'" || (character === "/" && startsRegExp.test(operand))) {
      const end = closingOf(text, at + 1, character)
      blank(at + 1, end)
      at = end + 1
      operand = character
    } else if (character === "`") {
      operand = character
      at = passTemplate(at + 1)
    } else if (character === "}" && templates.at(-1) === 0) {
      templates.pop()
      operand = "`"
      at = passTemplate(at + 1)
    } else {
      const open = templates.length - 1
      if (character === "{" && open >= 0) templates[open] = (templates[open] ?? 0) + 1
      if (character === "}" && open >= 0) templates[open] = (templates[open] ?? 0) - 1
      if (/\S/.test(character)) {
        const wordGoesOn = /\w/.test(character) && /\w$/.test(operand) && /\w/.test(text[at - 1] ?? "")
        operand = wordGoesOn ? operand + character : character
      }
      at += 1
    }
  }
  return code.join("")
}
