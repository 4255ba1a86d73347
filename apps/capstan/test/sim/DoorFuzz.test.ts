/** Broken objects of every kind that a simulated management cluster serves: each is taken or refused, none breaks the server. */
import { simulatedKinds } from "@capstan/engine"
import { Kernel, RandomStream } from "@capstan/kernel"
import { ApiDoor, ApiServer } from "@capstan/simulator-kubernetes"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { catalogueFolder } from "@capstan/catalogue"
import { parseAllDocuments } from "yaml"

type Json = null | boolean | number | string | Array<Json> | { [key: string]: Json }

const manifests = [
  "quick-start/capi-quickstart-v1alpha3.yaml",
  "manifests/aws-cluster.yaml",
  "manifests/aws-cluster-v1beta1.yaml",
  "manifests/dev-cluster.yaml",
  "manifests/health-checks.yaml"
]

/** Every object of the catalogue's manifests, its variables filled in with anything. */
const samples: ReadonlyArray<Json> = manifests.flatMap((file) => {
  const text = readFileSync(fileURLToPath(new URL(file, catalogueFolder)), "utf8")
  const filled = text.replaceAll(
    /\$\{(\w+)(?::?[-=]([^}]*))?\}/g,
    (_, name: string, fallback?: string) =>
      fallback ?? (name.endsWith("COUNT") ? "1" : name.includes("VERSION") ? "v1.33.1" : "demo")
  )
  return parseAllDocuments(filled).map((document) => document.toJS() as Json)
})

const oddities: ReadonlyArray<Json> = [
  null,
  true,
  0,
  -1,
  1e300,
  "",
  "x",
  "v1.2",
  "../..",
  [],
  {},
  [null],
  [{}],
  { a: null },
  "\u0000",
  "9".repeat(50)
]

const isObject = (value: Json): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

describe("the door under broken objects", () => {
  it.each([11, 12, 13, 14])("takes or refuses each of them (seed %i)", (seed) => {
    const random = new RandomStream(seed, "broken-objects")
    const pick = <A>(list: ReadonlyArray<A>): A => list[random.below(list.length)] as A

    const broken = (value: Json, depth: number): Json => {
      if (depth > 0 && random.below(12) === 0) return pick(oddities)
      if (Array.isArray(value)) {
        const items = value.map((item) => broken(item, depth + 1))
        return random.below(10) === 0 ? [...items, ...items] : items
      }
      if (!isObject(value)) return value
      const result: { [key: string]: Json } = {}
      for (const [key, part] of Object.entries(value)) {
        if (depth > 0 && random.below(20) === 0) continue
        result[key] = key === "apiVersion" || (key === "kind" && depth === 0) ? part : broken(part, depth + 1)
      }
      if (random.below(10) === 0) result[pick(["status", "spec", "replicas", "name", "version", "x"])] = pick(oddities)
      return result
    }

    const kernel = new Kernel({ seed: 0, keep: "hash" })
    const server = new ApiServer(kernel, { name: "fuzz", kinds: simulatedKinds.all })
    const door = new ApiDoor({
      server,
      userOf: () => ({ name: "admin", groups: ["system:masters"] }),
      after: () => () => {}
    })
    const send = (method: string, target: string, type: string, body: Json): number => {
      const answer = door.handle({
        method,
        target,
        headers: { authorization: "Bearer x", "content-type": type },
        body: new TextEncoder().encode(JSON.stringify(body))
      })
      if (answer._tag !== "Whole") throw new Error(`${method} ${target} was answered with a ${answer._tag}`)
      // A real server calls it its own error when an apply names what no schema declares.
      if (answer.status >= 500 && !answer.body.includes("field not declared in schema")) {
        throw new Error(`${method} ${target} of ${JSON.stringify(body)} was answered with ${answer.body}`)
      }
      return answer.status
    }
    const counts = { taken: 0, refused: 0 }
    const all = [
      ...samples,
      ...simulatedKinds.all.map((kind): Json => ({
        apiVersion: kind.group === "" ? kind.version : `${kind.group}/${kind.version}`,
        kind: kind.kind,
        metadata: { name: "any" },
        spec: {},
        status: {}
      }))
    ]
    for (let i = 0; i < 3000; i++) {
      const sample = pick(all)
      if (!isObject(sample)) continue
      const { apiVersion, kind: name } = sample as { readonly apiVersion: string; readonly kind: string }
      const kind = simulatedKinds.findByApiVersion(apiVersion, name)
      if (kind === undefined) continue
      const version = apiVersion.slice(apiVersion.indexOf("/") + 1)
      const root = kind.group === "" ? `/api/${version}` : `/apis/${kind.group}/${version}`
      const place = kind.scope === "Cluster" ? `${root}/${kind.plural}` : `${root}/namespaces/default/${kind.plural}`
      const own = `o-${random.below(20)}`
      const sent = broken(sample, 0) as { [key: string]: Json }
      const metadata = isObject(sent["metadata"] ?? null) ? (sent["metadata"] as { [key: string]: Json }) : {}
      const { namespace: _, ...rest } = metadata
      const body: Json = { ...sent, metadata: { ...rest, name: own } }
      const status =
        random.below(3) === 0
          ? send("PATCH", `${place}/${own}`, "application/merge-patch+json", body)
          : random.below(3) === 0
            ? send("PATCH", `${place}/${own}?fieldManager=me&force=true`, "application/apply-patch+yaml", body)
            : send("POST", place, "application/json", body)
      if (status < 300) counts.taken++
      else counts.refused++
      send("GET", place, "application/json", null)
    }
    kernel.run({ untilMillis: kernel.now() + 60_000 })
    assert.isAbove(counts.taken, 100)
    assert.isAbove(counts.refused, 100)
  })
})
