/** A number for people to tell MachineSets of one deployment apart. It decides nothing: sets are compared by content. */
import type { RolloutFields } from "./TemplateComparison.ts"

/** FNV-1a, 32 bits, decimal, over what would cause a rollout. */
export const templateHash = ({ bootstrap, failureDomain, infrastructureRef, version }: RolloutFields): string => {
  const text = JSON.stringify([
    version,
    failureDomain,
    bootstrap.dataSecretName,
    [bootstrap.configRef, infrastructureRef].map((reference) => [reference?.apiGroup, reference?.kind, reference?.name])
  ])
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  return String(hash)
}
