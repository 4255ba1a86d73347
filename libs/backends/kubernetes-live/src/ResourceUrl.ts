/**
 * Where a kind's objects are: paths and query parameters of the Kubernetes API.
 *
 * What goes into a path is one segment of it, always: a name that would lead elsewhere is refused before anything is sent.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 */
import { type AnyKind, formatSelector, isEmptySelector, type ObjectKey } from "@capstan/api"
import { type ApiError, apiError, type ListOptions, type WatchOptions, type WriteOptions } from "@capstan/kubernetes"
import { Result } from "effect"

export type Query = { readonly [name: string]: string | undefined }

/** `/apis/cluster.x-k8s.io/v1beta2`, or `/api/v1` for the core group. */
const groupPath = (kind: AnyKind, version: string): string =>
  kind.group === "" ? `/api/${version}` : `/apis/${kind.group}/${version}`

const segment = (what: string, value: string): Result.Result<string, ApiError> => {
  if (value === "" || value === "." || value === ".." || /[/%]/.test(value)) {
    return Result.fail(apiError("BadRequest", `${JSON.stringify(value)} is no ${what} that a path can lead to`))
  }
  return Result.succeed(encodeURIComponent(value))
}

/** All objects of a kind, in one namespace or in all. */
export const collectionPath = (
  kind: AnyKind,
  namespace: string | undefined,
  version = kind.version
): Result.Result<string, ApiError> => {
  const base = groupPath(kind, version)
  if (kind.scope === "Cluster" || namespace === undefined || namespace === "") {
    return Result.succeed(`${base}/${kind.plural}`)
  }
  return Result.map(segment("namespace", namespace), (name) => `${base}/namespaces/${name}/${kind.plural}`)
}

/** One object, or a subresource of it. */
export const objectPath = (
  kind: AnyKind,
  key: ObjectKey,
  options: { readonly subresource?: string | undefined; readonly version?: string } = {}
): Result.Result<string, ApiError> =>
  Result.gen(function* () {
    const collection = yield* collectionPath(kind, key.namespace, options.version)
    const name = yield* segment("name", key.name)
    return options.subresource === undefined ? `${collection}/${name}` : `${collection}/${name}/${options.subresource}`
  })

/** `metadata.name=a,spec.nodeName=b`: commas, equals signs and backslashes of values are escaped. */
const fieldSelector = (fields: ListOptions["fields"]): string | undefined => {
  const terms = Object.entries(fields ?? {}).map(
    ([path, value]) => `${path}=${value.replaceAll(/[\\,=]/g, (character) => `\\${character}`)}`
  )
  return terms.length === 0 ? undefined : terms.join(",")
}

const selectionQuery = ({ fields, labels }: Pick<ListOptions, "fields" | "labels">): Query => ({
  labelSelector: labels === undefined || isEmptySelector(labels) ? undefined : formatSelector(labels),
  fieldSelector: fieldSelector(fields)
})

export const listQuery = (options: ListOptions): Query => ({
  ...selectionQuery(options),
  limit: options.limit === undefined ? undefined : String(options.limit),
  continue: options.continue
})

export const watchQuery = (options: WatchOptions, timeoutSeconds: number): Query => ({
  ...selectionQuery(options),
  watch: "true",
  allowWatchBookmarks: "true",
  resourceVersion: options.resourceVersion,
  timeoutSeconds: String(timeoutSeconds)
})

export const writeQuery = (options: WriteOptions | undefined): Query => ({
  fieldManager: options?.fieldManager,
  dryRun: options?.dryRun === true ? "All" : undefined
})
