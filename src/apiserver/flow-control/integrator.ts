/** What a number was over a stretch of time, weighted by how long it was each value. */
export interface Summary {
  readonly seconds: number
  readonly average: number
  readonly deviation: number
  readonly max: number
}

/** Integrates a number over time: how many seats a priority level could have used, second by second. */
export class Integrator {
  #lastMs: number
  #value = 0
  #seconds = 0
  #sum = 0
  #squares = 0
  #max = 0

  constructor(nowMs: number) {
    this.#lastMs = nowMs
  }

  set(value: number, nowMs: number): void {
    this.#advance(nowMs)
    this.#value = value
    if (value > this.#max) this.#max = value
  }

  /** The summary since the last reset; a new stretch begins. */
  reset(nowMs: number): Summary {
    this.#advance(nowMs)
    const seconds = this.#seconds
    const average = seconds > 0 ? this.#sum / seconds : 0
    const variance = seconds > 0 ? this.#squares / seconds - average * average : 0
    const summary = { seconds, average, deviation: Math.sqrt(Math.max(0, variance)), max: this.#max }
    this.#seconds = 0
    this.#sum = 0
    this.#squares = 0
    this.#max = this.#value
    return summary
  }

  #advance(nowMs: number): void {
    const seconds = (nowMs - this.#lastMs) / 1000
    this.#lastMs = nowMs
    this.#seconds += seconds
    this.#sum += seconds * this.#value
    this.#squares += seconds * this.#value * this.#value
  }
}

/** How full something was, as a histogram over time: each nanosecond counts once, in the bucket of the ratio it had. */
export class TimedRatio {
  readonly buckets: readonly number[]
  readonly counts: number[]
  #lastMs: number
  #numerator = 0
  #denominator: number
  #bucket = 0
  #sum = 0
  #nanoseconds = 0

  constructor(buckets: readonly number[], nowMs: number, denominator = 1) {
    this.buckets = buckets
    this.counts = buckets.map(() => 0)
    this.#lastMs = nowMs
    this.#denominator = denominator
    this.#place()
  }

  set(numerator: number, nowMs: number): void {
    if (numerator === this.#numerator) return
    this.advance(nowMs)
    this.#numerator = numerator
    this.#place()
  }

  setDenominator(denominator: number, nowMs: number): void {
    if (denominator === this.#denominator) return
    this.advance(nowMs)
    this.#denominator = denominator
    this.#place()
  }

  /** Takes in the time since the last change. */
  advance(nowMs: number): void {
    const nanoseconds = (nowMs - this.#lastMs) * 1e6
    this.#lastMs = nowMs
    this.#nanoseconds += nanoseconds
    this.#sum += nanoseconds * this.#ratio
    if (this.#bucket < this.counts.length) this.counts[this.#bucket]! += nanoseconds
  }

  get sum(): number {
    return this.#sum
  }
  get count(): number {
    return Math.round(this.#nanoseconds)
  }
  get #ratio(): number {
    return this.#numerator / this.#denominator
  }

  #place(): void {
    const ratio = this.#ratio
    let at = 0
    while (at < this.buckets.length && ratio > this.buckets[at]!) at++
    this.#bucket = at
  }
}
