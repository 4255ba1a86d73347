/**
 * Reads a request of the query protocols: a tree of parameters and a shape give the request that the account understands.
 *
 * EC2 writes a list as `Filter.1`, the other services as `Names.member.1`. Indices give the order and nothing else. What the
 * shape does not name is refused by the name that the caller used.
 *
 * @fidelity documented https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html — Names of parameters, lists and values of the EC2 protocol.
 * @fidelity documented https://smithy.io/2.0/aws/protocols/aws-query-protocol.html — Names of parameters, lists and values of the query protocol; an empty list is an empty parameter.
 * @fidelity assumed — Lists are ordered by index, gaps do not matter; `InvalidParameterValue` for every value that does not fit its type.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
import { refuse } from "../Refusal.ts"
import { base64Bytes } from "./Base64.ts"
import type { FormNode } from "./FormTree.ts"
import { type Member, type Scalar, structureOf, type WireModel, type WireType } from "./Shape.ts"

export interface QueryDialect {
  readonly parameterOf: (member: Member) => string
  /** What stands between a list's name and an index, if anything. */
  readonly listWord: string | undefined
}

export const ec2Dialect: QueryDialect = { parameterOf: (member) => member.query, listWord: undefined }
export const queryDialect: QueryDialect = { parameterOf: (member) => member.wire, listWord: "member" }

/** The request of this shape. Throws a `Refusal` for what does not fit. */
export const readQuery = (model: WireModel, dialect: QueryDialect, structure: string, form: FormNode): object =>
  readStructure({ model, dialect }, structure, form, "")

interface Reading {
  readonly model: WireModel
  readonly dialect: QueryDialect
}

const readStructure = (reading: Reading, name: string, node: FormNode, path: string): object => {
  if (node.value !== undefined && node.value !== "") throw unfit(path, node.value, "a structure")
  const { members } = structureOf(reading.model, name)
  const fields: Array<readonly [string, unknown]> = []
  for (const [parameter, child] of node.children) {
    const at = path === "" ? parameter : `${path}.${parameter}`
    const member = members.find((one) => reading.dialect.parameterOf(one) === parameter)
    if (member === undefined) throw refuse("UnknownParameter", `The parameter ${at} is not recognized`)
    fields.push([member.member, readValue(reading, member.type, child, at)])
  }
  return Object.fromEntries(fields)
}

const readValue = (reading: Reading, type: WireType, node: FormNode, path: string): unknown => {
  if (type.kind === "structure") return readStructure(reading, type.name, node, path)
  if (type.kind === "list") return readList(reading, type.of, node, path)
  if (type.kind === "map") throw new Error("the query protocol's requests have no maps")
  const [inner] = node.children.keys()
  if (inner !== undefined) throw refuse("UnknownParameter", `The parameter ${path}.${inner} is not recognized`)
  return readScalar(type.scalar, node.value ?? "", path)
}

const readList = (reading: Reading, of: WireType, node: FormNode, path: string): ReadonlyArray<unknown> => {
  const { listWord } = reading.dialect
  if (node.value !== undefined && node.value !== "") throw unfit(path, node.value, "a list")
  const elements = listWord === undefined ? node : node.children.get(listWord)
  const stranger = listWord === undefined ? undefined : [...node.children.keys()].find((key) => key !== listWord)
  if (stranger !== undefined) throw refuse("UnknownParameter", `The parameter ${path}.${stranger} is not recognized`)
  const indexed = [...(elements?.children ?? [])].map(([key, child]) => {
    if (!/^[0-9]{1,9}$/.test(key)) throw refuse("UnknownParameter", `The parameter ${path}.${key} is not recognized`)
    return { index: Number(key), key, child }
  })
  indexed.sort((a, b) => a.index - b.index)
  return indexed.map(({ child, key }) => readValue(reading, of, child, `${path}.${key}`))
}

const readScalar = (scalar: Scalar, text: string, path: string): unknown => {
  switch (scalar) {
    case "string":
      return text
    case "number":
      if (!/^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/.test(text)) throw unfit(path, text, "a number")
      return Number(text)
    case "boolean":
      if (!/^(?:true|false)$/i.test(text)) throw unfit(path, text, "true or false")
      return text.toLowerCase() === "true"
    case "time":
      if (!/^\d{4}-\d{2}-\d{2}T[\d:.]{5,15}(?:Z|[+-]\d{2}:\d{2})$/.test(text) || Number.isNaN(Date.parse(text))) {
        throw unfit(path, text, "a time such as 2030-01-01T00:00:00Z")
      }
      return new Date(text)
    case "blob": {
      const bytes = base64Bytes(text)
      if (bytes === undefined) throw refuse("InvalidParameterValue", `The value of ${path} is not base64.`)
      return bytes
    }
  }
}

const shownMax = 100

const unfit = (path: string, value: string, wanted: string) =>
  refuse(
    "InvalidParameterValue",
    `Value (${value.length <= shownMax ? value : `${value.slice(0, shownMax)}…`}) for parameter ${path} is invalid. It has to be ${wanted}.`
  )
