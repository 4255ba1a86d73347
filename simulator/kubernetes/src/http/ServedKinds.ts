/**
 * What is served under which path: every kind at every version that it is served at.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 * @fidelity documented https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority — GA before beta before alpha, higher numbers first.
 */
import type { AnyKind } from "@capstan/api"

export interface ServedKind {
  readonly kind: AnyKind
  readonly version: string
}

export interface ServedGroup {
  /** Empty for the core group. */
  readonly group: string
  /** The preferred one first. */
  readonly versions: ReadonlyArray<{ readonly version: string; readonly kinds: ReadonlyArray<ServedKind> }>
}

export class ServedKinds {
  /** The core group first, then in alphabetical order. */
  readonly groups: ReadonlyArray<ServedGroup>
  private readonly byPath = new Map<string, ServedKind>()

  constructor(kinds: Iterable<AnyKind>) {
    const all = [...kinds].flatMap((kind) => versionsOf(kind).map((version): ServedKind => ({ kind, version })))
    for (const served of all) {
      this.byPath.set(`${served.kind.group}/${served.version}/${served.kind.plural}`, served)
    }
    const names = [...new Set(all.map(({ kind }) => kind.group))].sort()
    this.groups = names.map((group) => {
      const inGroup = all.filter(({ kind }) => kind.group === group)
      const versions = [...new Set(inGroup.map(({ version }) => version))].sort(byPriority)
      return {
        group,
        versions: versions.map((version) => ({
          version,
          kinds: inGroup
            .filter((served) => served.version === version)
            .sort((a, b) => (a.kind.plural < b.kind.plural ? -1 : 1))
        }))
      }
    })
  }

  find(group: string, version: string, plural: string): ServedKind | undefined {
    return this.byPath.get(`${group}/${version}/${plural}`)
  }

  group(name: string): ServedGroup | undefined {
    return this.groups.find(({ group }) => group === name)
  }
}

export const groupVersion = (group: string, version: string): string => (group === "" ? version : `${group}/${version}`)

const versionsOf = (kind: AnyKind): ReadonlyArray<string> => [
  kind.version,
  ...kind.versions
    .filter((version) => version.served && version.fromStorage !== undefined)
    .map((version) => version.name)
]

/** `v2` > `v1` > `v1beta2` > `v1alpha1`; other names behind, by the alphabet. */
const byPriority = (a: string, b: string): number => {
  const [left, right] = [priorityOf(a), priorityOf(b)]
  for (let i = 0; i < 3; i++) {
    const difference = (right[i] ?? 0) - (left[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a < b ? -1 : 1
}

const priorityOf = (version: string): ReadonlyArray<number> => {
  const parts = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (parts === null) return [0, 0, 0]
  const [, major = "0", stage, minor = "0"] = parts
  return [stage === undefined ? 3 : stage === "beta" ? 2 : 1, Number(major), Number(minor)]
}
