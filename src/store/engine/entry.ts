import { bytesOf, LateValue, type Value } from '../late-value.ts'
import type { Entry, Revision } from '../store.ts'

/** What readers make of entries and keep with them, in one place for each kind of it: gone when the entry is. */
export interface EntryNotes<T> {
  get(entry: Entry): T | undefined
  set(entry: Entry, note: T | undefined): void
}
/** For entries that no engine made. */
const strangeObjects = new WeakMap<Entry, unknown>()
const strangeForms = new WeakMap<Entry, unknown>()

/**
 * An entry whose bytes are made when they are read, with places for notes. A WeakMap would hold those as well, but with
 * hundreds of thousands of entries the collector takes several times as long over one as over the entries themselves.
 */
export class StoredEntry implements Entry {
  readonly key: string
  readonly created: Revision
  readonly modified: Revision
  readonly sizeBytes: number
  readonly #value: Value
  #object: unknown
  #forms: unknown

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

  /** Forgets what was made of an entry that hardly anybody will look at again. */
  static forgetNotes(entry: Entry): void {
    if (#object in entry) entry.#object = entry.#forms = undefined
  }

  static readonly objects: EntryNotes<unknown> = {
    get: (entry) => (#object in entry ? entry.#object : strangeObjects.get(entry)),
    set: (entry, note) => {
      if (#object in entry) entry.#object = note
      else strangeObjects.set(entry, note)
    },
  }
  static readonly forms: EntryNotes<unknown> = {
    get: (entry) => (#forms in entry ? entry.#forms : strangeForms.get(entry)),
    set: (entry, note) => {
      if (#forms in entry) entry.#forms = note
      else strangeForms.set(entry, note)
    },
  }
}

/** Where the object is kept that an entry was parsed to. */
export const entryObjects = <T>(): EntryNotes<T> => StoredEntry.objects as EntryNotes<T>
/** Where the forms are kept that an entry was rendered to. */
export const entryForms = <T>(): EntryNotes<T> => StoredEntry.forms as EntryNotes<T>
