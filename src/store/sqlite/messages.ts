import type { PastChange } from '../engine/journal.ts'
import type { SealedSeed, WriteSeed } from './kms/envelope.ts'
import type { PackedBatch } from './packing.ts'
import type { EncryptionRule } from './seal.ts'
import type { SealReport } from './tally.ts'

/** One current value as it is loaded at start. */
export type CurrentRow = readonly [key: string, created: number, modified: number, value: Uint8Array]

/** What the engine asks of the database thread, one at a time per number. */
export type Ask =
  | {
      readonly type: 'open'
      readonly file: string
      readonly encryption: readonly EncryptionRule[]
      /** Whether what is sealed and opened is counted. */
      readonly counted: boolean
    }
  | { readonly type: 'append'; readonly batch: PackedBatch }
  | { readonly type: 'past'; readonly from: number; readonly to: number }
  | { readonly type: 'compact'; readonly before: number }
  /** Seals by other rules from now on. */
  | { readonly type: 'reseal'; readonly encryption: readonly EncryptionRule[] }
  /** What a KMS provider's new values are sealed with. */
  | { readonly type: 'write-seed'; readonly provider: string; readonly seed: WriteSeed | undefined }
  /** A seed that its plugin has opened. */
  | { readonly type: 'seed'; readonly sealed: SealedSeed; readonly seed: Uint8Array }
  | { readonly type: 'close' }
export interface Opened {
  readonly revision: number
  readonly compactedTo: number
  readonly rows: readonly CurrentRow[]
}
export type Answer = Opened | readonly PastChange[] | undefined
/** Why the database thread could not do it; `open` names a StoreOpenError's reason. */
export interface Failure {
  readonly message: string
  readonly open?: 'locked' | 'newer-format' | 'corrupt' | 'unreadable' | 'encrypted' | 'unavailable'
  /** A seed that is needed first; the question may be asked again with it. */
  readonly wanted?: SealedSeed
}
export type Question = { readonly id: number } & Ask
/** With what was sealed and opened for it, where somebody counts. */
export type Reply = { readonly id: number; readonly sealed?: SealReport } & (
  | { readonly answer: Answer }
  | { readonly failure: Failure }
)
