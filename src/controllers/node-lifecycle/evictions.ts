import type { Node } from '../../resources/index.ts'
import { defaultSettings } from '../runtime/settings.ts'
import { type Disruption, evictionsPerSecond, type ZoneSize, zoneOf, zoneStateOf } from './plan.ts'

/** The zones by their names. */
export type Zones = ReadonlyMap<string, ZoneSize>

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
  ask(node: Node, zones: Zones, nowMs: number): { readonly granted: boolean; readonly againInMs?: number } {
    const { uid } = node.metadata
    if (isAllDown(zones)) return { granted: false }
    if (this.#granted.has(uid)) return { granted: true }
    const zone = zoneOf(node)
    const size = zones.get(zone) ?? { nodes: 1, unready: 1 }
    const rate = evictionsPerSecond(zoneStateOf(size, this.#settings), size.nodes, this.#settings)
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
export function isAllDown(zones: Zones): boolean {
  return [...zones.values()].every((zone) => zoneStateOf(zone) === 'FullDisruption')
}
