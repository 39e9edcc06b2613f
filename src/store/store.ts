import type { Value } from './late-value.ts'

/** A point in the store's single history: 1, 2, 3, … one per write. */
export type Revision = number

/** One value as a revision left it. Frozen, and the same object for every reader of that revision, so it can key caches. */
export interface Entry {
  readonly key: string
  readonly value: Uint8Array
  /** About how many bytes the value is, told without having them made. */
  readonly sizeBytes: number
  readonly created: Revision
  readonly modified: Revision
}
/** Part of a range in key order; the whole page is true at `revision`. */
export interface Page {
  readonly revision: Revision
  readonly entries: readonly Entry[]
  /** How many more keys of the range follow this page. */
  readonly remaining: number
}
/** One write. For a delete, `entry` carries the last value and, as `modified`, the revision of the delete. */
export interface Change {
  readonly type: 'put' | 'delete'
  readonly entry: Entry
  readonly previous: Entry | undefined
}
/** A lost race is an answer, not an exception: `current` is what the other writer left. */
export type Written =
  | { readonly ok: true; readonly entry: Entry }
  | { readonly ok: false; readonly current: Entry | undefined }

/** The revision of the newest visible change below a prefix; until there is one, that at which it was first asked for. */
export interface Mark {
  readonly at: Revision
}

export interface PageQuery {
  /** Read the range as it was at this revision. Rejects with CompactedError when history no longer reaches it. */
  readonly at?: Revision
  /** Start behind this key. */
  readonly after?: string
  readonly limit?: number
}

/**
 * An ordered, versioned, watchable map of bytes. Promises, for every implementation:
 * 1. A write resolves only once it is durable, and only then is it visible to get, list, watch and revision().
 * 2. Revisions are used once each, in order, never again, also after a crash.
 * 3. Compare-and-write sees writes that are accepted but not yet durable.
 * 4. A watch yields every change of its prefix after its revision, once, in order, none skipped; batches are never empty.
 */
export interface Store extends AsyncDisposable {
  get(key: string, at?: Revision): Promise<Entry | undefined>
  list(prefix: string, query?: PageQuery): Promise<Page>
  /** What get answers for the newest revision, at once: for those who need not wait for anybody. */
  current(key: string): Entry | undefined
  /** The same of all keys below a prefix, in order, no more than `limit`. */
  currentBelow(prefix: string, limit?: number): readonly Entry[]
  /** When anything below a prefix changed last, from now on: the same mark for whoever asks. */
  markOf(prefix: string): Mark
  /** How much room what is kept takes, in bytes: the file's size where there is one, else about what the current values come to. */
  sizeBytes(): number
  /** How many keys lie below the prefix now. */
  count(prefix: string): number
  /** Writes if the key's current `modified` equals `expected`; 0 means the key must not exist. */
  put(key: string, value: Value, expected: Revision): Promise<Written>
  delete(key: string, expected: Revision): Promise<Written>
  /** Changes after the revision. Throws CompactedError when history no longer reaches it. Ends without error on abort. */
  watch(prefix: string, after: Revision, signal: AbortSignal): AsyncIterable<readonly Change[]>
  /** Changes of the prefix with `after < revision <= upTo`, in order. Rejects with CompactedError as watch does. */
  changes(prefix: string, after: Revision, upTo: Revision): Promise<readonly Change[]>
  /** Forgets history before the revision; current values stay. */
  compact(before: Revision): Promise<void>
  /** The newest visible revision; 0 for an empty new store. */
  revision(): Revision
  /** The oldest revision that get, list and watch can still start from; 0 when nothing was compacted. */
  compactedTo(): Revision
}

/** History was asked for that has been compacted away. */
export class CompactedError extends Error {
  override name = 'CompactedError'
  readonly compactedTo: Revision
  constructor(compactedTo: Revision) {
    super(`history before revision ${compactedTo} has been compacted`)
    this.compactedTo = compactedTo
  }
}
/** A revision was asked for that does not exist yet. */
export class FutureRevisionError extends Error {
  override name = 'FutureRevisionError'
  readonly current: Revision
  constructor(asked: Revision, current: Revision) {
    super(`revision ${asked} does not exist yet; the newest is ${current}`)
    this.current = current
  }
}
/** The store cannot take the write (disk full, read-only, failed). Nothing of it was kept. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError'
}
/** The store cannot be opened as it is; the message names the file and the remedy. */
export class StoreOpenError extends Error {
  override name = 'StoreOpenError'
  readonly reason: 'locked' | 'newer-format' | 'corrupt' | 'unreadable' | 'encrypted' | 'unavailable'
  constructor(reason: StoreOpenError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}
