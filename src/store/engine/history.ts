import type { Change, Revision } from '../store.ts'
import { StoredEntry } from './entry.ts'

export interface HistoryLimits {
  readonly changesMax: number
  readonly bytesMax: number
}

/** What was made of a replaced value is kept for readers that are no further behind than this. */
const notedChanges = 2048

/** Recent changes in order of revision, one per revision, without gaps; the oldest go when the limits are passed. */
export class History {
  readonly #limits: HistoryLimits
  #changes: Change[] = []
  #head = 0
  #bytes = 0
  #first: Revision

  /** `last` is the revision that the next change will follow. */
  constructor(last: Revision, limits: HistoryLimits) {
    this.#first = last + 1
    this.#limits = limits
  }

  /** The oldest revision whose change is still here; one more than the newest when empty. */
  get first(): Revision {
    return this.#first
  }

  append(change: Change): void {
    this.#changes.push(change)
    this.#bytes += sizeOf(change)
    const passed = this.#changes[this.#changes.length - 1 - notedChanges]
    if (passed?.previous !== undefined) StoredEntry.forgetNotes(passed.previous)
    if (passed?.type === 'delete') StoredEntry.forgetNotes(passed.entry)
    while (this.#bytes > this.#limits.bytesMax || this.#changes.length - this.#head > this.#limits.changesMax) {
      if (this.#changes.length - this.#head <= 1) break
      this.#dropFirst()
    }
  }

  /** The change of a revision that is still here. */
  at(revision: Revision): Change | undefined {
    return this.#changes[this.#head + revision - this.#first]
  }

  /** Forgets changes before the revision. */
  trim(before: Revision): void {
    while (this.#first < before && this.#head < this.#changes.length) this.#dropFirst()
  }

  #dropFirst(): void {
    this.#bytes -= sizeOf(this.#changes[this.#head]!)
    this.#changes[this.#head] = undefined as unknown as Change
    this.#head++
    this.#first++
    // Copying the tail only when half is dead keeps the cost per change constant.
    if (this.#head > 1024 && this.#head * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#head)
      this.#head = 0
    }
  }
}

/** What a change keeps alive that current values do not: roughly the value it replaced. */
function sizeOf(change: Change): number {
  return change.entry.key.length * 2 + 200 + (change.previous?.sizeBytes ?? 0)
}
