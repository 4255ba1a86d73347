/**
 * The parameters of a query request as a tree: `Filter.1.Value.2=x` lies at `Filter`, `1`, `Value`, `2`.
 *
 * Sizes are limited by the number of parameters and by their depth, never by what a parameter claims: an index is a name here.
 *
 * @fidelity assumed — A parameter that is given twice, or too many of them, is a malformed query.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
import { refuse } from "../Refusal.ts"

export interface FormNode {
  value: string | undefined
  readonly children: Map<string, FormNode>
}

const parametersMax = 10_000
const depthMax = 16

/** Names and values of a form or a query string, decoded, in their order. Refuses what is no such text. */
export const readPairs = (text: string): ReadonlyArray<readonly [name: string, value: string]> => {
  const parts = text.split("&", parametersMax + 1).filter((part) => part !== "")
  if (parts.length > parametersMax) throw malformed(`it has more than ${parametersMax} parameters`)
  return parts.map((part) => {
    const equals = part.indexOf("=")
    const name = equals === -1 ? part : part.slice(0, equals)
    return [decode(name), equals === -1 ? "" : decode(part.slice(equals + 1))]
  })
}

/** The tree of these parameters. */
export const formTree = (pairs: ReadonlyArray<readonly [name: string, value: string]>): FormNode => {
  const root = emptyNode()
  for (const [name, value] of pairs) {
    const path = name.split(".", depthMax + 1)
    if (path.length > depthMax) throw malformed("a parameter lies too deep")
    let node = root
    for (const part of path) {
      let child = node.children.get(part)
      if (child === undefined) node.children.set(part, (child = emptyNode()))
      node = child
    }
    if (node.value !== undefined) throw malformed(`the parameter ${name} is given twice`)
    node.value = value
  }
  return root
}

const emptyNode = (): FormNode => ({ value: undefined, children: new Map() })

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    throw malformed("its percent-encoding is no UTF-8")
  }
}

const malformed = (why: string) => refuse("MalformedQueryString", `The query string is malformed: ${why}.`)
