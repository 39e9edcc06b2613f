import type { Value } from '../late-value.ts'
import {
  type Change,
  CompactedError,
  type Entry,
  FutureRevisionError,
  type Mark,
  type Page,
  type PageQuery,
  type Revision,
  type Store,
  StoreUnavailableError,
  type Written,
} from '../store.ts'
import { StoredEntry } from './entry.ts'
import { History, type HistoryLimits } from './history.ts'
import type { Journal, JournalState, JournalWrite, PastChange } from './journal.ts'
import { OrderedEntries, prefixEnd } from './ordered-entries.ts'

/** A write that has its revision but is not durable yet. */
interface Accepted {
  readonly record: JournalWrite
  readonly entry: StoredEntry
  /** What was there before: this is visible by the time the write is. */
  readonly previous: StoredEntry | undefined
  readonly resolve: (written: Written) => void
  readonly reject: (error: unknown) => void
}

/** How many past changes are read from the journal at once when a reader is further back than memory reaches. */
const pastBatch = 1000

/**
 * The store over any journal. Invariants:
 * 1. #current holds exactly the durable writes up to #visible; #pending only writes with revisions above it.
 * 2. Revisions are handed out in order and reach the journal in order; a failed batch gives its revisions back,
 *    which nobody has seen.
 * 3. History in memory ends at #visible and has no gap.
 */
export class Engine implements Store {
  readonly #journal: Journal
  /** The same as in #current, in order. */
  readonly #ordered = new OrderedEntries<StoredEntry>()
  readonly #current = new Map<string, StoredEntry>()
  readonly #pending = new Map<string, { readonly entry: StoredEntry | undefined; readonly revision: Revision }>()
  readonly #history: History
  readonly #marks: { readonly prefix: string; at: Revision }[] = []
  #queue: Accepted[] = []
  #flushing: Promise<void> | undefined
  #assigned: Revision
  #visible: Revision
  #compactedTo: Revision
  #closed = false
  readonly #waiters = new Set<() => void>()

  constructor(journal: Journal, state: JournalState, limits: HistoryLimits) {
    this.#journal = journal
    this.#assigned = this.#visible = state.revision
    this.#compactedTo = state.compactedTo
    this.#history = new History(state.revision, limits)
    for (const { key, value, created, modified } of state.current) {
      const entry = new StoredEntry(key, value, created, modified)
      this.#current.set(key, entry)
      this.#ordered.set(key, entry)
    }
  }

  revision(): Revision {
    return this.#visible
  }

  compactedTo(): Revision {
    return this.#compactedTo
  }

