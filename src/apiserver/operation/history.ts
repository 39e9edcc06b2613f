import type { Clock } from '../../machinery/index.ts'
import type { Store } from '../../store/index.ts'

/** For how long what was written can be asked for, and how much of it at most. */
export interface HistoryLimits {
  readonly ms: number
  readonly revisions: number
}
/** An hour, as long as events live. */
export const historyDefault: HistoryLimits = { ms: 60 * 60_000, revisions: 100_000 }
const compactionPeriodMs = 5 * 60_000

/** Compacts what is older than history is to be kept. */
export async function keepHistory(
  store: Store,
  clock: Clock,
  limits: HistoryLimits,
  signal: AbortSignal,
): Promise<void> {
  const marks: { readonly atMs: number; readonly revision: number }[] = []
  while (!signal.aborted) {
    await clock.sleep(compactionPeriodMs, signal).catch(() => {})
    if (signal.aborted) return
    marks.push({ atMs: clock.monotonic(), revision: store.revision() })
    while (marks.length > 1 && clock.monotonic() - marks[1]!.atMs >= limits.ms) marks.shift()
    const byAge = clock.monotonic() - marks[0]!.atMs >= limits.ms ? marks[0]!.revision : 0
    const target = Math.max(byAge, store.revision() - limits.revisions)
    if (target > store.compactedTo()) await store.compact(target)
  }
}
