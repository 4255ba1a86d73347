/**
 * What a v1alpha3 KubeadmControlPlane had that later versions have not: brought to the fields of v1beta1.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/migrations/v1alpha3-to-v1alpha4
 */
import type { Unstructured } from "../../Kind.ts"
import { oldKubeadmConfigSpec } from "../../bootstrap/conversion/v1beta1.ts"
import { getAt, removeAt, setAt } from "../../conversion/JsonPath.ts"

const renamedFields: ReadonlyArray<readonly [from: string, to: string]> = [
  ["spec.infrastructureTemplate", "spec.machineTemplate.infrastructureRef"],
  ["spec.upgradeAfter", "spec.rolloutAfter"],
  ["spec.nodeDrainTimeout", "spec.machineTemplate.nodeDrainTimeout"]
]

export const oldKubeadmControlPlane = (object: Unstructured): Unstructured =>
  renamedFields.reduce((result, [from, to]) => {
    const value = getAt(result, from)
    return value === undefined ? result : setAt(removeAt(result, from), to, value)
  }, oldKubeadmConfigSpec("spec.kubeadmConfigSpec")(object))
