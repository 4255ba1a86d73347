/**
 * The binary form in which kubectl and client-go send Kubernetes' own kinds, read into the object that it stands for.
 *
 * Four magic bytes, an envelope that names the kind, and the kind's message. What the tables do not know is refused: a field
 * that silently went missing would be worse. Nothing is ever answered in this form.
 *
 * @source https://protobuf.dev/programming-guides/encoding/
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 * @fidelity observed kube-apiserver-1.36 — The envelope, and which objects clients send in it.
 */
import { Result } from "effect"
import { Base64 } from "effect/encoding"
import type { Answer } from "../Decoding.ts"
import type { JsonObject } from "../FrozenValue.ts"
import { badRequest } from "../StatusErrors.ts"
import { type ProtobufField, type ProtobufMessage, protobufMessages } from "./ProtobufMessages.ts"

const magic = [0x6b, 0x38, 0x73, 0x00]

/** How deep messages may lie in each other. */
const depthMax = 64

class Unreadable extends Error {}

/** One field as it stands on the wire: a number, or bytes. */
interface WireField {
  readonly number: number
  readonly value: bigint | Uint8Array
}

/** The object in a body; a refusal when it cannot be read to the end. */
export const decodeProtobuf = (body: Uint8Array): Answer<JsonObject> => {
  try {
    return Result.succeed(envelope(body))
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return Result.fail(badRequest(`the body of the request cannot be read as protobuf: ${error.message}`))
  }
}

const envelope = (body: Uint8Array): JsonObject => {
  if (!magic.every((byte, index) => body[index] === byte)) {
    throw new Unreadable("the provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
  }
  let type: JsonObject = {}
  let raw: Uint8Array = new Uint8Array()
  for (const { number, value } of wireFields(body.subarray(magic.length))) {
    if (number === 1) type = readMessage("TypeMeta", bytesOf(value), depthMax)
    else if (number === 2) raw = bytesOf(value)
  }
  const { apiVersion, kind } = type
  if (typeof kind !== "string" || typeof apiVersion !== "string") throw new Unreadable("it does not say its kind")
  return { ...readMessage(kind, raw, depthMax), apiVersion, kind }
}

const typeMeta: ProtobufMessage = new Map([
  [1, { name: "apiVersion", type: "string", repeated: false, map: false }],
  [2, { name: "kind", type: "string", repeated: false, map: false }]
])

const readMessage = (name: string, bytes: Uint8Array, depth: number): JsonObject => {
  const message = name === "TypeMeta" ? typeMeta : protobufMessages.get(name)
  if (message === undefined) throw new Unreadable(`${name} is not read from protobuf here; send it as application/json`)
  if (depth === 0) throw new Unreadable("it is nested too deeply")
  const result: { [key: string]: unknown } = {}
  for (const { number, value } of wireFields(bytes)) {
    const field = message.get(number)
    if (field === undefined) {
      throw new Unreadable(`field ${number} of ${name} is not read from protobuf here; send it as application/json`)
    }
    if (field.type !== "-") put(result, field, value, depth)
  }
  return result
}

const put = (
  result: { [key: string]: unknown },
  field: ProtobufField,
  wire: WireField["value"],
  depth: number
): void => {
  if (field.map) {
    const [key, value] = readEntry(field.type, bytesOf(wire), depth)
    const known = result[field.name]
    result[field.name] = { ...(typeof known === "object" ? known : {}), [key]: value }
    return
  }
  const value = readValue(field.type, wire, depth)
  if (field.repeated) {
    const known = result[field.name]
    result[field.name] = [...(Array.isArray(known) ? known : []), value]
    return
  }
  // Go writes empty texts and times that are not set; its JSON leaves them out.
  if (value !== undefined && value !== "") result[field.name] = value
}

const readEntry = (type: string, bytes: Uint8Array, depth: number): readonly [string, unknown] => {
  let key = ""
  let value: unknown = type === "string" || type === "bytes" ? "" : {}
  for (const { number, value: wire } of wireFields(bytes)) {
    if (number === 1) key = textOf(bytesOf(wire))
    else if (number === 2) value = readValue(type, wire, depth)
  }
  if (key === "__proto__") throw new Unreadable("a map has a key that cannot be one")
  return [key, value]
}

const readValue = (type: string, wire: WireField["value"], depth: number): unknown => {
  switch (type) {
    case "string":
      return textOf(bytesOf(wire))
    case "bytes":
      return Base64.encode(bytesOf(wire))
    case "bool":
      return numberOf(wire) !== 0
    case "int":
      return numberOf(wire)
    case "quantity":
      return textOf(bytesOf(wireFields(bytesOf(wire)).find(({ number }) => number === 1)?.value ?? new Uint8Array()))
    case "time":
      return timeOf(bytesOf(wire), 0)
    case "microTime":
      return timeOf(bytesOf(wire), 6)
    case "intOrString":
      return intOrStringOf(bytesOf(wire))
    default:
      return readMessage(type, bytesOf(wire), depth - 1)
  }
}

/** RFC 3339 with so many digits of a second's fraction; `undefined` when no time is set. */
const timeOf = (bytes: Uint8Array, digits: number): string | undefined => {
  const fields = wireFields(bytes)
  if (fields.length === 0) return undefined
  const part = (wanted: number): number => {
    const found = fields.find(({ number }) => number === wanted)
    return found === undefined ? 0 : numberOf(found.value)
  }
  const seconds = part(1)
  if (Math.abs(seconds) > 8_640_000_000_000) throw new Unreadable("a time is out of range")
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  const fraction = digits === 0 ? "" : `.${String(Math.floor(part(2) / 1000)).padStart(6, "0")}`
  return `${whole}${fraction}Z`
}

const intOrStringOf = (bytes: Uint8Array): number | string => {
  const fields = wireFields(bytes)
  const at = (wanted: number) => fields.find(({ number }) => number === wanted)?.value
  const [type, int, text] = [at(1), at(2), at(3)]
  if (type !== undefined && numberOf(type) === 1) return text === undefined ? "" : textOf(bytesOf(text))
  return int === undefined ? 0 : numberOf(int)
}

const decoder = new TextDecoder("utf-8", { fatal: true })

const textOf = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Unreadable("a text is not UTF-8")
  }
}

const bytesOf = (value: WireField["value"]): Uint8Array => {
  if (typeof value === "bigint") throw new Unreadable("a number stands where bytes belong")
  return value
}

const numberOf = (value: WireField["value"]): number => {
  if (typeof value !== "bigint") throw new Unreadable("bytes stand where a number belongs")
  return Number(BigInt.asIntN(64, value))
}

const wireFields = (bytes: Uint8Array): ReadonlyArray<WireField> => {
  const fields: Array<WireField> = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Unreadable("it ends in the middle of a number")
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new Unreadable("a number has too many bytes")
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new Unreadable("it ends in the middle of a field")
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const number = Math.floor(tag / 8)
    switch (tag % 8) {
      case 0:
        fields.push({ number, value: varint() })
        break
      case 1:
        fields.push({ number, value: take(8) })
        break
      case 2:
        fields.push({ number, value: take(Number(varint())) })
        break
      case 5:
        fields.push({ number, value: take(4) })
        break
      default:
        throw new Unreadable("a field is of an unknown form")
    }
  }
  return fields
}
