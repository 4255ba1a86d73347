/** Bodies in the binary form, as Go's clients write them. */
import { describe, expect, it } from "vitest"
import { configMaps, TestDoor } from "./TestDoor.ts"

type Part = number | string | Uint8Array | ReadonlyArray<Part>

const varint = (value: number): ReadonlyArray<number> => {
  const bytes: Array<number> = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}

/** A field: a number, or bytes behind their length. Pairs of number and value make a message. */
const field = (number: number, value: Part): ReadonlyArray<number> => {
  if (typeof value === "number") return [...varint(number * 8), ...varint(value)]
  const bytes =
    typeof value === "string"
      ? [...new TextEncoder().encode(value)]
      : value instanceof Uint8Array
        ? [...value]
        : (value as ReadonlyArray<number>)
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes]
}

const message = (...fields: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<number> => fields.flat()

const envelope = (apiVersion: string, kind: string, raw: ReadonlyArray<number>): Uint8Array =>
  Uint8Array.from([
    0x6b,
    0x38,
    0x73,
    0x00,
    ...field(1, message(field(1, apiVersion), field(2, kind))),
    ...field(2, raw),
    ...field(3, ""),
    ...field(4, "")
  ])

/** As Go writes it: empty texts and an unset time included. */
const meta = (name: string, ...more: ReadonlyArray<ReadonlyArray<number>>) =>
  field(1, message(field(1, name), field(2, ""), field(3, ""), field(5, ""), field(7, 0), field(8, []), ...more))

const headers = { "content-type": "application/vnd.kubernetes.protobuf" }

const namespaces = "/api/v1/namespaces"

describe("protobuf bodies", () => {
  it("make the object that they stand for", () => {
    const door = new TestDoor()
    const raw = message(
      meta("web", field(11, message(field(1, "app"), field(2, "shop")))),
      field(2, []),
      field(3, field(1, ""))
    )
    const reply = door.ask("POST", namespaces, { body: envelope("v1", "Namespace", raw), headers })
    expect(reply.status).toBe(201)
    expect(reply.json.metadata.labels).toEqual({ app: "shop", "kubernetes.io/metadata.name": "web" })
  })

  it("carry bytes, maps, numbers, switches and times", () => {
    const door = new TestDoor()
    const entry = (key: string, value: Part) => message(field(1, key), field(2, value))
    const secret = message(
      meta("s"),
      field(2, entry("a", Uint8Array.of(0, 255))),
      field(2, entry("b", "")),
      field(3, "Opaque"),
      field(5, 1)
    )
    const made = door.ask("POST", "/api/v1/namespaces/default/secrets", {
      body: envelope("v1", "Secret", secret),
      headers
    })
    expect(made.json).toMatchObject({ data: { a: "AP8=", b: "" }, type: "Opaque", immutable: true })
    const time = message(field(1, 1_893_456_000), field(2, 123_456_000))
    const lease = message(meta("l"), field(2, message(field(1, "me"), field(2, 15), field(3, time), field(5, 0))))
    const held = door.ask("POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases", {
      body: envelope("coordination.k8s.io/v1", "Lease", lease),
      headers
    })
    expect(held.json.spec).toEqual({
      holderIdentity: "me",
      leaseDurationSeconds: 15,
      acquireTime: "2030-01-01T00:00:00.123456Z",
      leaseTransitions: 0
    })
    const percent = message(field(1, 1), field(3, "50%"))
    const selector = message(field(1, entry("app", "web")))
    const budget = message(meta("b"), field(2, message(field(1, percent), field(2, selector))), field(3, []))
    const pdb = door.ask("POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets", {
      body: envelope("policy/v1", "PodDisruptionBudget", budget),
      headers
    })
    expect(pdb.json.spec).toEqual({ minAvailable: "50%", selector: { matchLabels: { app: "web" } } })
  })

  it("ask for permission", () => {
    const door = new TestDoor()
    const attributes = message(field(2, "get"), field(5, "pods"))
    const raw = message(meta(""), field(2, field(1, attributes)), field(3, field(1, 0)))
    const reply = door.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      body: envelope("authorization.k8s.io/v1", "SelfSubjectAccessReview", raw),
      headers
    })
    expect(reply.json.status).toEqual({ allowed: true })
  })

  it.each([
    ["no magic", Uint8Array.of(1, 2, 3)],
    ["an unknown kind", envelope("v1", "Teapot", [])],
    ["a field that is not read", envelope("v1", "Namespace", field(99, "x"))],
    ["a number without end", Uint8Array.of(0x6b, 0x38, 0x73, 0, ...Array.from({ length: 20 }, () => 255))],
    ["a length beyond the end", Uint8Array.of(0x6b, 0x38, 0x73, 0, 0x12, 0x7f)],
    ["bytes for a number", envelope("v1", "ConfigMap", field(4, "yes"))],
    ["a number for bytes", envelope("v1", "ConfigMap", field(1, 7))],
    ["a text that is none", envelope("v1", "ConfigMap", field(1, field(1, Uint8Array.of(0xff, 0xfe))))]
  ])("are refused with %s", (_, body) => {
    const reply = new TestDoor().ask("POST", configMaps, { body, headers })
    expect(reply.json).toMatchObject({ code: 400, reason: "BadRequest" })
  })
})
