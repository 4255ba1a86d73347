/**
 * What all of EC2's describe operations have in common: ids, filters, pages, and what is visible yet.
 *
 * An id that is not seen refuses the whole call; a filter only leaves out. Filters are joined by "and", the values of one
 * by "or", with `*` and `?` as wildcards. A filter that the simulation does not know is refused, as an invalid one is.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html — Filters, wildcards, tag filters.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html — Pages by token.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
import type { Ec2Shapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import type { Collection, IndexKeys } from "../Collection.ts"
import { type Refusal, refuse } from "../Refusal.ts"
import type { Resource, Tags } from "../Resources.ts"

/** Reads the values that a filter compares. */
export type FilterReaders<T> = {
  readonly [name: string]: (item: T) => string | ReadonlyArray<string> | undefined
}

export interface DescribeInput {
  readonly Filters?: ReadonlyArray<Ec2Shapes.Filter> | undefined
  readonly MaxResults?: number | undefined
  readonly NextToken?: string | undefined
}

export const describeAccepts = {
  Filters: [{ Name: true, Values: [true] }],
  MaxResults: true,
  NextToken: true
} as const

export interface DescribeKind<T> {
  readonly items: Collection<T & { readonly id: string }>
  readonly absent: (id: string) => Refusal
  readonly filters: FilterReaders<T>
}

/** One page of what the caller asked for, and the token of the next. */
export const describe = <T extends Resource>(
  account: Account,
  kind: DescribeKind<T>,
  input: DescribeInput,
  ids: ReadonlyArray<string> | undefined
): { readonly items: ReadonlyArray<T>; readonly next: string | undefined } => {
  const matches = matcher(input.Filters, kind.filters)
  const named = ids !== undefined && ids.length > 0
  const found = named
    ? ids.map((id) => account.require(kind.items, id, kind.absent)).filter(matches)
    : narrowest(kind, input.Filters ?? []).filter((item) => account.seesByFilter(item) && matches(item))
  return page(found, input)
}

/** The fewest records that hold all those that the filters let through: what one filter for one exact value selects. */
const narrowest = <T extends Resource>(
  { filters: readers, items }: DescribeKind<T>,
  filters: ReadonlyArray<Ec2Shapes.Filter>
): Pick<Collection<T>, "filter"> | ReadonlyArray<T> => {
  let best: { readonly keysOf: IndexKeys<T>; readonly key: string; readonly size: number } | undefined
  for (const { Name = "", Values = [] } of filters) {
    const [value = ""] = Values
    if (Values.length !== 1 || isPattern(value)) continue
    const tag = Name.startsWith("tag:")
    const keysOf = tag ? tagPairs : Object.hasOwn(readers, Name) ? readers[Name] : undefined
    if (keysOf === undefined) continue
    const key = tag ? tagPair(Name.slice("tag:".length), value) : value
    const size = items.countHaving(keysOf, key)
    if (best === undefined || size < best.size) best = { keysOf, key, size }
  }
  return best === undefined ? items : items.having(best.keysOf, best.key)
}

const tagPair = (key: string, value: string): string => `${key}=${value}`

const pairs = new WeakMap<Tags, ReadonlyArray<string>>()

/** Keys of the index by tags. The same tags give the same list, so that what changes otherwise stays where it is. */
const tagPairs = ({ tags }: { readonly tags: Tags }): ReadonlyArray<string> => {
  let known = pairs.get(tags)
  if (known === undefined) pairs.set(tags, (known = Object.entries(tags).map(([key, value]) => tagPair(key, value))))
  return known
}

/** Cuts a list to the page asked for. */
export const page = <T>(
  found: ReadonlyArray<T>,
  input: DescribeInput
): { readonly items: ReadonlyArray<T>; readonly next: string | undefined } => {
  const start = input.NextToken === undefined ? 0 : Number(input.NextToken)
  if (!Number.isSafeInteger(start) || start < 0)
    throw refuse("InvalidNextToken", "The specified NextToken is not valid.")
  const end = input.MaxResults === undefined ? found.length : start + input.MaxResults
  return {
    items: start === 0 && end >= found.length ? found : found.slice(start, end),
    next: end < found.length ? String(end) : undefined
  }
}

/** A test for all filters together. */
export const matcher = <T extends { readonly tags?: Tags }>(
  filters: ReadonlyArray<Ec2Shapes.Filter> | undefined,
  readers: FilterReaders<T>
): ((item: T) => boolean) => {
  if (filters === undefined || filters.length === 0) return () => true
  const tests = filters.map((filter) => oneFilter(filter, readers))
  return (item) => tests.every((test) => test(item))
}

const oneFilter = <T extends { readonly tags?: Tags }>(
  filter: Ec2Shapes.Filter,
  readers: FilterReaders<T>
): ((item: T) => boolean) => {
  const name = filter.Name ?? ""
  const accepted = (filter.Values ?? []).map(wildcard)
  const anyOf = (value: string) => accepted.some((accepts) => accepts(value))
  if (name === "tag-key") return (item) => Object.keys(item.tags ?? {}).some(anyOf)
  if (name.startsWith("tag:")) {
    const key = name.slice("tag:".length)
    return (item) => item.tags !== undefined && Object.hasOwn(item.tags, key) && anyOf(item.tags[key] ?? "")
  }
  const read = Object.hasOwn(readers, name) ? readers[name] : undefined
  if (read === undefined) throw refuse("InvalidParameterValue", `The filter '${name}' is invalid`)
  return (item) => {
    const value = read(item)
    return value === undefined ? false : typeof value === "string" ? anyOf(value) : value.some(anyOf)
  }
}

const isPattern = (text: string): boolean => /[*?]/.test(text)

const wildcard = (pattern: string): ((value: string) => boolean) => {
  if (!isPattern(pattern)) return (value) => value === pattern
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
  const expression = new RegExp(`^${source}$`, "s")
  return (value) => expression.test(value)
}
