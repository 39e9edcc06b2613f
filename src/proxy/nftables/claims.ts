/** What has to change for what is there to become what is wanted: keys with their values. */
export interface Difference {
  readonly added: readonly (readonly [key: string, value: string])[]
  readonly removed: readonly (readonly [key: string, value: string])[]
  readonly changed: readonly (readonly [key: string, value: string])[]
}

/**
 * Keys with values that owners want to be there, and those that are. Several owners may want a key: who came first
 * decides its value. Costs what is touched, not what there is. Pure.
 */
export class Claims {
  readonly #wanted = new Map<string, Map<string, string>>()
  readonly #there = new Map<string, string>()
  #touched = new Set<string>()

  claim(owner: string, key: string, value: string): void {
    const claims = this.#wanted.get(key)
    if (claims === undefined) this.#wanted.set(key, new Map([[owner, value]]))
    else claims.set(owner, value)
    this.#touched.add(key)
  }
  release(owner: string, key: string): void {
    const claims = this.#wanted.get(key)
    claims?.delete(owner)
    if (claims?.size === 0) this.#wanted.delete(key)
    this.#touched.add(key)
  }
  difference(): Difference {
    const added: [string, string][] = []
    const removed: [string, string][] = []
    const changed: [string, string][] = []
    for (const key of this.#touched) {
      const wanted = this.#wantedOf(key)
      const there = this.#there.get(key)
      if (wanted === there) continue
      if (there === undefined) added.push([key, wanted!])
      else if (wanted === undefined) removed.push([key, there])
      else changed.push([key, wanted])
    }
    return { added, removed, changed }
  }
  /** The difference has been made up: what is wanted is there. */
  settle(): void {
    for (const key of this.#touched) {
      const wanted = this.#wantedOf(key)
      if (wanted === undefined) this.#there.delete(key)
      else this.#there.set(key, wanted)
    }
    this.#touched.clear()
  }
  /** Nothing is there. */
  forget(): void {
    this.#there.clear()
    this.#touched = new Set(this.#wanted.keys())
  }
  #wantedOf(key: string): string | undefined {
    return this.#wanted.get(key)?.values().next().value
  }
}
