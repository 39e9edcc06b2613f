import type { Entry } from '../../store/index.ts'

/** So many lines, of so many bytes together, are kept: what all watchers are told in one turn, and no history. */
const linesMax = 256
const bytesMax = 8 << 20

/** What watchers are written, made once for all of them and forgotten soon after. */
export class EventLines {
  readonly #lines = new Map<Entry, Map<string, Uint8Array>>()
  #bytes = 0

  /** The bytes for an entry by what else they depend on; `make` runs only when nobody was told them lately. */
  of(entry: Entry, key: string, make: () => Uint8Array): Uint8Array {
    let forms = this.#lines.get(entry)
    const known = forms?.get(key)
    if (known !== undefined) return known
    const bytes = make()
    if (forms === undefined) this.#lines.set(entry, (forms = new Map()))
    forms.set(key, bytes)
    this.#bytes += bytes.length
    for (const [oldest, old] of this.#lines) {
      if (oldest === entry || (this.#lines.size <= linesMax && this.#bytes <= bytesMax)) break
      this.#lines.delete(oldest)
      for (const one of old.values()) this.#bytes -= one.length
    }
    return bytes
  }
}
