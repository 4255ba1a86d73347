/**
 * Reads and writes the bodies of the JSON 1.1 protocol.
 *
 * Members are called as in the shape; bytes are base64, times are seconds. What the shape does not name is left as it is: the
 * account refuses it by name.
 *
 * @fidelity documented https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html — Bodies, errors, bytes and times.
 * @fidelity assumed — `SerializationException` for every body and value that does not fit its type.
 * @source https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
 */
import { refuse } from "../Refusal.ts"
import { base64Bytes, base64Text } from "./Base64.ts"
import { type Scalar, structureOf, type WireModel, type WireType } from "./Shape.ts"

/** The request of this shape. Throws a `Refusal` for what does not fit. */
export const readJson = (model: WireModel, structure: string, text: string): object => {
  let body: unknown
  try {
    body = JSON.parse(text === "" ? "{}" : text)
  } catch {
    throw refuse("SerializationException", "The request's body is not JSON.")
  }
  return readStructure(model, structure, body, "the request")
}

/** The body of a successful answer. Throws when the answer has a member that the shape does not name. */
export const writeJson = (model: WireModel, structure: string | undefined, output: unknown): string =>
  structure === undefined ? "{}" : JSON.stringify(writeStructure(model, structure, output))

/** The body of an error. */
export const writeJsonError = (error: { readonly code: string; readonly message: string }): string =>
  JSON.stringify({ __type: error.code, Message: error.message, message: error.message })

const readStructure = (model: WireModel, name: string, value: unknown, path: string): object => {
  if (!isObject(value)) throw unfit(path, "an object")
  const { members } = structureOf(model, name)
  const given: ReadonlyArray<readonly [string, unknown]> = Object.entries(value)
  return Object.fromEntries(
    given
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => {
        const member = members.find((one) => one.wire === key)
        return member === undefined ? [key, inner] : [member.member, readValue(model, member.type, inner, key)]
      })
  )
}

const readValue = (model: WireModel, type: WireType, value: unknown, path: string): unknown => {
  switch (type.kind) {
    case "structure":
      return readStructure(model, type.name, value, path)
    case "list":
      if (!Array.isArray(value)) throw unfit(path, "a list")
      return value.map((one: unknown) => readValue(model, type.of, one, path))
    case "map":
      if (!isObject(value)) throw unfit(path, "an object")
      return mapValues(value, (one) => readValue(model, type.of, one, path))
    case "scalar":
      return readScalar(type.scalar, value, path)
  }
}

const readScalar = (scalar: Scalar, value: unknown, path: string): unknown => {
  switch (scalar) {
    case "string":
    case "boolean":
    case "number":
      if (typeof value !== scalar) throw unfit(path, `a ${scalar}`)
      return value
    case "time":
      if (typeof value !== "number") throw unfit(path, "a number of seconds")
      return new Date(value * 1000)
    case "blob": {
      const bytes = typeof value === "string" ? base64Bytes(value) : undefined
      if (bytes === undefined) throw unfit(path, "base64")
      return bytes
    }
  }
}

const writeStructure = (model: WireModel, name: string, value: unknown): object => {
  const { members } = structureOf(model, name)
  const given: ReadonlyArray<readonly [string, unknown]> = Object.entries(value ?? {})
  return Object.fromEntries(
    given
      .filter(([, inner]) => inner !== undefined && inner !== null)
      .map(([key, inner]) => {
        const member = members.find((one) => one.member === key)
        if (member === undefined) throw new Error(`an answer holds ${name}.${key}, for which the wire has no name`)
        return [member.wire, writeValue(model, member.type, inner)]
      })
  )
}

const writeValue = (model: WireModel, type: WireType, value: unknown): unknown => {
  if (type.kind === "structure") return writeStructure(model, type.name, value)
  if (type.kind === "list")
    return Array.isArray(value) ? value.map((one: unknown) => writeValue(model, type.of, one)) : []
  if (type.kind === "map") return isObject(value) ? mapValues(value, (one) => writeValue(model, type.of, one)) : {}
  if (value instanceof Date) return value.getTime() / 1000
  return value instanceof Uint8Array ? base64Text(value) : value
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const mapValues = (map: object, change: (value: unknown) => unknown): object =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]))

const unfit = (path: string, wanted: string) =>
  refuse("SerializationException", `The value of ${path} has to be ${wanted}.`)
