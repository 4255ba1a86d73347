/** Which Kubernetes versions a group of Machines runs: by the Node where there is one, else by the wish. Pure. */
import { compareVersionsWithBuild, type Machine, parseVersion, type StatusVersion } from "@capstan/api"

/** Old to new; texts that are no versions by their characters. */
export const compareVersionTexts = (a: string, b: string): number => {
  const left = parseVersion(a)
  const right = parseVersion(b)
  if (left === undefined || right === undefined) return a < b ? -1 : a > b ? 1 : 0
  return compareVersionsWithBuild(left, right)
}

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
