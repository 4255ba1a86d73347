/** `capstan manager install`: puts kinds, namespaces and roles into a management cluster, or prints them. */
import { Console, Effect } from "effect"
import { stringify } from "yaml"
import { installedKinds } from "../assembly/ManagedKinds.ts"
import { kubeconfigSource, userAgent } from "../assembly/LiveBackends.ts"
import { layer } from "@capstan/kubernetes-live"
import { installation } from "../install/Installation.ts"
import { installObject } from "../install/Install.ts"
import { cannotRun, type Stop, usage } from "../ManagerExit.ts"

export interface InstallFlags {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Of the manager, which then runs in the cluster, too. */
  readonly image: string | undefined
  readonly dryRun: boolean
  readonly print: boolean
}

export const installCommand = (flags: InstallFlags): Effect.Effect<void, Stop> => {
  if (flags.image !== undefined && !/^[a-z0-9][\w./:@-]*$/.test(flags.image))
    return Effect.fail(
      usage(`--image '${flags.image}' is none: say it as registry/name:tag or registry/name@sha256:….`)
    )
  const objects = installation(installedKinds, flags.image)
  if (flags.print) {
    const documents = objects.map(({ manifest }) => stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false }))
    return Console.log(documents.join("---\n").trimEnd())
  }
  const suffix = flags.dryRun ? " (dry run)" : ""
  return Effect.forEach(
    objects,
    (object) =>
      Effect.flatMap(installObject(object, flags), (outcome) =>
        Console.log(`${object.manifest.kind} ${object.manifest.metadata.name}: ${outcome}${suffix}`)
      ),
    { discard: true }
  ).pipe(
    Effect.provide(layer({ userAgent, kubeconfig: kubeconfigSource(flags) })),
    Effect.catchTag(["ApiError", "KubeconfigError"], ({ message }) => Effect.fail(cannotRun(`${message}.`)))
  )
}
