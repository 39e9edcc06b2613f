import { bytesOf, LateValue, type Value } from '../late-value.ts'
import type { Entry, Revision } from '../store.ts'

/** An entry whose bytes are made when they are read. */
export class StoredEntry implements Entry {
  readonly key: string
  readonly created: Revision
  readonly modified: Revision
  readonly sizeBytes: number
  readonly #value: Value

  constructor(key: string, value: Value, created: Revision, modified: Revision) {
    this.key = key
    this.created = created
    this.modified = modified
    this.sizeBytes = value instanceof LateValue ? value.sizeBytes : value.length
    this.#value = value
    Object.freeze(this)
  }

  get value(): Uint8Array {
    return bytesOf(this.#value)
  }

  /** The same value as a delete shows it: with the revision at which it went. */
  deletedAt(revision: Revision): StoredEntry {
    return new StoredEntry(this.key, this.#value, this.created, revision)
  }
}
