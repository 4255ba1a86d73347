/** Which Kubernetes versions a group of Machines runs: by the Node where there is one, else by the wish. Pure. */
import type { Machine } from "./Machine.ts"
import type { StatusVersion } from "./SharedStructures.ts"
import { compareVersionTexts } from "./Version.ts"

/** Versions and how many Machines have each, old to new. Machines without a version do not count. */
export const versionsOf = (machines: ReadonlyArray<Machine>): ReadonlyArray<StatusVersion> => {
  const replicas = new Map<string, number>()
  for (const machine of machines) {
    const version = machine.status?.nodeInfo?.kubeletVersion ?? machine.spec.version ?? ""
    if (version !== "") replicas.set(version, (replicas.get(version) ?? 0) + 1)
  }
  return [...replicas]
    .map(([version, count]) => ({ version, replicas: count }))
    .sort((a, b) => compareVersionTexts(a.version, b.version))
}
