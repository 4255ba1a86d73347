/**
 * A request in a few words, for the trace: names, ids, filters and counts, never user data or secrets.
 *
 * @source https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */

const longestText = 120
const longestList = 6
const silent: ReadonlySet<string> = new Set([
  "UserData",
  "SecretString",
  "SecretBinary",
  "ClientRequestToken",
  "NextToken"
])

export type CallSummary = { readonly [field: string]: string | number | boolean | ReadonlyArray<string> }

export const summarize = (request: object): CallSummary => {
  const summary: Record<string, string | number | boolean | ReadonlyArray<string>> = {}
  for (const [key, value] of Object.entries(request)) {
    if (silent.has(key) || value === undefined || value === null) continue
    const short = shorten(key, value)
    if (short !== undefined) summary[key] = short
  }
  return summary
}

/** What a call is about: the first id or name in its request. */
export const targetOf = (request: object): string | undefined => {
  for (const [key, value] of Object.entries(request)) {
    if (/(?:Id|Name|Ids|Names|Resources)$/.test(key)) {
      if (typeof value === "string") return value
      if (Array.isArray(value) && typeof value[0] === "string") return value[0]
    }
  }
  return undefined
}

const shorten = (key: string, value: unknown): CallSummary[string] | undefined => {
  if (typeof value === "string") return value.length <= longestText ? value : `${value.slice(0, longestText)}…`
  if (typeof value === "number" || typeof value === "boolean") return value
  if (!Array.isArray(value)) return undefined
  if (key === "Filters" || key === "Filter") return value.map(filterText)
  if (key === "TagSpecifications") return nameTag(value)
  if (value.every((element) => typeof element === "string")) return value.slice(0, longestList)
  if (key === "Instances")
    return value.map((one: { readonly InstanceId?: string }) => one.InstanceId ?? "").slice(0, longestList)
  return value.length
}

const filterText = (filter: { readonly Name?: string; readonly Values?: ReadonlyArray<string> }): string =>
  `${filter.Name ?? ""}=${(filter.Values ?? []).slice(0, longestList).join(",")}`

interface TagSpecificationLike {
  readonly Tags?: ReadonlyArray<{ readonly Key?: string; readonly Value?: string }>
}

const nameTag = (specifications: ReadonlyArray<TagSpecificationLike>): string | undefined =>
  specifications.flatMap((one) => one.Tags ?? []).find((tag) => tag.Key === "Name")?.Value
