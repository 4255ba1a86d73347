/** Values of every shape that the SDK knows: all members filled, or some left out by the toss of a coin. */
import { RandomStream } from "@capstan/kernel"

const listOf = 64
const depthMax = 5

const texts = [
  "plain",
  "a <b> & \"c\" 'd'",
  "zwölf 😀",
  "x=1&y=2+3%20",
  "line\nbreak\r\nand tab\t.",
  "]]>",
  "&amp;",
  "0"
]

/** A sample of the schema; `undefined` where the schema leads deeper than anyone goes. */
export const sample = (schema: unknown, seed: number): object => {
  const stream = new RandomStream(seed, "samples")
  const value = make(schema, stream, seed === 0, 0)
  return typeof value === "object" && value !== null ? value : {}
}

const make = (reference: unknown, stream: RandomStream, all: boolean, depth: number): unknown => {
  const schema: unknown = typeof reference === "function" ? reference() : reference
  if (typeof schema === "number") {
    return schema >= listOf ? listFrom(() => scalar(schema - listOf, stream), stream, all) : scalar(schema, stream)
  }
  if (schema === "unit" || !Array.isArray(schema)) return undefined
  if (typeof schema[1] !== "string") return make(schema[0], stream, all, depth)
  const [kind, , , , names, members] = schema as ReadonlyArray<unknown>
  if (kind === 0) return make(names, stream, all, depth)
  if (kind === 1) return listFrom(() => make(names, stream, all, depth + 1), stream, all)
  if (depth > depthMax) return undefined
  if (kind === 2) {
    const values = listFrom(() => make(members, stream, all, depth + 1), stream, all)
    return values && Object.fromEntries(values.map((value, index) => [`key ${index}`, value]))
  }
  const entries = (names as ReadonlyArray<string>).flatMap((name, index) => {
    // The SDK fills a token in where there is none.
    if (!all && stream.unit() < 0.5 && !/^Client.*Token$/.test(name)) return []
    const value = make((members as ReadonlyArray<unknown>)[index], stream, all, depth + 1)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries)
}

/** One to three elements: what an empty list becomes on the wire differs between protocols, and is tested apart. */
const listFrom = (one: () => unknown, stream: RandomStream, all: boolean): ReadonlyArray<unknown> | undefined => {
  const elements = Array.from({ length: all ? 2 : 1 + Math.floor(stream.unit() * 3) }, one)
  return elements.some((element) => element === undefined || isEmpty(element)) ? undefined : elements
}

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  !(value instanceof Date) &&
  !(value instanceof Uint8Array) &&
  Object.keys(value).length === 0

const scalar = (kind: number, stream: RandomStream): unknown => {
  switch (kind) {
    case 0:
      return texts[Math.floor(stream.unit() * texts.length)]
    case 1:
      return Math.floor(stream.unit() * 100_000)
    case 2:
      return stream.unit() < 0.5
    case 21:
      return Uint8Array.of(0, 1, 254, Math.floor(stream.unit() * 256))
    default:
      return new Date(1_900_000_000_000 + Math.floor(stream.unit() * 1e9) * 1000)
  }
}
