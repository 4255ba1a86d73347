/** I11: a finalizer leaves only after the thing it stands for is gone, and was seen to be. */
import { defineInvariant } from "./Invariant.ts"

const over = new Set(["terminated"])

export const confirmedDeletion = defineInvariant({
  id: "I11",
  rule: "an infrastructure object disappears only after what it stands for is gone from the cloud",
  on: ["write"],
  start: () => ({}),
  check: (view, event) => {
    const { after, before, kind } = event.write ?? {}
    if (before === undefined || after !== undefined || kind === undefined) return []
    if (/^(AWS|Dev)Machine$/.test(kind)) {
      return view
        .instances()
        .filter((instance) => instance.ownerUid === before.metadata.uid && !over.has(instance.state))
        .map(
          (instance) => `${kind} ${before.metadata.name} is gone while its instance ${instance.id} is ${instance.state}`
        )
    }
    if (/^(AWS|Dev)Cluster$/.test(kind)) {
      const cluster = before.metadata.labels?.["cluster.x-k8s.io/cluster-name"] ?? before.metadata.name
      return view
        .resources()
        .filter((resource) => resource.cluster === cluster)
        .map((resource) => `${kind} ${before.metadata.name} is gone while ${resource.type} ${resource.id} is there`)
    }
    return []
  }
})
