/**
 * Writes answers and errors as the XML of the query protocols.
 *
 * EC2's members stand directly in the answer and its list elements are called `item`; the other services wrap both: a result,
 * and `member`. What XML cannot carry at all (control characters, halves of surrogate pairs) becomes U+FFFD.
 *
 * @fidelity documented https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html — Answers and errors of the EC2 protocol.
 * @fidelity documented https://smithy.io/2.0/aws/protocols/aws-query-protocol.html — Answers and errors of the query protocol.
 * @source https://www.w3.org/TR/xml/#charsets
 */
import { base64Text } from "./Base64.ts"
import { structureOf, type WireModel, type WireOperation, type WireType } from "./Shape.ts"
import type { WireService } from "./WireService.ts"

const declaration = `<?xml version="1.0" encoding="UTF-8"?>\n`

/** The body of a successful answer. Throws when the answer has a member that the shape does not name. */
export const writeAnswer = (
  service: WireService,
  model: WireModel,
  operation: WireOperation,
  output: unknown,
  requestId: string
): string => {
  const wrapped = service.protocol === "query"
  const members =
    operation.output === undefined
      ? wrapped
        ? ""
        : "<return>true</return>"
      : writeStructure({ model, usual: wrapped ? "member" : "item" }, operation.output, output)
  const id = element(wrapped ? "RequestId" : "requestId", escape(requestId))
  const result = operation.output === undefined ? "" : element(`${operation.name}Result`, members)
  const content = wrapped ? `${result}${element("ResponseMetadata", id)}` : `${id}${members}`
  const name = `${operation.name}Response`
  return `${declaration}<${name} xmlns="${service.namespace}">${content}</${name}>`
}

/** The body of an error. */
export const writeError = (
  service: Pick<WireService, "protocol" | "namespace">,
  error: { readonly code: string; readonly message: string; readonly statusCode: number },
  requestId: string
): string => {
  const said = `${element("Code", escape(error.code))}${element("Message", escape(error.message))}`
  if (service.protocol === "ec2") {
    const errors = element("Errors", element("Error", said))
    return `${declaration}${element("Response", `${errors}${element("RequestID", escape(requestId))}`)}`
  }
  const type = element("Type", error.statusCode >= 500 ? "Receiver" : "Sender")
  const content = `${element("Error", `${type}${said}`)}${element("RequestId", escape(requestId))}`
  return `${declaration}<ErrorResponse xmlns="${service.namespace}">${content}</ErrorResponse>`
}

interface Writing {
  readonly model: WireModel
  /** What a list's elements are called unless the shape says it. */
  readonly usual: string
}

const writeStructure = (writing: Writing, name: string, value: unknown): string => {
  const { members } = structureOf(writing.model, name)
  const given: ReadonlyArray<readonly [string, unknown]> = Object.entries(value ?? {})
  return given
    .filter(([, inner]) => inner !== undefined && inner !== null)
    .map(([key, inner]) => {
      const member = members.find((one) => one.member === key)
      if (member === undefined) throw new Error(`an answer holds ${name}.${key}, for which the wire has no name`)
      return element(member.wire, writeValue(writing, member.type, inner))
    })
    .join("")
}

const writeValue = (writing: Writing, type: WireType, value: unknown): string => {
  switch (type.kind) {
    case "structure":
      return writeStructure(writing, type.name, value)
    case "list": {
      const elements: ReadonlyArray<unknown> = Array.isArray(value) ? value : []
      return elements.map((one) => element(type.element ?? writing.usual, writeValue(writing, type.of, one))).join("")
    }
    case "map":
      throw new Error("the query protocol's answers have no maps")
    case "scalar":
      if (value instanceof Date) return value.toISOString()
      if (value instanceof Uint8Array) return base64Text(value)
      return escape(String(value))
  }
}

const element = (name: string, content: string): string =>
  content === "" ? `<${name}/>` : `<${name}>${content}</${name}>`

const entities: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#xD;"
}

/** Text as it may stand in an element. A carriage return is spelt out, since a reader of XML would drop it. */
const escape = (text: string): string =>
  text
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replaceAll(/[&<>"\r]/g, (character) => entities[character] ?? "")
