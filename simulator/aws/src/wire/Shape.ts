/**
 * The shapes of requests and answers as the wire's readers and writers see them, read from the notation of `WireNames.ts`.
 *
 * A line `Filter= Name Value>Values:[string]` is a structure; a word is a member: `wire/query>member:type`. `wire` is its
 * element in an answer, `query` its parameter in an EC2 request (`wire` with a capital unless given), `member` its name in
 * the SDK's shape (likewise), `type` one of `string` (unless given), `number`, `boolean`, `time`, `blob`, `[type]` for a list,
 * `[element type]` for a list whose elements are not called as usual (`item` in EC2, `member` elsewhere), `{type}` for a map from
 * text, or the name of a structure.
 * Left out: maps outside the JSON protocol, documents and streams, which no operation of the waist uses.
 *
 * @source https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
 */
import type { AwsServiceName } from "@capstan/aws"
import { wireNames } from "./WireNames.ts"

export type Scalar = "string" | "number" | "boolean" | "time" | "blob"

export type WireType =
  | { readonly kind: "scalar"; readonly scalar: Scalar }
  /** `element`: what its elements are called; `undefined` for the usual. */
  | { readonly kind: "list"; readonly element: string | undefined; readonly of: WireType }
  /** From text to values of one type. */
  | { readonly kind: "map"; readonly of: WireType }
  | { readonly kind: "structure"; readonly name: string }

export interface Member {
  /** Its name in the SDK's shape. */
  readonly member: string
  /** Its element in XML, its key in JSON, its parameter in the query protocol. */
  readonly wire: string
  /** Its parameter in the EC2 protocol. */
  readonly query: string
  readonly type: WireType
}

export interface Structure {
  readonly name: string
  readonly members: ReadonlyArray<Member>
}

export interface WireOperation {
  readonly name: string
  readonly input: string
  /** `undefined` where AWS answers with an empty body. */
  readonly output: string | undefined
}

/** All that is to be known of a service's shapes. */
export interface WireModel {
  readonly operations: ReadonlyMap<string, WireOperation>
  readonly structures: ReadonlyMap<string, Structure>
}

const models = new Map<AwsServiceName, WireModel>()

/** The shapes of a service, read when first asked for. */
export const modelOf = (service: AwsServiceName): WireModel => {
  let model = models.get(service)
  if (model === undefined) models.set(service, (model = readModel(wireNames[service])))
  return model
}

/** The structure of this name; every name in the notation stands for one. */
export const structureOf = (model: WireModel, name: string): Structure => {
  const structure = model.structures.get(name)
  if (structure === undefined) throw new Error(`WireNames.ts has no structure ${name}`)
  return structure
}

const readModel = (names: { readonly operations: string; readonly structures: string }): WireModel => ({
  operations: new Map(
    linesOf(names.operations)
      .map(readOperation)
      .map((operation) => [operation.name, operation])
  ),
  structures: new Map(
    linesOf(names.structures)
      .map(readStructure)
      .map((structure) => [structure.name, structure])
  )
})

/** Lines, those that are indented joined to the one before. */
const linesOf = (text: string): ReadonlyArray<string> => text.trim().replaceAll(/\n\s+/g, " ").split("\n")

const readOperation = (line: string): WireOperation => {
  const [name = "", input = "", output = "-"] = line.split(" ")
  return { name, input, output: output === "-" ? undefined : output }
}

const readStructure = (line: string): Structure => {
  const [name = "", words = ""] = line.split("=")
  return { name, members: [...words.matchAll(memberWord)].map(readMember) }
}

const memberWord =
  /(?<wire>[\w.-]+)(?:\/(?<query>[\w.-]+))?(?:>(?<member>\w+))?(?::(?<type>\w+|\[[^\]]+\]|\{[^}]+\}))?/g

const readMember = ({ groups = {} }: RegExpMatchArray): Member => {
  const { wire = "", query = capital(wire), member = capital(wire), type = "string" } = groups
  return { wire, query, member, type: readType(type) }
}

const scalars: ReadonlySet<string> = new Set<Scalar>(["string", "number", "boolean", "time", "blob"])
const isScalar = (word: string): word is Scalar => scalars.has(word)

const readType = (text: string): WireType => {
  if (text.startsWith("[")) {
    const [first = "", second] = text.slice(1, -1).split(" ")
    return second === undefined
      ? { kind: "list", element: undefined, of: readType(first) }
      : { kind: "list", element: first, of: readType(second) }
  }
  if (text.startsWith("{")) return { kind: "map", of: readType(text.slice(1, -1)) }
  return isScalar(text) ? { kind: "scalar", scalar: text } : { kind: "structure", name: text }
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
