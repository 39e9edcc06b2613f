import type { Value } from '../late-value.ts'
import type { Revision } from '../store.ts'

/** One write. `value` is undefined for a delete; a journal that keeps nothing need not have its bytes made. */
export interface JournalRecord<V = Value> {
  readonly key: string
  readonly revision: Revision
  readonly created: Revision
  readonly value: V | undefined
}
/** The same as it is to be written: with the revision of what it takes the place of, 0 where there was nothing. */
export interface JournalWrite<V = Value> extends JournalRecord<V> {
  readonly replaced: Revision
}
/** What a journal held when it was opened. */
export interface JournalState {
  readonly revision: Revision
  readonly compactedTo: Revision
  readonly current: Iterable<{
    readonly key: string
    readonly value: Uint8Array
    readonly created: Revision
    readonly modified: Revision
  }>
}
/** One change of the past, as the journal still knows it. */
export interface PastChange {
  readonly record: JournalRecord<Uint8Array>
  readonly previous: { readonly value: Uint8Array; readonly created: Revision; readonly modified: Revision } | undefined
}

/** Where writes become durable. All or nothing: when append rejects, none of the batch was kept. */
export interface Journal {
  /** Returns undefined when the batch is durable at once (memory), a promise otherwise. One call at a time. */
  append(batch: readonly JournalWrite[]): Promise<void> | undefined
  /** Changes with `from <= revision <= to`, in order; the range has not been compacted. */
  past(from: Revision, to: Revision): Promise<readonly PastChange[]>
  compact(before: Revision): Promise<void>
  /** How much room the journal takes; left out where it keeps nothing itself. */
  sizeBytes?(): number
  close(): Promise<void>
}
