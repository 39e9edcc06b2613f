import { Backoff, type Clock, keyOf, type Metrics, type ObjectName, parseKey } from '../../machinery/index.ts'

/** Kubernetes: client-go's default rate limits. */
const itemLimits = { initialMs: 5, maxMs: 1_000_000, resetMs: Number.POSITIVE_INFINITY }
const retriesPerSecond = 10
const retryBurst = 100
/** A name rests so many times as long as it was in hand, but no longer than this. */
const restFactor = 3
const restMaxMs = 300
/** Only a name that was woken while in hand so many times in a row rests. */
const wokenInRow = 3

/**
 * Names waiting for work: in order, once each, and never in two hands at a time.
 *
 * Unlike Kubernetes, whose clients are held to some calls a second: a name that is woken again and again while it is in hand
 * rests some times as long as it was there before it comes again, so that what a thousand pods tell of one object meanwhile
 * is looked at once. What is told now and then, and what took no time, comes again at once.
 */
export class WorkQueue {
  readonly #clock: Clock
  readonly #measures: QueueMeasures
  readonly #onWork: () => void
  readonly #waiting = new Map<string, number>() // a Map keeps arrival order; the value is when it came
  readonly #inHand = new Map<string, number>()
  readonly #again = new Set<string>() // woken while in hand or at rest
  readonly #resting = new Map<string, Disposable>()
  readonly #rows = new Map<string, number>() // how often in a row a name was woken while in hand
  readonly #later = new Map<string, { readonly atMs: number; readonly timer: Disposable }>()
  readonly #failures = new Backoff<string>(itemLimits)
  #tokens = retryBurst
  #tokensAtMs: number