  sizeBytes(): number {
    const kept = this.#journal.sizeBytes?.()
    if (kept !== undefined) return kept
    let bytes = 0
    for (const { key, sizeBytes } of this.#current.values()) bytes += key.length + sizeBytes
    return bytes
  }

  count(prefix: string): number {
    return this.#ordered.rank(prefixEnd(prefix)) - this.#ordered.rank(prefix)
  }

  current(key: string): Entry | undefined {
    return this.#current.get(key)
  }

  currentBelow(prefix: string, limit = Number.POSITIVE_INFINITY): readonly Entry[] {
    return this.#ordered.between(prefix, prefixEnd(prefix), limit)
  }

  markOf(prefix: string): Mark {
    const known = this.#marks.find((mark) => mark.prefix === prefix)
    if (known !== undefined) return known
    const mark = { prefix, at: this.#visible }
    this.#marks.push(mark)
    return mark
  }

  async get(key: string, at?: Revision): Promise<Entry | undefined> {
    if (at === undefined || at === this.#visible) return this.#current.get(key)
    const page = await this.#listPast(key, { at, limit: 1 }, (candidate) => candidate === key)
    return page.entries[0]
  }

  async list(prefix: string, query: PageQuery = {}): Promise<Page> {
    if (query.at !== undefined && query.at !== this.#visible) {
      return this.#listPast(prefix, query, (key) => key.startsWith(prefix))
    }
    // The smallest key behind the one that was read last.
    const start = query.after === undefined || query.after < prefix ? prefix : `${query.after}\0`
    const entries = this.#ordered.between(start, prefixEnd(prefix), query.limit ?? Number.POSITIVE_INFINITY)
    const read = query.limit === undefined || entries.length < query.limit ? undefined : entries.at(-1)
    const remaining = read === undefined ? 0 : this.#ordered.rank(prefixEnd(prefix)) - this.#ordered.rank(read.key) - 1
    return { revision: this.#visible, entries, remaining }
  }

  put(key: string, value: Value, expected: Revision): Promise<Written> {
    return this.#write(key, value, expected)
  }

  delete(key: string, expected: Revision): Promise<Written> {
    return this.#write(key, undefined, expected)
  }

  async *watch(prefix: string, after: Revision, signal: AbortSignal): AsyncIterable<readonly Change[]> {
    let cursor = after
    if (cursor > this.#visible) throw new FutureRevisionError(cursor, this.#visible)
    let wake = () => {}
    const onAbort = () => wake()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      while (!signal.aborted && !this.#closed) {
        if (cursor === this.#visible) {
          await new Promise<void>((resolve) => {
            wake = resolve
            this.#waiters.add(resolve)
          })
          this.#waiters.delete(wake)
          continue
        }
        const batch = await this.#changesAfter(cursor)
        cursor += batch.length
        const wanted = batch.filter((change) => change.entry.key.startsWith(prefix))
        if (wanted.length > 0 && !signal.aborted) yield wanted
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async changes(prefix: string, after: Revision, upTo: Revision): Promise<readonly Change[]> {
    if (after > this.#visible) throw new FutureRevisionError(after, this.#visible)
    const found: Change[] = []
    for (let cursor = after; cursor < Math.min(upTo, this.#visible); ) {
      const batch = await this.#changesAfter(cursor)
      cursor += batch.length
      for (const change of batch) {
        if (change.entry.modified <= upTo && change.entry.key.startsWith(prefix)) found.push(change)
      }
    }
    if (after < this.#compactedTo) throw new CompactedError(this.#compactedTo)
    return found
  }

  async compact(before: Revision): Promise<void> {
    const to = Math.min(before, this.#visible)
    if (to <= this.#compactedTo) return
    await this.#journal.compact(to)
    this.#compactedTo = to
    this.#history.trim(to + 1)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    while (this.#flushing !== undefined) await this.#flushing
    this.#closed = true
    this.#wakeAll()
    await this.#journal.close()
  }

  #write(key: string, value: Value | undefined, expected: Revision): Promise<Written> {
    if (this.#closed) return Promise.reject(new StoreUnavailableError('the store is closed'))
    const pending = this.#pending.get(key)
    const previous = pending === undefined ? this.#current.get(key) : pending.entry
    if ((previous?.modified ?? 0) !== expected || (value === undefined && previous === undefined))
      return this.#lost(key, pending !== undefined)
    const revision = ++this.#assigned
    const created = value === undefined ? previous!.created : (previous?.created ?? revision)
    const entry = value === undefined ? previous!.deletedAt(revision) : new StoredEntry(key, value, created, revision)
    this.#pending.set(key, { entry: value === undefined ? undefined : entry, revision })
    return new Promise<Written>((resolve, reject) => {
      const record = { key, revision, created, replaced: previous?.modified ?? 0, value }
      this.#queue.push({ record, entry, previous, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  /** The write that won may still be on its way to disk; what it left is shown only once it is there. */
  async #lost(key: string, isPending: boolean): Promise<Written> {
    while (isPending && this.#pending.has(key) && this.#flushing !== undefined) await this.#flushing
    return { ok: false, current: this.#current.get(key) }
  }

  /** Sends batches until none is left: one in flight, the next collecting behind it. */
  async #flush(): Promise<void> {
    // The turn's other writes join the first batch.
    await undefined
    while (this.#queue.length > 0) {
      const batch = this.#queue
      this.#queue = []
      try {
        const durable = this.#journal.append(batch.map(({ record }) => record))
        if (durable !== undefined) await durable
      } catch (error) {
        this.#refuse([...batch, ...this.#queue.splice(0)], error)
        continue
      }
      for (const accepted of batch) this.#apply(accepted)
      this.#wakeAll()
      for (const { resolve, entry } of batch) resolve({ ok: true, entry })
    }
    this.#flushing = undefined
  }

  #apply({ record, entry, previous }: Accepted): void {
    const { key, revision, value } = record
    if (value === undefined) {
      this.#current.delete(key)
      this.#ordered.delete(key)
    } else {
      this.#current.set(key, entry)
      this.#ordered.set(key, entry)
    }
    if (this.#pending.get(key)?.revision === revision) this.#pending.delete(key)
    this.#visible = revision
    for (let at = 0; at < this.#marks.length; at++) {
      const mark = this.#marks[at]!
      if (key.startsWith(mark.prefix)) mark.at = revision
    }
    this.#history.append(Object.freeze({ type: value === undefined ? 'delete' : 'put', entry, previous }))
  }

  /** Nothing of these was kept, so nobody has seen their revisions: they are handed out again. */
  #refuse(writes: readonly Accepted[], cause: unknown): void {
    this.#assigned = this.#visible
    this.#pending.clear()
    const why = cause instanceof Error ? cause.message : String(cause)
    const error =
      cause instanceof StoreUnavailableError
        ? cause
        : new StoreUnavailableError(`the store refused the write: ${why}`, { cause })
    for (const { reject } of writes) reject(error)
  }

  #wakeAll(): void {
    const waiting = [...this.#waiters]
    this.#waiters.clear()
    for (const wake of waiting) wake()
  }

  /** Consecutive changes that follow the cursor, at least one. */
  async #changesAfter(cursor: Revision): Promise<readonly Change[]> {
    if (cursor < this.#compactedTo) throw new CompactedError(this.#compactedTo)
    if (cursor + 1 >= this.#history.first) {
      const changes: Change[] = []
      for (let revision = cursor + 1; revision <= this.#visible; revision++) changes.push(this.#history.at(revision)!)
      return changes
    }
    const to = Math.min(cursor + pastBatch, this.#history.first - 1)
    const past = await this.#journal.past(cursor + 1, to)
    if (past.length !== to - cursor) throw new CompactedError(Math.max(this.#compactedTo, this.#history.first))
    return past.map(changeOfPast)
  }

  /** The range as it was: today's, with every later change undone. Costs the length of the time in between. */
  async #listPast(
    prefix: string,
    query: PageQuery & { at?: Revision },
    within: (key: string) => boolean,
  ): Promise<Page> {
    const at = query.at ?? this.#visible
    if (at > this.#visible) throw new FutureRevisionError(at, this.#visible)
    if (at < this.#compactedTo) throw new CompactedError(this.#compactedTo)
    const undone = new Map<string, Entry | undefined>()
    for (let cursor = at; cursor < this.#visible; ) {
      const changes = await this.#changesAfter(cursor)
      cursor += changes.length
      for (const { entry, previous } of changes) {
        if (within(entry.key) && !undone.has(entry.key)) undone.set(entry.key, previous)
      }
    }
    const keys: string[] = []
    for (const key of this.#ordered.from(prefix)) {
      if (!key.startsWith(prefix)) break
      if (within(key) && !undone.has(key)) keys.push(key)
    }
    for (const [key, entry] of undone) if (entry !== undefined) keys.push(key)
    const rest = keys.filter((key) => query.after === undefined || key > query.after).sort()
    const limit = query.limit ?? rest.length
    const entries = rest.slice(0, limit).map((key) => (undone.has(key) ? undone.get(key)! : this.#current.get(key)!))
    return { revision: at, entries, remaining: Math.max(0, rest.length - limit) }
  }
}

function changeOfPast({ record, previous }: PastChange): Change {
  const { key, value, created, revision } = record
  const before = previous && new StoredEntry(key, previous.value, previous.created, previous.modified)
  return Object.freeze({
    type: value === undefined ? 'delete' : 'put',
    entry: new StoredEntry(key, value ?? before?.value ?? new Uint8Array(), created, revision),
    previous: before,
  })
}
