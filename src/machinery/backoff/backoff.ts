/** How waits grow: from the first, times the factor, up to the last; forgotten after a quiet time. */
export interface BackoffLimits {
  readonly initialMs: number
  readonly maxMs: number
  /** 2 unless told otherwise. */
  readonly factor?: number
  /** A key untouched for this long starts again; twice `maxMs` unless told otherwise. */
  readonly resetMs?: number
}
interface Delay {
  readonly delayMs: number
  readonly atMs: number
}

/** Growing waits, one per key, that start again after success or quiet. The caller brings the time. */
export class Backoff<K> {
  readonly #limits: Required<BackoffLimits>
  readonly #delays = new Map<K, Delay>()
  constructor(limits: BackoffLimits) {
    this.#limits = { factor: 2, resetMs: limits.maxMs * 2, ...limits }
  }
  /** Notes one more failure and answers how long to wait now. */
  next(key: K, nowMs: number): number {
    const { initialMs, maxMs, factor } = this.#limits
    const last = this.#live(key, nowMs)
    const delayMs = Math.min(maxMs, last === undefined ? initialMs : last.delayMs * factor)
    this.#delays.set(key, { delayMs, atMs: nowMs })
    return delayMs
  }
  /** The wait that the last failure brought; 0 when there was none. */
  current(key: K, nowMs: number): number {
    return this.#live(key, nowMs)?.delayMs ?? 0
  }
  /** How much of the wait is left. */
  remaining(key: K, nowMs: number): number {
    const last = this.#live(key, nowMs)
    return last === undefined ? 0 : Math.max(0, last.atMs + last.delayMs - nowMs)
  }
  reset(key: K): void {
    this.#delays.delete(key)
  }
  /** Drops the keys whose quiet time is over. */
  forgetOld(nowMs: number): void {
    for (const key of this.#delays.keys()) this.#live(key, nowMs)
  }
  #live(key: K, nowMs: number): Delay | undefined {
    const last = this.#delays.get(key)
    if (last === undefined || nowMs - last.atMs <= this.#limits.resetMs) return last
    this.#delays.delete(key)
    return undefined
  }
}

/** The wait after this many failures in a row (1 is the first). */
export function backoffDelay(failures: number, { initialMs, maxMs, factor = 2 }: BackoffLimits): number {
  return failures <= 0 ? 0 : Math.min(maxMs, initialMs * factor ** (failures - 1))
}
