/**
 * What was found out lately, by what it was found out about. What is asked for again in time stays; the rest goes, a whole generation
 * at once: between `keptMax` and twice as many are known.
 */
export class Recent<Key, Value> {
  readonly #keptMax: number
  #young = new Map<Key, Value>()
  #old = new Map<Key, Value>()

  constructor(keptMax: number) {
    this.#keptMax = keptMax
  }

  get(key: Key): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: Key, value: Value): void {
    if (this.#young.size >= this.#keptMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
