/** Files and passwords that a config takes from Secrets, put in their places. */
import type { KubeadmConfigSpec, KubeadmFile, KubeadmUser } from "@capstan/api"
import { catchReason, KubernetesApi, Secret } from "@capstan/kubernetes"
import { ProviderError } from "@capstan/provider"
import { secretText } from "@capstan/runtime"
import { Effect } from "effect"
import type { CloudFile } from "./CloudConfig.ts"

const readEntry = Effect.fnUntraced(function* (
  namespace: string,
  reference: { readonly name: string; readonly key: string }
) {
  const api = yield* KubernetesApi
  const missing = (message: string) => new ProviderError({ reason: "DataSecretGenerationFailed", message })
  const secret = yield* api
    .get(Secret, { namespace, name: reference.name })
    .pipe(catchReason("NotFound", () => Effect.fail(missing(`Secret ${namespace}/${reference.name} does not exist`))))
  const value = secretText(secret, reference.key)
  if (value === undefined) {
    return yield* missing(`Secret ${namespace}/${reference.name} has no key ${reference.key}`)
  }
  return value
})

/** `{{ .controlPlane.version }}` is all that templates may ask for. */
const rendered = (file: KubeadmFile, content: string, controlPlaneVersion: string | undefined): string =>
  file.contentFormat === "Template"
    ? content.replaceAll(/\{\{-?\s*\.controlPlane\.version\s*-?\}\}/g, controlPlaneVersion ?? "<no value>")
    : content

/** The config's files with all content resolved. */
export const userFiles = Effect.fnUntraced(function* (options: {
  readonly namespace: string
  readonly spec: KubeadmConfigSpec
  readonly controlPlaneVersion: string | undefined
}) {
  return yield* Effect.forEach(
    options.spec.files ?? [],
    Effect.fnUntraced(function* (file) {
      const content =
        file.contentFrom === undefined
          ? (file.content ?? "")
          : yield* readEntry(options.namespace, file.contentFrom.secret)
      return {
        path: file.path,
        owner: file.owner ?? "root:root",
        permissions: file.permissions ?? "0644",
        content: rendered(file, content, options.controlPlaneVersion),
        ...(file.encoding === undefined ? {} : { encoding: file.encoding }),
        ...(file.append === undefined ? {} : { append: file.append })
      } satisfies CloudFile
    })
  )
})

/** The config's users with passwords filled in. */
export const users = Effect.fnUntraced(function* (namespace: string, spec: KubeadmConfigSpec) {
  return yield* Effect.forEach(
    spec.users ?? [],
    Effect.fnUntraced(function* ({ passwdFrom, ...user }) {
      if (passwdFrom === undefined) return user satisfies KubeadmUser
      return { ...user, passwd: yield* readEntry(namespace, passwdFrom.secret) } satisfies KubeadmUser
    })
  )
})
