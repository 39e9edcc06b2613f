import { type Clock, tooManyRequests } from '../../../machinery/index.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

/** How many events a second, and how many at once, are let in: of all, or of each namespace, user or source. */
export interface EventLimit {
  readonly type: 'Server' | 'Namespace' | 'User' | 'SourceAndObject'
  readonly qps: number
  readonly burst: number
  readonly cacheSize?: number
}
const cacheSizeDefault = 4096

const keys: Readonly<Record<EventLimit['type'], (attributes: Attributes) => string>> = {
  Server: () => '',
  Namespace: ({ namespace }) => namespace,
  User: ({ identity }) => identity.name,
  SourceAndObject: ({ object }) => {
    // events.k8s.io names the same under other names.
    const { component = '', host = '' } = object.source ?? object.deprecatedSource ?? {}
    const {
      kind = '',
      namespace = '',
      name = '',
      uid = '',
      apiVersion = '',
    } = object.involvedObject ?? object.regarding ?? {}
    return [component, host, kind, namespace, name, uid, apiVersion].join('')
  },
}

/** EventRateLimit: whoever floods the server with events is told to slow down. */
export function eventRateLimit(clock: Clock, limits: readonly EventLimit[]): AdmissionPlugin {
  const enforcers = limits.map((limit) => ({ limit, buckets: new Buckets(clock, limit) }))
  return {
    name: 'EventRateLimit',
    resources: ['/events', 'events.k8s.io/events'],
    async validate(attributes) {
      const { operation, dryRun } = attributes
      if (dryRun || (operation !== 'CREATE' && operation !== 'UPDATE')) return
      const reached: string[] = []
      for (const { limit, buckets } of enforcers) {
        const key = keys[limit.type](attributes)
        if (!buckets.take(key)) reached.push(`limit reached on type ${limit.type} for key ${key}`)
      }
      if (reached.length === 0) return
      throw tooManyRequests(reached.length === 1 ? reached[0]! : `[${reached.join(', ')}]`, 0)
    },
  }
}

/** Buckets of tokens that fill up with time, by key; those that were not used for long are forgotten. */
class Buckets {
  readonly #clock: Clock
  readonly #limit: EventLimit
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>()

  constructor(clock: Clock, limit: EventLimit) {
    this.#clock = clock
    this.#limit = limit
  }

  /** Takes a token; false when there is none. */
  take(key: string): boolean {
    const { qps, burst, cacheSize = 0 } = this.#limit
    const nowMs = this.#clock.monotonic()
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs }
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * qps)
    bucket.atMs = nowMs
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > (cacheSize === 0 ? cacheSizeDefault : cacheSize))
      this.#buckets.delete(this.#buckets.keys().next().value!)
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }
}
