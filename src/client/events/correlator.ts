import type { Event } from '../../resources/index.ts'

/** What one happening comes to: a new Event, one more of a known Event, or nothing, because there are too many. */
export type Correlated =
  | { readonly action: 'create'; readonly event: Event; readonly key: string }
  | { readonly action: 'update'; readonly event: Event; readonly key: string }
  | { readonly action: 'drop' }

/** Kubernetes: the sizes of client-go's correlator. */
const rememberedMax = 4096
const similarMax = 10
const similarWindowMs = 10 * 60_000
const burst = 25
const refillMs = 300_000

interface Similar {
  readonly messages: Set<string>
  lastMs: number
}
interface Bucket {
  tokens: number
  atMs: number
}

/** Folds repeats of an event into one, and holds back what floods. Invariant: no map outgrows `rememberedMax`. */
export class EventCorrelator {
  readonly #similar = new Map<string, Similar>()
  readonly #written = new Map<string, Event>()
  readonly #buckets = new Map<string, Bucket>()

  observe(event: Event, nowMs: number): Correlated {
    const { event: folded, key } = this.#fold(event, nowMs)
    if (!this.#admits(event, nowMs)) return { action: 'drop' }
    const known = this.#written.get(key)
    if (known === undefined) return { action: 'create', event: folded, key }
    const count = (known.count ?? 1) + 1
    const { lastTimestamp, message } = folded
    return {
      action: 'update',
      key,
      event: {
        ...known,
        count,
        ...(lastTimestamp === undefined ? {} : { lastTimestamp }),
        ...(message === undefined ? {} : { message }),
      },
    }
  }

  /** Notes what the server now has, so that the next repeat counts on from it. */
  wrote(key: string, event: Event): void {
    remember(this.#written, key, event)
  }
  /** Kubernetes: after ten different messages of one kind within ten minutes, the rest share one Event, which names its source alone. */
  #fold(event: Event, nowMs: number): { readonly event: Event; readonly key: string } {
    const group = groupOf(event)
    let similar = this.#similar.get(group)
    if (similar === undefined || nowMs - similar.lastMs > similarWindowMs)
      similar = { messages: new Set(), lastMs: nowMs }
    similar.messages.add(event.message ?? '')
    similar.lastMs = nowMs
    remember(this.#similar, group, similar)
    if (similar.messages.size < similarMax) return { event, key: `${group}|${event.message ?? ''}` }
    similar.messages.delete([...similar.messages][0]!)
    const { reportingComponent: _, reportingInstance: __, ...shared } = event
    return { event: { ...shared, message: `(combined from similar events): ${event.message ?? ''}` }, key: group }
  }

  /** A bucket for each source and object: 25 at once, then one every five minutes. */
  #admits(event: Event, nowMs: number): boolean {
    const { involvedObject: about, source } = event
    const key = [
      source?.component,
      source?.host,
      about.kind,
      about.namespace,
      about.name,
      about.uid,
      about.apiVersion,
    ].join('|')
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs }
    const tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) / refillMs)
    const admits = tokens >= 1
    remember(this.#buckets, key, { tokens: admits ? tokens - 1 : tokens, atMs: nowMs })
    return admits
  }
}

function groupOf({
  source,
  involvedObject: about,
  type,
  reason,
  reportingComponent,
  reportingInstance,
}: Event): string {
  return [
    source?.component,
    source?.host,
    about.kind,
    about.namespace,
    about.name,
    about.uid,
    about.apiVersion,
    about.fieldPath,
    type,
    reason,
    reportingComponent,
    reportingInstance,
  ].join('|')
}

/** Sets a key as the newest of a bounded map, and lets the oldest go. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > rememberedMax) map.delete(map.keys().next().value!)
}