  constructor(parts: { readonly clock: Clock; readonly measures: QueueMeasures; readonly onWork: () => void }) {
    this.#clock = parts.clock
    this.#measures = parts.measures
    this.#onWork = parts.onWork
    this.#tokensAtMs = parts.clock.monotonic()
    this.#measures.watch(() => {
      const nowMs = this.#clock.monotonic()
      return [...this.#inHand.values()].map((sinceMs) => (nowMs - sinceMs) / 1000)
    })
  }

  get length(): number {
    return this.#waiting.size
  }

  add(name: ObjectName): void {
    const key = keyOf(name)
    if (this.#inHand.has(key) || this.#resting.has(key)) {
      this.#again.add(key)
      return
    }
    if (this.#waiting.has(key)) return
    this.#waiting.set(key, this.#clock.monotonic())
    this.#measures.added(this.#waiting.size)
    this.#onWork()
  }

  /** Adds the name after a time, or sooner if an earlier time was already asked for. */
  addAfter(name: ObjectName, delayMs: number): void {
    if (delayMs <= 0) {
      this.add(name)
      return
    }
    const key = keyOf(name)
    const atMs = this.#clock.monotonic() + delayMs
    const planned = this.#later.get(key)
    if (planned !== undefined && planned.atMs <= atMs) return
    planned?.timer[Symbol.dispose]()
    const timer = this.#clock.after(delayMs, () => {
      this.#later.delete(key)
      this.add(name)
    })
    this.#later.set(key, { atMs, timer })
  }

  /** Adds the name after its back-off, or after the time the whole queue must wait, whichever is longer. */
  retry(name: ObjectName): void {
    this.#measures.retried()
    this.addAfter(name, Math.max(this.#failures.next(keyOf(name), this.#clock.monotonic()), this.#reserve()))
  }

  /** The name worked: its next failure is its first. */
  forget(name: ObjectName): void {
    this.#failures.reset(keyOf(name))
  }

  take(): ObjectName | undefined {
    for (const [key, sinceMs] of this.#waiting) {
      const nowMs = this.#clock.monotonic()
      this.#waiting.delete(key)
      this.#inHand.set(key, nowMs)
      this.#measures.taken(this.#waiting.size, (nowMs - sinceMs) / 1000)
      return parseKey(key)
    }
    return undefined
  }

  done(name: ObjectName): void {
    const key = keyOf(name)
    const sinceMs = this.#inHand.get(key)
    this.#inHand.delete(key)
    const tookMs = sinceMs === undefined ? 0 : this.#clock.monotonic() - sinceMs
    if (sinceMs !== undefined) this.#measures.worked(tookMs / 1000)
    const row = this.#again.has(key) ? (this.#rows.get(key) ?? 0) + 1 : 0
    if (row === 0) this.#rows.delete(key)
    else this.#rows.set(key, row)
    const restMs = row < wokenInRow ? 0 : Math.floor(Math.min(tookMs * restFactor, restMaxMs))
    if (restMs > 0)
      this.#resting.set(
        key,
        this.#clock.after(restMs, () => this.#rested(key)),
      )
    else if (this.#again.delete(key)) this.add(name)
  }
  #rested(key: string): void {
    this.#resting.delete(key)
    if (this.#again.delete(key)) this.add(parseKey(key))
  }

  /** Forgets everything, timers included. */
  clear(): void {
    for (const { timer } of this.#later.values()) timer[Symbol.dispose]()
    for (const timer of this.#resting.values()) timer[Symbol.dispose]()
    this.#later.clear()
    this.#resting.clear()
    this.#rows.clear()
    this.#waiting.clear()
    this.#again.clear()
  }

  /** Takes a token of the overall bucket, in debt if need be, and answers how long the debt lasts. */
  #reserve(): number {
    const nowMs = this.#clock.monotonic()
    this.#tokens = Math.min(retryBurst, this.#tokens + ((nowMs - this.#tokensAtMs) / 1000) * retriesPerSecond) - 1
    this.#tokensAtMs = nowMs
    return this.#tokens >= 0 ? 0 : (-this.#tokens / retriesPerSecond) * 1000
  }
}

/** How a queue tells what it does. */
export interface QueueMeasures {
  added(depth: number): void
  taken(depth: number, waitedSeconds: number): void
  worked(seconds: number): void
  retried(): void
  /** Is given a way to ask how long, in seconds, each name in hand has been there. */
  watch(inHand: () => readonly number[]): void
}

const secondsBuckets = [1e-8, 1e-7, 1e-6, 9.999999999999999e-6, 9.999999999999999e-5, 0.001, 0.01, 0.1, 1, 10]

/** A queue's measures under client-go's names. */
export function queueMeasures(metrics: Metrics, name: string): QueueMeasures {
  const labels = { name }
  const adds = metrics.counter('workqueue_adds_total', 'Total number of adds handled by workqueue')
  const depth = metrics.gauge('workqueue_depth', 'Current depth of workqueue')
  const waited = metrics.histogram(
    'workqueue_queue_duration_seconds',
    'How long in seconds an item stays in workqueue before being requested.',
    secondsBuckets,
  )
  const worked = metrics.histogram(
    'workqueue_work_duration_seconds',
    'How long in seconds processing an item from workqueue takes.',
    secondsBuckets,
  )
  const retries = metrics.counter('workqueue_retries_total', 'Total number of retries handled by workqueue')
  return {
    added(length) {
      adds.inc(labels)
      depth.set(length, labels)
    },
    taken(length, seconds) {
      depth.set(length, labels)
      waited.observe(seconds, labels)
    },
    worked: (seconds) => worked.observe(seconds, labels),
    retried: () => retries.inc(labels),
    watch: (inHand) => void inHandOf(metrics).set(name, inHand),
  }
}

type InHand = Map<string, () => readonly number[]>
const queuesOf = new WeakMap<Metrics, InHand>()

/** The names in hand of all queues that tell the same metrics. */
function inHandOf(metrics: Metrics): InHand {
  const known = queuesOf.get(metrics)
  if (known !== undefined) return known
  const queues: InHand = new Map()
  queuesOf.set(metrics, queues)
  const reading = (combine: (seconds: readonly number[]) => number) => () =>
    [...queues].map(([name, inHand]) => ({ labels: { name }, value: combine(inHand()) }))
  metrics.readings(
    'workqueue_unfinished_work_seconds',
    'gauge',
    "How many seconds of work has done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.",
    reading((seconds) => seconds.reduce((sum, one) => sum + one, 0)),
  )
  metrics.readings(
    'workqueue_longest_running_processor_seconds',
    'gauge',
    'How many seconds has the longest running processor for workqueue been running.',
    reading((seconds) => Math.max(0, ...seconds)),
  )
  return queues
}
