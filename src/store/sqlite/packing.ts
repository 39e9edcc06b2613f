import type { JournalWrite } from '../engine/journal.ts'

/** A batch as it goes to another thread: one piece of bytes for all its values, since each piece costs as much as it holds. */
export interface PackedBatch {
  /** Key, revision, those it was created at and takes the place of, and how many of the bytes are its value; -1 for a delete. */
  readonly writes: readonly (readonly [
    key: string,
    revision: number,
    created: number,
    replaced: number,
    length: number,
  ])[]
  readonly bytes: Uint8Array
}

/** Many writes as one piece of bytes. */
export function packed(batch: readonly JournalWrite<Uint8Array>[]): PackedBatch {
  let length = 0
  for (const { value } of batch) length += value?.length ?? 0
  const bytes = new Uint8Array(length)
  let at = 0
  const writes = batch.map(({ key, revision, created, replaced, value }) => {
    if (value === undefined) return [key, revision, created, replaced, -1] as const
    bytes.set(value, at)
    at += value.length
    return [key, revision, created, replaced, value.length] as const
  })
  return { writes, bytes }
}

/** The writes again; their values are parts of the one piece. */
export function unpacked({ writes, bytes }: PackedBatch): readonly JournalWrite<Uint8Array>[] {
  let at = 0
  return writes.map(([key, revision, created, replaced, length]) => {
    if (length < 0) return { key, revision, created, replaced, value: undefined }
    at += length
    return { key, revision, created, replaced, value: bytes.subarray(at - length, at) }
  })
}
