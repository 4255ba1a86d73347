/**
 * What the controllers may do in the management cluster: rules out of the kinds that they read and write. Pure.
 *
 * The rules are as wide as the controllers' work: custom kinds altogether, of native kinds what their table says.
 *
 * @source https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
import type { AnyKind } from "@capstan/api"
import {
  CustomResourceDefinition,
  Event,
  Lease,
  MutatingWebhookConfiguration,
  Namespace,
  type PolicyRule,
  Secret,
  ValidatingWebhookConfiguration
} from "@capstan/kubernetes"
import { webhookConfigurationNames } from "./Webhooks.ts"

const read = ["get", "list", "watch"] as const
const all = [...read, "create", "update", "patch", "delete"] as const

/** Native kinds of the management cluster, and what is done with them there. Nodes and Pods belong to workload clusters. */
const nativeUses: ReadonlyArray<{ readonly kind: AnyKind; readonly verbs: ReadonlyArray<string> }> = [
  { kind: Secret, verbs: all },
  { kind: Event, verbs: ["create", "get", "list", "patch", "update", "watch"] },
  { kind: Lease, verbs: ["get", "list", "watch", "create", "update", "patch"] },
  { kind: Namespace, verbs: read },
  { kind: CustomResourceDefinition, verbs: read }
]

const ruleOf = (group: string, resources: ReadonlyArray<string>, verbs: ReadonlyArray<string>): PolicyRule => ({
  apiGroups: [group],
  resources: [...resources].sort(),
  verbs: [...verbs]
})

const groupsOf = (kinds: ReadonlyArray<AnyKind>): ReadonlyArray<string> =>
  [...new Set(kinds.map(({ group }) => group))].sort()

/** A manager that serves webhooks tells the API server whom to trust: in these objects and no others. */
const webhookRules = (kinds: ReadonlyArray<AnyKind>): ReadonlyArray<PolicyRule> => [
  {
    ...ruleOf(CustomResourceDefinition.group, [CustomResourceDefinition.plural], ["patch"]),
    resourceNames: kinds.map(({ group, plural }) => `${plural}.${group}`).sort()
  },
  {
    ...ruleOf(
      MutatingWebhookConfiguration.group,
      [MutatingWebhookConfiguration.plural, ValidatingWebhookConfiguration.plural],
      ["get", "patch"]
    ),
    resourceNames: Object.values(webhookConfigurationNames)
  }
]

/** One rule a group for the kinds themselves, one for their subresources, one a native kind. */
export const managerRules = (
  kinds: ReadonlyArray<AnyKind>,
  { webhooks }: { readonly webhooks: boolean }
): ReadonlyArray<PolicyRule> => [
  ...groupsOf(kinds).flatMap((group) => {
    const members = kinds.filter((kind) => kind.group === group)
    const subresources = members.flatMap(({ plural, subresources: { scale, status } }) => [
      ...(status ? [`${plural}/status`] : []),
      ...(scale === undefined ? [] : [`${plural}/scale`]),
      `${plural}/finalizers`
    ])
    return [
      ruleOf(
        group,
        members.map(({ plural }) => plural),
        all
      ),
      ruleOf(group, subresources, ["get", "update", "patch"])
    ]
  }),
  ...nativeUses.map(({ kind, verbs }) => ruleOf(kind.group, [kind.plural], verbs)),
  ...(webhooks ? webhookRules(kinds) : [])
]
