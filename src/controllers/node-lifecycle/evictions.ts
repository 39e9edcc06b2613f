import type { Node } from '../../resources/index.ts'
import { defaultSettings } from '../runtime/settings.ts'
import { type Disruption, evictionsPerSecond, zoneOf, zoneStateOf } from './plan.ts'

interface Bucket {
  tokens: number
  atMs: number
}

/** How fast nodes are given up: one at once in each zone, the next ones in turn. */
export class EvictionPace {
  readonly #buckets = new Map<string, Bucket>()
  readonly #granted = new Set<string>()
  readonly #settings: Disruption

  constructor(settings: Disruption = defaultSettings) {
    this.#settings = settings
  }

  /** Whether the node may be given up now; otherwise when to ask again. Undefined: not while things are as they are. */
  ask(node: Node, all: readonly Node[], nowMs: number): { readonly granted: boolean; readonly againInMs?: number } {
    const { uid } = node.metadata
    if (isAllDown(all)) return { granted: false }
    if (this.#granted.has(uid)) return { granted: true }
    const zone = zoneOf(node)
    const members = all.filter((one) => zoneOf(one) === zone)
    const rate = evictionsPerSecond(zoneStateOf(members, this.#settings), members.length, this.#settings)
    const bucket = this.#buckets.get(zone) ?? { tokens: 1, atMs: nowMs }
    bucket.tokens = Math.min(1, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * rate)
    bucket.atMs = nowMs
    this.#buckets.set(zone, bucket)
    if (rate === 0) return { granted: false }
    if (bucket.tokens < 1) return { granted: false, againInMs: Math.ceil(((1 - bucket.tokens) / rate) * 1000) }
    bucket.tokens -= 1
    this.#granted.add(uid)
    return { granted: true }
  }

  /** The node is back, or gone for good. */
  release(uid: string): void {
    this.#granted.delete(uid)
  }
}

/** Whether every zone is down: then it is rather our view that is. */
export function isAllDown(all: readonly Node[]): boolean {
  return [...Map.groupBy(all, zoneOf).values()].every((zone) => zoneStateOf(zone) === 'FullDisruption')
}
