import { msOf, timestampOf } from '../../machinery/index.ts'
import type { VerticalPodAutoscalerCheckpoint } from '../../resources/index.ts'
import { cpuBuckets, DecayingHistogram, memoryBuckets } from './histogram.ts'

const dayMs = 24 * 60 * 60_000
const cpuWeight = 0.1
/** Kubernetes: after being killed for want of memory a container is given at least so much more, and a fifth more. */
const bumpBytesMin = 100 * 1024 * 1024
const bumpRatio = 1.2
const checkpointVersion = 'v3'

type CheckpointStatus = NonNullable<VerticalPodAutoscalerCheckpoint['status']>

/** What is known of the use of all containers of one name: how often how many cores, and one peak of memory a day of each. */
export class ContainerHistory {
  readonly cpu: DecayingHistogram
  readonly memory: DecayingHistogram
  firstMs: number | undefined
  lastMs: number | undefined
  samples = 0

  constructor(kept?: CheckpointStatus) {
    const isKnown = kept?.version === checkpointVersion
    this.cpu = isKnown ? DecayingHistogram.from(cpuBuckets, kept.cpuHistogram ?? {}) : new DecayingHistogram(cpuBuckets)
    this.memory = isKnown
      ? DecayingHistogram.from(memoryBuckets, kept.memoryHistogram ?? {})
      : new DecayingHistogram(memoryBuckets)
    if (!isKnown) return
    this.samples = kept.totalSamplesCount ?? 0
    this.firstMs = msOf(kept.firstSampleStart ?? undefined) || undefined
    this.lastMs = msOf(kept.lastSampleStart ?? undefined) || undefined
  }

  addCpu(cores: number, atMs: number): void {
    this.cpu.add(cores, cpuWeight, atMs)
    this.firstMs = Math.min(this.firstMs ?? atMs, atMs)
    this.lastMs = Math.max(this.lastMs ?? atMs, atMs)
    this.samples++
  }

  /** Kubernetes: in days, by the time that samples span and by their number at one a minute, whichever is less. */
  get confidence(): number {
    const spanMs = (this.lastMs ?? 0) - (this.firstMs ?? 0)
    return Math.min(spanMs / dayMs, this.samples / (dayMs / 60_000))
  }

  checkpoint(nowMs: number): CheckpointStatus {
    const at = (ms: number | undefined) => (ms === undefined ? null : timestampOf(ms))
    return {
      lastUpdateTime: timestampOf(nowMs),
      version: checkpointVersion,
      cpuHistogram: this.cpu.checkpoint(),
      memoryHistogram: this.memory.checkpoint(),
      firstSampleStart: at(this.firstMs),
      lastSampleStart: at(this.lastMs),
      totalSamplesCount: this.samples,
    }
  }
}

/** One container of one pod: what it used last, and its peak of memory since its day began. */
export class ContainerUse {
  readonly #history: ContainerHistory
  #cpuMs = Number.NEGATIVE_INFINITY
  #memoryMs = Number.NEGATIVE_INFINITY
  #windowEndMs: number | undefined
  #peak = 0
  #killedPeak = 0

  constructor(history: ContainerHistory) {
    this.#history = history
  }

  addCpu(cores: number, atMs: number): void {
    if (atMs <= this.#cpuMs) return
    this.#cpuMs = atMs
    this.#history.addCpu(cores, atMs)
  }

  addMemory(bytes: number, atMs: number): void {
    if (atMs < this.#memoryMs) return
    this.#add(bytes, atMs, false)
  }

  /** It was killed for want of memory, though it had asked for so much. */
  addKill(requestedBytes: number, atMs: number): void {
    if (atMs < this.#memoryMs - dayMs) return
    const used = Math.max(requestedBytes, this.#peak)
    this.#add(Math.max(used + bumpBytesMin, used * bumpRatio), atMs, true)
  }

  /** One peak for each day: a higher one takes the place of the one before. */
  #add(bytes: number, atMs: number, isKill: boolean): void {
    const { memory } = this.#history
    this.#memoryMs = atMs
    this.#windowEndMs ??= atMs
    if (atMs < this.#windowEndMs) {
      const before = Math.max(this.#peak, this.#killedPeak)
      if (before === 0 || bytes <= before) return
      memory.subtract(before, 1, this.#windowEndMs)
    } else {
      this.#windowEndMs += Math.floor((atMs - this.#windowEndMs) / dayMs) * dayMs + dayMs
      this.#peak = 0
      this.#killedPeak = 0
    }
    memory.add(bytes, 1, this.#windowEndMs)
    if (isKill) this.#killedPeak = bytes
    else this.#peak = bytes
  }
}
