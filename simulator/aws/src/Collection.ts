/**
 * One table of the simulated account: frozen records by id, in the order in which they were created.
 *
 * A change replaces a record and never alters one, so that a save is a list of references and answers may be shared.
 * `version` counts the changes; readings that are costly to make are kept until it moves.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resources.html
 */

export class Collection<T extends { readonly id: string }> {
  version = 0
  readonly #items = new Map<string, T>()

  get size(): number {
    return this.#items.size
  }

  get(id: string): T | undefined {
    return this.#items.get(id)
  }

  put(item: T): T {
    this.version++
    this.#items.set(item.id, Object.freeze(item))
    return item
  }

  /** Replaces the named fields of a record that is there; a record that is gone stays gone. */
  change(id: string, fields: Partial<T>): T | undefined {
    const item = this.#items.get(id)
    return item === undefined ? undefined : this.put({ ...item, ...fields })
  }

  remove(id: string): void {
    if (this.#items.delete(id)) this.version++
  }

  values(): IterableIterator<T> {
    return this.#items.values()
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
    for (const item of items) this.#items.set(item.id, Object.freeze(item))
  }
}
