import { msOf, timestampOf } from '../../machinery/index.ts'
import type { HistogramCheckpoint } from '../../resources/index.ts'

/** How values are put into buckets: each is wider than the one before by the same ratio. */
export interface Buckets {
  readonly first: number
  readonly most: number
}
const ratio = 1.05
const halfLifeMs = 24 * 60 * 60_000
/** Less than this is nothing. */
const epsilon = 0.0001
const exponentMax = 100
const checkpointWeightMax = 10_000

/** Kubernetes: cores from 0.01 to 1,000, and bytes from 10 MB to 1 TB. */
export const cpuBuckets: Buckets = { first: 0.01, most: 1000 }
export const memoryBuckets: Buckets = { first: 1e7, most: 1e12 }

const countOf = ({ first, most }: Buckets) =>
  Math.ceil(Math.log((most * (ratio - 1)) / first + 1) / Math.log(ratio)) + 1
const startOf = ({ first }: Buckets, bucket: number) => (first * (ratio ** bucket - 1)) / (ratio - 1)
const bucketOf = (buckets: Buckets, value: number): number =>
  value < buckets.first
    ? 0
    : Math.min(Math.floor(Math.log((value * (ratio - 1)) / buckets.first + 1) / Math.log(ratio)), countOf(buckets) - 1)

/** How often values were seen, where what is a day old counts half. Kubernetes: the vertical pod autoscaler's. */
export class DecayingHistogram {
  readonly #buckets: Buckets
  readonly #weights: Float64Array
  #total = 0
  #referenceMs = 0

  constructor(buckets: Buckets) {
    this.#buckets = buckets
    this.#weights = new Float64Array(countOf(buckets))
  }

  /** One from what a checkpoint kept of it. */
  static from(buckets: Buckets, { referenceTimestamp, bucketWeights = {}, totalWeight = 0 }: HistogramCheckpoint) {
    const made = new DecayingHistogram(buckets)
    const kept = Object.entries(bucketWeights)
    const sum = kept.reduce((all, [, weight]) => all + weight, 0)
    if (sum === 0) return made
    for (const [bucket, weight] of kept) {
      const at = Number(bucket)
      if (at < made.#weights.length) made.#weights[at] = (weight * totalWeight) / sum
    }
    made.#total = totalWeight
    made.#referenceMs = msOf(referenceTimestamp ?? undefined) || 0
    return made
  }

  add(value: number, weight: number, atMs: number): void {
    const scaled = weight * this.#factor(atMs)
    this.#weights[bucketOf(this.#buckets, value)]! += scaled
    this.#total += scaled
  }

  /** Takes back what was added with the same numbers. */
  subtract(value: number, weight: number, atMs: number): void {
    const scaled = weight * this.#factor(atMs)
    const less = (from: number) => (from - scaled < epsilon ? 0 : from - scaled)
    const bucket = bucketOf(this.#buckets, value)
    this.#weights[bucket] = less(this.#weights[bucket]!)
    this.#total = less(this.#total)
  }

  /** The end of the bucket below which that part of the weight is; 0 when there is none. */
  percentile(part: number): number {
    const [from, to] = [
      this.#weights.findIndex((one) => one >= epsilon),
      this.#weights.findLastIndex((one) => one >= epsilon),
    ]
    if (from < 0) return 0
    let sum = 0
    let bucket = from
    for (; bucket < to; bucket++) {
      sum += this.#weights[bucket]!
      if (sum >= part * this.#total) break
    }
    return startOf(this.#buckets, bucket < this.#weights.length - 1 ? bucket + 1 : bucket)
  }

  /** What to keep of it: weights as whole numbers, the largest being 10,000. */
  checkpoint(): HistogramCheckpoint {
    const most = this.#weights.reduce((a, b) => Math.max(a, b), 0)
    const bucketWeights: Record<string, number> = {}
    for (const [bucket, weight] of this.#weights.entries()) {
      const whole = most === 0 ? 0 : Math.floor((weight * checkpointWeightMax) / most + 0.5)
      if (whole > 0) bucketWeights[bucket] = whole
    }
    return { referenceTimestamp: timestampOf(this.#referenceMs), bucketWeights, totalWeight: this.#total }
  }

  /** Younger values weigh more; before the numbers grow too large, all are told from a later time. */
  #factor(atMs: number): number {
    if (atMs > this.#referenceMs + halfLifeMs * exponentMax) {
      const shifted = Math.round(atMs / halfLifeMs) * halfLifeMs
      const scale = 2 ** Math.round((this.#referenceMs - shifted) / halfLifeMs)
      for (let bucket = 0; bucket < this.#weights.length; bucket++) this.#weights[bucket]! *= scale
      this.#total *= scale
      this.#referenceMs = shifted
    }
    return 2 ** ((atMs - this.#referenceMs) / halfLifeMs)
  }
}
