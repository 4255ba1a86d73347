/**
 * What a write's query asks for, and how what was sent fits the place where it was sent to.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
 * @fidelity observed kube-apiserver-1.36 — Names and namespaces on the URL, options that are refused, warnings.
 */
import { Result } from "effect"
import { type Answer, isText } from "../Decoding.ts"
import { isObject, type JsonObject } from "../FrozenValue.ts"
import { badRequest, wrongNamespace } from "../StatusErrors.ts"
import type { WriteAs } from "../WritePath.ts"
import type { Call } from "./Call.ts"
import type { ResourceTarget } from "./RequestTarget.ts"
import { groupVersion } from "./ServedKinds.ts"
import { invalidOption } from "./StatusAnswer.ts"

/** `kubectl/v1.32.4 (linux/amd64)` is kubectl. */
export const agentOf = ({ headers }: Call["request"]): string =>
  (headers["user-agent"] ?? "").split("/")[0]?.trim() ?? ""

export interface WriteParameters extends WriteAs {
  readonly actor: string
  /** What was dropped, filled while the write goes on. */
  readonly warnings: Array<string>
}

const managerLengthMax = 128

/** Whether nothing is to be written; anything but `All` is refused. */
export const isDryRun = (values: ReadonlyArray<string>, options: string): Answer<boolean> => {
  const odd = values.find((value) => value !== "" && value !== "All")
  return odd === undefined
    ? Result.succeed(values.includes("All"))
    : Result.fail(
        invalidOption(options, "dryRun", `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`)
      )
}

/** What the query of a write asks for. `options` is what a refusal calls them. */
export const writeParameters = (call: Call, options: string): Answer<WriteParameters> =>
  Result.gen(function* () {
    const { query, request, user } = call
    const dryRun = yield* isDryRun(query.getAll("dryRun"), options)
    const manager = query.get("fieldManager") ?? ""
    if (manager.length > managerLengthMax) {
      return yield* Result.fail(
        invalidOption(options, "fieldManager", `Too long: may not be more than ${managerLengthMax} bytes`)
      )
    }
    const validation = query.get("fieldValidation") ?? "Warn"
    if (!["", "Strict", "Warn", "Ignore"].includes(validation)) {
      return yield* Result.fail(
        invalidOption(
          options,
          "fieldValidation",
          `Unsupported value: ${JSON.stringify(validation)}: supported values: "", "Ignore", "Strict", "Warn"`
        )
      )
    }
    const warnings: Array<string> = []
    const agent = agentOf(request)
    return {
      actor: manager !== "" ? manager : agent !== "" ? agent : user.name,
      dryRun,
      strict: validation === "Strict",
      warnings,
      ...(validation === "Warn" || validation === "" ? { warn: (found) => void warnings.push(...found) } : {})
    }
  })

/** As many warnings as fit. */
export const warningHeaders = (warnings: ReadonlyArray<string>): { readonly [name: string]: string } => {
  const texts = warnings.map((text) => `299 - ${JSON.stringify(text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 256))}`)
  return texts.length === 0 ? {} : { warning: texts.slice(0, 16).join(", ") }
}

/**
 * What was sent as an object that belongs where the URL says: version, namespace and, where the URL has one, name are the URL's,
 * and nothing in the object may say otherwise.
 */
export const placed = (
  target: ResourceTarget,
  sent: JsonObject
): Answer<JsonObject & { readonly metadata: JsonObject }> => {
  const { name, namespace, served } = target
  const { group, kind } = served.kind
  const wanted = groupVersion(group, served.version)
  if (isText(sent.apiVersion) && sent.apiVersion !== wanted) {
    return Result.fail(
      badRequest(`the API version in the data (${sent.apiVersion}) does not match the expected API version (${wanted})`)
    )
  }
  if (sent.metadata !== undefined && sent.metadata !== null && !isObject(sent.metadata)) {
    return Result.fail(
      badRequest(`${kind} in version "${served.version}" cannot be handled as a ${kind}: metadata must be an object`)
    )
  }
  const metadata = isObject(sent.metadata) ? sent.metadata : {}
  if (isText(metadata.namespace) && metadata.namespace !== namespace) return Result.fail(wrongNamespace())
  if (name !== undefined && isText(metadata.name) && metadata.name !== name) {
    return Result.fail(
      badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
    )
  }
  return Result.succeed({
    ...sent,
    apiVersion: wanted,
    kind: isText(sent.kind) ? sent.kind : kind,
    metadata: {
      ...metadata,
      ...(namespace === "" ? {} : { namespace }),
      ...(name === undefined ? {} : { name })
    }
  })
}
