import type { Clock } from '../../machinery/index.ts'

export type SealDirection = 'to_storage' | 'from_storage'
/** How often values of one place went in one direction, with which mark before them. */
export interface SealCount {
  readonly direction: SealDirection
  /** The prefix that what lies there shares. */
  readonly place: string
  readonly mark: string
  readonly isWell: boolean
  count: number
}
/** How long that took, by bucket. */
export interface SealTimes {
  readonly direction: SealDirection
  readonly mark: string
  readonly counts: number[]
  count: number
  sum: number
}
/** How often a plugin's key was used, and when last. */
export interface KeyUse {
  readonly direction: SealDirection
  readonly provider: string
  readonly keyId: string
  count: number
  atMs: number
}
/** What was sealed and opened since the last time this was asked. */
export interface SealReport {
  readonly counts: readonly SealCount[]
  readonly times: readonly SealTimes[]
  readonly keys: readonly KeyUse[]
}

/** Kubernetes: in-process ciphers take microseconds, plugins up to seconds. */
export const sealBuckets = Array.from({ length: 25 }, (_, power) => 5e-6 * 2 ** power)

/** Counts what is sealed and opened, until somebody takes the report. */
export class SealTally {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>
  #counts = new Map<string, SealCount>()
  #times = new Map<string, SealTimes>()
  #keys = new Map<string, KeyUse>()

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#clock = clock
  }

  /** Does it, and counts it by how it went; `mark` is what stands before the sealed value. */
  measured<R>(direction: SealDirection, place: string, mark: string, work: () => R): R {
    const startedMs = this.#clock.monotonic()
    let isWell = false
    try {
      const result = work()
      isWell = true
      this.#timed(direction, mark, (this.#clock.monotonic() - startedMs) / 1000)
      return result
    } finally {
      const key = `${direction} ${isWell} ${place} ${mark}`
      const known = this.#counts.get(key)
      if (known === undefined) this.#counts.set(key, { direction, place, mark, isWell, count: 1 })
      else known.count++
    }
  }

  keyUsed(direction: SealDirection, provider: string, keyId: string): void {
    const key = `${direction} ${provider} ${keyId}`
    const known = this.#keys.get(key)
    const atMs = this.#clock.now()
    if (known === undefined) this.#keys.set(key, { direction, provider, keyId, count: 1, atMs })
    else {
      known.count++
      known.atMs = atMs
    }
  }

  /** What came together, which begins anew; undefined when nothing did. */
  take(): SealReport | undefined {
    if (this.#counts.size === 0) return undefined
    const report = {
      counts: [...this.#counts.values()],
      times: [...this.#times.values()],
      keys: [...this.#keys.values()],
    }
    this.#counts = new Map()
    this.#times = new Map()
    this.#keys = new Map()
    return report
  }

  #timed(direction: SealDirection, mark: string, seconds: number): void {
    const key = `${direction} ${mark}`
    let known = this.#times.get(key)
    if (known === undefined) this.#times.set(key, (known = { direction, mark, counts: [], count: 0, sum: 0 }))
    const bucket = sealBuckets.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) known.counts[bucket] = (known.counts[bucket] ?? 0) + 1
    known.count++
    known.sum += seconds
  }
}

/** Where a value lies, as coarse as its kind: the prefix of the rule, or below the root the part that names the kind. */
export function placeOf(key: string, prefix: string): string {
  const parts = prefix.split('/').filter((part) => part !== '')
  if (parts.length > 1) return prefix
  const [root = '', kind = '', below = ''] = key.split('/').filter((part) => part !== '')
  return kind.includes('.') ? `/${root}/${kind}/${below}/` : `/${root}/${kind}/`
}
