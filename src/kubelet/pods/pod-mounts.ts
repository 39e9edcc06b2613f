import type { PodView } from '../sync/containers.ts'
import type { MountedVolume } from '../volumes/volumes.ts'
import type { PodContext } from './context.ts'
import type { PodRecord } from './pod-record.ts'
import { type DiskUse, limitsStorage, podDiskUse, storageVerdict } from './storage-limits.ts'

/** Kubernetes: syncFrequency. What is watched is refreshed as soon as it changes; this is for tokens, and the net below. */
const refreshMs = 60_000
/** Kubernetes: evictionMonitoringPeriod. */
const storageCheckMs = 10_000

/** A pod's volumes: mounted before its containers, brought up to date while they run, watched for their size. */
export class PodMounts {
  readonly #context: PodContext
  readonly #record: PodRecord
  #mounted: ReadonlyMap<string, MountedVolume> | undefined
  #mountedAtMs = 0
  #following: Disposable | undefined
  #checkedAtMs = Number.NEGATIVE_INFINITY

  readonly #wake: () => void

  constructor(context: PodContext, record: PodRecord, wake: () => void) {
    this.#context = context
    this.#record = record
    this.#wake = wake
  }

  /** No more refreshing: the pod has ended. */
  stop(): void {
    this.#following?.[Symbol.dispose]()
    this.#following = undefined
  }

  get mounted(): ReadonlyMap<string, MountedVolume> {
    return this.#mounted ?? new Map()
  }

  async mount(): Promise<void> {
    const { volumes, clock, record, watches } = this.#context
    // Watched before it is read: what changes in between is read again.
    this.#following ??= watches.follow(this.#record.pod, () => {
      this.#mountedAtMs = Number.NEGATIVE_INFINITY
      this.#wake()
    })
    try {
      this.#mounted = await volumes.mount(this.#record.pod)
      this.#mountedAtMs = clock.monotonic()
    } catch (error) {
      record(this.#record.pod, 'Warning', 'FailedMount', error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  refreshInMs(): number | undefined {
    if (this.#mounted === undefined || !this.#context.volumes.refreshes(this.#record.pod)) return undefined
    return Math.max(0, this.#mountedAtMs + refreshMs - this.#context.clock.monotonic())
  }
  /** Brings due volumes up to date; those of a pod that an earlier kubelet started are found again. */
  async refresh(isRunning: boolean): Promise<void> {
    const isAdopted = this.#mounted === undefined && isRunning
    if (!isAdopted && this.refreshInMs() !== 0) return
    // What is mounted stays readable when its source cannot be read now.
    await this.mount().catch((error) => this.#context.complain(`volumes of ${this.#record.title}`, error))
  }

  storageInMs(): number | undefined {
    if (!limitsStorage(this.#record.pod)) return undefined
    return Math.max(0, this.#checkedAtMs + storageCheckMs - this.#context.clock.monotonic())
  }
  /** What the pod has written on the node's disk. */
  diskUse(view: PodView): Promise<DiskUse> {
    const { runtime } = this.#context
    const writableLayer = async (id: string) => runtime.writableLayer?.(id)
    return podDiskUse(this.#record.pod, { mounted: this.mounted, view, writableLayer })
  }
  /** Judges a pod that has written more than it may. */
  async checkStorage(view: PodView): Promise<void> {
    if (this.#mounted === undefined || this.storageInMs() !== 0) return
    const { clock, runtime, record } = this.#context
    this.#checkedAtMs = clock.monotonic()
    const verdict = await storageVerdict(this.#record.pod, {
      mounted: this.#mounted,
      view,
      writableLayer: async (id) => runtime.writableLayer?.(id),
    })
    if (verdict === undefined) return
    record(this.#record.pod, 'Warning', verdict.reason, verdict.message)
    this.#record.judge(verdict)
  }
}
