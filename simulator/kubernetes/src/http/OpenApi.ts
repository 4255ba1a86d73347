/**
 * OpenAPI v3 of what is served, made of the kinds' schemas: for kubectl's validation and `kubectl explain`.
 *
 * Each group and version is a document of its own under an address that names its hash, so that clients may keep it for ever.
 * Left out: descriptions of the kinds' own fields, and v2, which every client does without.
 *
 * @source https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
 * @fidelity observed kube-apiserver-1.36 — The index, names of schemas, where kubectl looks for `fieldValidation`.
 * @fidelity assumed — Versions besides the one that is stored are described as open objects: their fields are known to their conversions alone.
 */
import { createHash } from "node:crypto"
import { structuralSchema, type StructuralSchema } from "@capstan/api"
import { type HttpAnswer, json, plain, whole } from "./HttpExchange.ts"
import type { ServedGroup, ServedKind, ServedKinds } from "./ServedKinds.ts"

interface Document {
  readonly path: string
  readonly text: string
  readonly hash: string
}

const known = new WeakMap<ServedKinds, ReadonlyArray<Document>>()

/** `/openapi/v3` and below; `undefined` for every other path. */
export const openApi = (segments: ReadonlyArray<string>, served: ServedKinds): HttpAnswer | undefined => {
  const [root, version, ...rest] = segments
  if (root !== "openapi") return undefined
  if (version !== "v3") return plain(404, "404 page not found\n")
  const documents = documentsOf(served)
  if (rest.length === 0) {
    const paths = documents.map(({ hash, path }) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }])
    return json(200, { paths: Object.fromEntries(paths) })
  }
  const found = documents.find(({ path }) => path === rest.join("/"))
  if (found === undefined) return plain(404, "404 page not found\n")
  return whole(200, found.text, { etag: `"${found.hash}"`, vary: "Accept" })
}

const documentsOf = (served: ServedKinds): ReadonlyArray<Document> => {
  const before = known.get(served)
  if (before !== undefined) return before
  const documents = served.groups.flatMap((group) =>
    group.versions.map(({ kinds, version }) => documentOf(group, version, kinds))
  )
  known.set(served, documents)
  return documents
}

const documentOf = ({ group }: ServedGroup, version: string, kinds: ReadonlyArray<ServedKind>): Document => {
  const path = group === "" ? `api/${version}` : `apis/${group}/${version}`
  const text = JSON.stringify({
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries(kinds.flatMap((served) => pathsOf(path, served))),
    components: {
      schemas: { ...metaSchemas, ...Object.fromEntries(kinds.map((served) => [schemaName(served), schemaOf(served)])) }
    }
  })
  return { path, text, hash: createHash("sha256").update(text).digest("hex").slice(0, 32).toUpperCase() }
}

/** `io.x-k8s.cluster.v1beta2.Machine`; Kubernetes' own stand under their source's name. */
const schemaName = ({ kind, version }: ServedKind): string => {
  const { group } = kind
  if (group === "") return `io.k8s.api.core.${version}.${kind.kind}`
  if (!group.includes(".")) return `io.k8s.api.${group}.${version}.${kind.kind}`
  return `${group.split(".").reverse().join(".")}.${version}.${kind.kind}`
}

const typeOf = ({ kind, version }: ServedKind) => ({ group: kind.group, version, kind: kind.kind })

const text = (description: string): object => ({ type: "string", description })

const headOf = {
  apiVersion: text("The group and version of the API in whose words this object is written."),
  kind: text("What this object is, in CamelCase."),
  metadata: {
    description: "What every object carries: name, labels, owners.",
    default: {},
    allOf: [{ $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" }]
  }
}

const schemaOf = (served: ServedKind): object => {
  const { kind, version } = served
  const schema = structuralSchema(kind)
  const isStored = version === kind.version
  return {
    type: "object",
    description: `${kind.kind} of the ${kind.group === "" ? "core" : kind.group} API.`,
    ...(isStored && schema.required !== undefined ? { required: schema.required } : {}),
    properties: isStored
      ? { ...mapValues(schema.properties ?? {}, plainSchema), ...headOf }
      : {
          ...Object.fromEntries(
            Object.keys(schema.properties ?? {}).map((name) => [
              name,
              { type: "object", "x-kubernetes-preserve-unknown-fields": true }
            ])
          ),
          ...headOf
        },
    ...(schema["x-kubernetes-preserve-unknown-fields"] === true
      ? { "x-kubernetes-preserve-unknown-fields": true }
      : {}),
    "x-kubernetes-group-version-kind": [typeOf(served)]
  }
}

const mapValues = <A, B>(
  record: { readonly [key: string]: A },
  change: (value: A) => B
): { readonly [key: string]: B } =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))

