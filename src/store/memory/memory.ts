import { Engine } from '../engine/engine.ts'
import type { Journal } from '../engine/journal.ts'
import type { Store } from '../store.ts'

/** How much past a memory store keeps unless told otherwise. */
const historyLimits = { changesMax: 100_000, bytesMax: 64 << 20 }

/** A store that forgets everything when it is closed: for tests, simulation and throw-away clusters. */
export function openMemoryStore(limits = historyLimits): Store {
  const journal: Journal = {
    append: () => undefined,
    past: async () => [],
    compact: async () => {},
    close: async () => {},
  }
  return new Engine(journal, { revision: 0, compactedTo: 0, current: [] }, limits)
}
