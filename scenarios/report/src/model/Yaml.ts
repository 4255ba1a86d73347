/**
 * An object as lines of YAML, for reading. Pure.
 *
 * Block style throughout; a text is plain where YAML reads it back as that text, else in quotes as JSON writes them. What every object
 * has and nobody asks for (managed fields) is left out. Nothing reads it back, so a library of ten times the page's size would be a
 * poor bargain.
 *
 * @source https://yaml.org/spec/1.2.2/#73-flow-scalar-styles
 */
const plain = /^[A-Za-z_/.][\w ./@%+=,()-]*(?::[\w./@%+=,()-]+)*$/
const otherMeaning = /^(?:true|false|null|yes|no|on|off|y|n|~|\.inf|\.nan)$/i

const scalar = (value: unknown): string => {
  if (typeof value !== "string") return JSON.stringify(value) ?? "null"
  return plain.test(value) && !otherMeaning.test(value) && !value.endsWith(" ") ? value : JSON.stringify(value)
}

const isEmpty = (value: object): boolean =>
  Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0

/** The lines of any JSON value, indented by `indent` spaces. */
export const yamlLines = (value: unknown, indent = 0): ReadonlyArray<string> => {
  const space = " ".repeat(indent)
  if (typeof value !== "object" || value === null) return [`${space}${scalar(value)}`]
  if (isEmpty(value)) return [`${space}${Array.isArray(value) ? "[]" : "{}"}`]
  if (Array.isArray(value)) {
    return value.flatMap((each) => {
      const [first = "", ...rest] = yamlLines(each, indent + 2)
      return [`${space}- ${first.slice(indent + 2)}`, ...rest]
    })
  }
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === "managedFields") return []
    if (typeof inner === "string" && inner.includes("\n") && !/^\s|\r|\s$/.test(inner)) {
      return [
        `${space}${scalar(name)}: |-`,
        ...inner.split("\n").map((line) => (line === "" ? "" : `${space}  ${line}`))
      ]
    }
    if (typeof inner !== "object" || inner === null || isEmpty(inner)) {
      return [`${space}${scalar(name)}: ${yamlLines(inner)[0] ?? ""}`]
    }
    return [`${space}${scalar(name)}:`, ...yamlLines(inner, Array.isArray(inner) ? indent : indent + 2)]
  })
}