/** A structural schema in OpenAPI's words; they are the same but for objects that say nothing of their fields. */
const plainSchema = (schema: StructuralSchema): object => ({
  ...schema,
  ...(schema.properties === undefined ? {} : { properties: mapValues(schema.properties, plainSchema) }),
  ...(schema.items === undefined ? {} : { items: plainSchema(schema.items) }),
  ...(schema.additionalProperties === undefined
    ? {}
    : { additionalProperties: plainSchema(schema.additionalProperties) })
})

const ownerReference = {
  type: "object",
  description: "Names the object that this one belongs to.",
  required: ["apiVersion", "kind", "name", "uid"],
  properties: {
    apiVersion: text("API version of the owner."),
    blockOwnerDeletion: {
      type: "boolean",
      description: "Whether deletion of the owner in the foreground waits for this object."
    },
    controller: { type: "boolean", description: "Whether the owner is the one that manages this object." },
    kind: text("Kind of the owner."),
    name: text("Name of the owner."),
    uid: text("UID of the owner.")
  }
}

const stringMap = (description: string): object => ({
  type: "object",
  description,
  additionalProperties: { type: "string", default: "" }
})

const time = (description: string): object => ({ type: "string", format: "date-time", description })

const metaSchemas = {
  "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference": ownerReference,
  "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {
    type: "object",
    description: "What every stored object carries.",
    properties: {
      annotations: stringMap("Notes of tools and libraries; nothing is selected by them."),
      creationTimestamp: time("When the object was created. The server's."),
      deletionGracePeriodSeconds: {
        type: "integer",
        format: "int64",
        description: "How long the object may take to end. The server's."
      },
      deletionTimestamp: time("When the object is to be gone. The server's."),
      finalizers: {
        type: "array",
        description: "Who has to act before the object may go.",
        items: { type: "string", default: "" },
        "x-kubernetes-list-type": "set",
        "x-kubernetes-patch-strategy": "merge"
      },
      generateName: text("What a name begins with that the server completes."),
      generation: { type: "integer", format: "int64", description: "Counts changes of what is wanted. The server's." },
      labels: stringMap("Names and values by which objects are selected."),
      managedFields: {
        type: "array",
        description: "Which manager set which fields.",
        items: { type: "object" },
        "x-kubernetes-list-type": "atomic"
      },
      name: text("Unique among objects of the kind in the namespace."),
      namespace: text("Where the object is."),
      ownerReferences: {
        type: "array",
        description: "The objects that this one depends on.",
        items: {
          default: {},
          allOf: [{ $ref: "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference" }]
        },
        "x-kubernetes-list-map-keys": ["uid"],
        "x-kubernetes-list-type": "map",
        "x-kubernetes-patch-merge-key": "uid",
        "x-kubernetes-patch-strategy": "merge"
      },
      resourceVersion: text("Changes with every write. Opaque; the server's."),
      uid: text("Unique in time and space. The server's.")
    }
  }
}

const parameter = (name: string, description: string): object => ({
  name,
  in: "query",
  description,
  schema: { type: "string", uniqueItems: true }
})

const writeParameters = [
  parameter("dryRun", "All: carry out everything but the writing."),
  parameter("fieldManager", "Who makes the change."),
  parameter("fieldValidation", "What to do about unknown fields: Ignore, Warn or Strict.")
]

const operation = (served: ServedKind, action: string, parameters: ReadonlyArray<object>): object => ({
  "x-kubernetes-action": action,
  "x-kubernetes-group-version-kind": typeOf(served),
  parameters,
  responses: {
    "200": {
      description: "OK",
      content: { "application/json": { schema: { $ref: `#/components/schemas/${schemaName(served)}` } } }
    }
  }
})

const pathsOf = (root: string, served: ServedKind): ReadonlyArray<readonly [string, object]> => {
  const { kind } = served
  const place =
    kind.scope === "Namespaced" ? `/${root}/namespaces/{namespace}/${kind.plural}` : `/${root}/${kind.plural}`
  return [
    [place, { get: operation(served, "list", []), post: operation(served, "post", writeParameters) }],
    [
      `${place}/{name}`,
      {
        get: operation(served, "get", []),
        put: operation(served, "put", writeParameters),
        patch: operation(served, "patch", writeParameters),
        delete: operation(served, "delete", [])
      }
    ]
  ]
}
