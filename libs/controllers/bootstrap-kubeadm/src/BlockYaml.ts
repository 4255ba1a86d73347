/**
 * Writes plain values as block-style YAML. Pure.
 *
 * Only what machines read is written with it (cloud-config and kubeadm documents), so it has one way to write each thing:
 * text that could be read as anything else is quoted as JSON, which YAML takes; text of several lines is a literal block.
 * A general library takes some hundred times as long, and every machine that boots pays for it.
 *
 * @source https://yaml.org/spec/1.2.2/
 */

import { isJsonObject } from "@capstan/api"

export type YamlValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | ReadonlyArray<YamlValue>
  | { readonly [key: string]: YamlValue }

/** Text that every YAML reader takes as this very text. */
const plain = /^[A-Za-z_/][A-Za-z0-9_./-]*$/
/** Words that some readers take for booleans or null. */
const reserved = /^(y|n|yes|no|on|off|true|false|null)$/i
/** Characters that a literal block can hold. */
const printable = /^[\t\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]*$/

const isLiteral = (text: string): boolean =>
  text.includes("\n") && printable.test(text) && !/^[\s]/.test(text) && !text.includes("\t") && /[^\n]/.test(text)

const literal = (text: string, indent: string): string => {
  const body = text.replace(/\n+$/, "")
  const trailing = text.length - body.length
  const chomp = trailing === 0 ? "-" : trailing === 1 ? "" : "+"
  const lines = body.split("\n").map((line) => (line === "" ? "" : `${indent}${line}`))
  return `|${chomp}\n${lines.join("\n")}${"\n".repeat(Math.max(0, trailing - 1))}`
}

const scalar = (value: string | number | boolean | null, indent: string): string => {
  if (typeof value !== "string") return String(value)
  if (isLiteral(value)) return literal(value, indent)
  return plain.test(value) && !reserved.test(value) ? value : JSON.stringify(value)
}

const entries = (value: { readonly [key: string]: YamlValue }): ReadonlyArray<readonly [string, YamlValue]> =>
  Object.entries(value).filter(([, item]) => item !== undefined)

const isEmpty = (value: YamlValue): boolean =>
  Array.isArray(value) ? value.length === 0 : isJsonObject(value) && entries(value).length === 0

/** What stands behind a key or a dash, from its first character on. */
const behind = (value: YamlValue, indent: string, inSequence: boolean): string => {
  if (value === undefined || value === null) return " null"
  if (isEmpty(value)) return Array.isArray(value) ? " []" : " {}"
  if (Array.isArray(value)) {
    return inSequence ? ` ${sequence(value, `${indent}  `).trimStart()}` : `\n${sequence(value, indent)}`
  }
  if (isJsonObject(value)) {
    return inSequence ? ` ${mapping(value, `${indent}  `).trimStart()}` : `\n${mapping(value, `${indent}  `)}`
  }
  return ` ${scalar(value as string | number | boolean, `${indent}  `)}`
}

const sequence = (values: ReadonlyArray<YamlValue>, indent: string): string =>
  values.map((value) => `${indent}-${behind(value, indent, true)}`).join("\n")

const mapping = (value: { readonly [key: string]: YamlValue }, indent: string): string =>
  entries(value)
    .map(
      ([key, item]) =>
        `${indent}${plain.test(key) && !reserved.test(key) ? key : JSON.stringify(key)}:${behind(item, indent, false)}`
    )
    .join("\n")

/** One document, ending in a line break. Keys whose value is undefined are left out. */
export const blockYaml = (value: { readonly [key: string]: YamlValue }): string =>
  entries(value).length === 0 ? "{}\n" : `${mapping(value, "")}\n`
