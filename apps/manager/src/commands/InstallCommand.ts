/** `capstan manager install`: puts kinds, namespaces and roles into a management cluster, or prints them. */
import { cannotRun, type Stop, usage } from "@capstan/command-line"
import { Console, Effect } from "effect"
import { stringify } from "yaml"
import { installedKinds } from "../assembly/ManagedKinds.ts"
import { kubeconfigSource, userAgent } from "../assembly/LiveBackends.ts"
import { layer } from "@capstan/kubernetes-live"
import { installation, managerNamespace } from "../install/Installation.ts"
import { installObject, withdrawWebhooks } from "../install/Install.ts"
import type { WebhooksAt } from "../install/Webhooks.ts"

export interface InstallFlags {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Of the manager, which then runs in the cluster, too. */
  readonly image: string | undefined
  /** Where a manager outside of the cluster serves its webhooks. */
  readonly webhookUrl: string | undefined
  readonly dryRun: boolean
  readonly print: boolean
}

const isWebhookUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { hash, password, pathname, protocol, search, username } = new URL(text)
  return protocol === "https:" && pathname === "/" && `${search}${hash}${username}${password}` === ""
}

/** Only where something serves them: an API server that cannot reach its webhooks refuses every write. */
const webhooksAt = ({ image, webhookUrl }: InstallFlags): WebhooksAt | undefined =>
  webhookUrl !== undefined
    ? { _tag: "Url", url: webhookUrl }
    : image !== undefined
      ? { _tag: "Service", namespace: managerNamespace }
      : undefined

export const installCommand = (flags: InstallFlags): Effect.Effect<void, Stop> => {
  if (flags.image !== undefined && !/^[a-z0-9][\w./:@-]*$/.test(flags.image))
    return Effect.fail(
      usage(`--image '${flags.image}' is none: say it as registry/name:tag or registry/name@sha256:….`)
    )
  const { image, webhookUrl } = flags
  if (webhookUrl !== undefined && !isWebhookUrl(webhookUrl))
    return Effect.fail(
      usage(
        `--webhook-url '${webhookUrl}' is none: say it as https://host:port, where the API server reaches capstan manager run --webhook-port.`
      )
    )
  const webhooks = webhooksAt(flags)
  const objects = installation(installedKinds, {
    ...(image === undefined ? {} : { image }),
    ...(webhooks === undefined ? {} : { webhooks })
  })
  if (flags.print) {
    const documents = objects.map(({ manifest }) => stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false }))
    return Console.log(documents.join("---\n").trimEnd())
  }
  const suffix = flags.dryRun ? " (dry run)" : ""
  const withdrawn =
    webhooks === undefined
      ? Effect.flatMap(withdrawWebhooks(flags), (gone) =>
          Effect.forEach(gone, (each) => Console.log(`${each}: removed${suffix}`), { discard: true })
        )
      : Effect.void
  const installed = Effect.forEach(
    objects,
    (object) =>
      Effect.flatMap(installObject(object, flags), (outcome) =>
        Console.log(`${object.manifest.kind} ${object.manifest.metadata.name}: ${outcome}${suffix}`)
      ),
    { discard: true }
  )
  return Effect.andThen(withdrawn, installed).pipe(
    Effect.provide(layer({ userAgent, kubeconfig: kubeconfigSource(flags) })),
    Effect.catchTag(["ApiError", "KubeconfigError"], ({ message }) => Effect.fail(cannotRun(`${message}.`)))
  )
}
