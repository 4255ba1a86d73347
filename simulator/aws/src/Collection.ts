/**
 * One table of the simulated account: frozen records by id, in the order in which they were created.
 *
 * A change replaces a record and never alters one, so that a save is a list of references and answers may be shared.
 * `version` counts the changes; readings that are costly to make are kept until it moves. What is asked for by something
 * other than the id has an index: an account may hold thousands of records, and most questions are about a few.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resources.html
 */

/** What an index lists a record under. The same function is the same index, so it is a constant of its module. */
export type IndexKeys<T> = (item: T) => string | ReadonlyArray<string> | undefined

export class Collection<T extends { readonly id: string }> {
  version = 0
  readonly #items = new Map<string, T>()
  /** The order of creation, as rising numbers. */
  readonly #ordinals = new Map<string, number>()
  readonly #indexes = new Map<IndexKeys<T>, Index>()
  #created = 0

  get size(): number {
    return this.#items.size
  }

  get(id: string): T | undefined {
    return this.#items.get(id)
  }

  put(item: T): T {
    this.version++
    const before = this.#items.get(item.id)
    this.#items.set(item.id, Object.freeze(item))
    if (before === undefined) this.#ordinals.set(item.id, ++this.#created)
    for (const [keysOf, index] of this.#indexes) move(index, item.id, before && keysOf(before), keysOf(item))
    return item
  }

  /** Replaces the named fields of a record that is there; a record that is gone stays gone. */
  change(id: string, fields: Partial<T>): T | undefined {
    const item = this.#items.get(id)
    return item === undefined ? undefined : this.put({ ...item, ...fields })
  }

  remove(id: string): void {
    const before = this.#items.get(id)
    if (before === undefined) return
    this.version++
    this.#items.delete(id)
    this.#ordinals.delete(id)
    for (const [keysOf, index] of this.#indexes) move(index, id, keysOf(before), undefined)
  }

  values(): IterableIterator<T> {
    return this.#items.values()
  }

  /** The records that are listed under a key, in the order in which they were created. The first question makes the index. */
  having(keysOf: IndexKeys<T>, key: string): ReadonlyArray<T> {
    const ids = this.#index(keysOf).get(key)
    if (ids === undefined) return []
    return [...ids]
      .sort((a, b) => (this.#ordinals.get(a) ?? 0) - (this.#ordinals.get(b) ?? 0))
      .flatMap((id) => this.#items.get(id) ?? [])
  }

  /** How many records are listed under a key. */
  countHaving(keysOf: IndexKeys<T>, key: string): number {
    return this.#index(keysOf).get(key)?.size ?? 0
  }

  filter(keep: (item: T) => boolean): Array<T> {
    const kept: Array<T> = []
    for (const item of this.#items.values()) if (keep(item)) kept.push(item)
    return kept
  }

  find(wanted: (item: T) => boolean): T | undefined {
    for (const item of this.#items.values()) if (wanted(item)) return item
    return undefined
  }

  count(wanted: (item: T) => boolean): number {
    let total = 0
    for (const item of this.#items.values()) if (wanted(item)) total++
    return total
  }

  save(): ReadonlyArray<T> {
    return [...this.#items.values()]
  }

  restore(items: ReadonlyArray<T>): void {
    this.version++
    this.#items.clear()
    this.#ordinals.clear()
    this.#indexes.clear()
    for (const item of items) this.put(item)
  }

  #index(keysOf: IndexKeys<T>): Index {
    const known = this.#indexes.get(keysOf)
    if (known !== undefined) return known
    const made: Index = new Map()
    for (const item of this.#items.values()) move(made, item.id, undefined, keysOf(item))
    this.#indexes.set(keysOf, made)
    return made
  }
}

/** Ids by key. */
type Index = Map<string, Set<string>>

type Keys = string | ReadonlyArray<string> | undefined

/** Lists an id under other keys than before. */
const move = (index: Index, id: string, before: Keys, after: Keys): void => {
  if (before === after) return
  for (const key of asList(before)) {
    const ids = index.get(key)
    ids?.delete(id)
    if (ids?.size === 0) index.delete(key)
  }
  for (const key of asList(after)) {
    const ids = index.get(key)
    if (ids === undefined) index.set(key, new Set([id]))
    else ids.add(id)
  }
}

const asList = (keys: Keys): ReadonlyArray<string> =>
  keys === undefined ? [] : typeof keys === "string" ? [keys] : keys
