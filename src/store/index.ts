/** Store: an ordered, versioned, watchable map of bytes. Has never heard of a Pod. */

export { type EntryNotes, entryForms, entryObjects } from './engine/entry.ts'
export { LateValue, type Value } from './late-value.ts'
export { openMemoryStore } from './memory/memory.ts'
export type { SealedSeed } from './sqlite/kms/envelope.ts'
export type { KmsPlugin } from './sqlite/kms/keys.ts'
export type { EncryptionKey, EncryptionProvider, EncryptionRule } from './sqlite/seal.ts'
export { openSqliteStore, type SealingMeasures, type SqliteOptions, type SqliteStore } from './sqlite/sqlite.ts'
export { type SealReport, sealBuckets } from './sqlite/tally.ts'
export type { Change, Entry, Mark, Page, PageQuery, Revision, Store, Written } from './store.ts'
export { CompactedError, FutureRevisionError, StoreOpenError, StoreUnavailableError } from './store.ts'
