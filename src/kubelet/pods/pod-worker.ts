import { msOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { createProber, type Prober } from '../probes/prober.ts'
import { withAllocation } from '../resize/allocation.ts'
import type { RetryTrigger } from '../resize/measures.ts'
import { PodResizer } from '../resize/pod-resizer.ts'
import { requestedResizes } from '../resize/requested.ts'
import { newestOf, type PodView, podViewOf, runningContainers } from '../sync/containers.ts'
import { isTerminalPhase } from '../sync/phase.ts'
import { nothingToDo, type PodPlan, planPod } from '../sync/plan.ts'
import { instancesToReset } from '../sync/restart-all.ts'
import type { MountedVolume } from '../volumes/volumes.ts'
import type { PodContext, Verdict } from './context.ts'
import { PodActions } from './pod-actions.ts'
import { type Ending, PodEnding } from './pod-ending.ts'
import { PodMounts } from './pod-mounts.ts'
import { PodRecord } from './pod-record.ts'
import { PodStatusWriter } from './pod-status.ts'
import type { DiskUse } from './storage-limits.ts'

/** A pod as it is on its node: its volumes, and its containers as they were last seen. */
export interface PodOnNode {
  readonly pod: Pod
  readonly mounted: ReadonlyMap<string, MountedVolume>
  readonly view: PodView
}

const resyncMs = 60_000
const retryMs = 10_000
/** A pod that has ended is looked at again only when somebody wakes it. */
const restMs = 3_600_000
/** What a pod waits for (a ConfigMap of a young namespace, say) is often there a moment later. */
const failureRetryMsMin = 500
const userAgent = 'kube-probe/1.36'
const emptyView: PodView = { sandboxes: [], instances: new Map() }

/**
 * Carries one pod through its life: looks at what there is, plans, acts, writes the status, and waits to be woken.
 * 1. Only this worker acts for the pod, one step at a time.
 * 2. Every step starts from a fresh look at the runtime, but the first of a pod that the runtime cannot know; nothing is
 *    concluded from what was done before.
 * 3. The API object is deleted only after nothing runs, and the last status is written.
 */
export class PodWorker {
  readonly #context: PodContext
  readonly #record: PodRecord
  readonly #prober: Prober
  readonly #resizer: PodResizer
  readonly #mounts: PodMounts
  readonly #statuses: PodStatusWriter
  readonly #actions: PodActions
  readonly #ending: PodEnding
  #lastView: PodView = emptyView
  #isUnknown: boolean
  #admitted = false
  #next: 'create' | 'update' | 'sync' = 'create'
  #isStarting: boolean
  readonly #seenMs: number
  #isJudged = false
  #failures = 0
  #woken = false
  #wakeUp: (() => void) | undefined

  /** `isUnknown`: whether the runtime cannot have anything of the pod yet. */
  constructor(context: PodContext, pod: Pod, isUnknown: boolean) {
    this.#context = context
    this.#isUnknown = isUnknown
    this.#isStarting = isUnknown
    this.#seenMs = context.clock.monotonic()
    const record = new PodRecord(pod)
    const resizer = new PodResizer(context)
    const wake = () => this.wake()
    const mounts = new PodMounts(context, record, wake)
    const look = () => this.#look()
    const prober = createProber({ ...context, userAgent, onChange: wake })
    const statuses = new PodStatusWriter({ context, record, resizer, probes: prober.results })
    this.#actions = new PodActions({ context, record, mounts, resizer, statuses })
    this.#ending = new PodEnding({ context, record, statuses, look, wake })
    this.#record = record
    this.#resizer = resizer
    this.#mounts = mounts
    this.#prober = prober
    this.#statuses = statuses
  }

  /** The pod as last seen or written. */
  get pod(): Pod {
    return this.#record.pod
  }
  /** The pod with what the node has granted it. */
  get granted(): Pod {
    return withAllocation(this.pod, this.#resizer.allocation(this.pod))
  }
  /** Whether the pod has ended and given its resources back. */
  get ended(): boolean {
    return this.#ending.isCleaned
  }
  /** Whether the node has taken the pod. */
  get admitted(): boolean {
    return this.#admitted
  }

  /** What it has on the node's disk, and as which containers it was last seen. */
  get onNode(): PodOnNode {
    return { pod: this.pod, mounted: this.#mounts.mounted, view: this.#lastView }
  }

  /** Takes the API's newer word on the pod. */
  update(pod: Pod): void {
    const before = this.pod
    if (!this.#record.take(pod)) return
    if (before.spec !== pod.spec && requestedResizes(before, pod).length > 0) {
      this.#context.measures.resizeRequested(before, pod)
      this.#resizer.expect('pod_updated')
    }
    if (this.#next === 'sync') this.#next = 'update'
    this.wake()
  }
  /** There may be room for the size it waits for. */
  retryResize(trigger: RetryTrigger): void {
    if (!this.#resizer.isDeferred) return
    this.#resizer.expect(trigger)
    this.wake()
  }
  /** The API object is gone: end quickly. */
  forsake(): void {
    this.#record.forsake()
    this.wake()
  }
  /** What it has written on the node's disk. */
  diskUse(): Promise<DiskUse> {
    return this.#mounts.diskUse(this.#lastView)
  }

  /** The node cannot keep the pod. */
  evict(verdict: Verdict): void {
    this.#record.judge(verdict)
    this.wake()
  }
  wake(): void {
    this.#woken = true
    this.#wakeUp?.()
  }

  /** Resolves when nothing is left of the pod, or the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = () => this.wake()
    signal.addEventListener('abort', onAbort)
    this.#context.measures.workerStarted((this.#context.clock.monotonic() - this.#seenMs) / 1000)
    try {
      while (!signal.aborted) {
        this.#woken = false
        const againMs = await this.#tryStep(signal)
        if (againMs === 'gone') return
        await this.#waitForWake(againMs)
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#prober.stop()
      this.#mounts.stop()
    }
  }

  async #tryStep(signal: AbortSignal): Promise<number | 'gone'> {
    const { clock, measures } = this.#context
    const type = this.#record.isEnding ? 'kill' : this.#next
    this.#next = 'sync'
    const startedMs = clock.monotonic()
    try {
      const againMs = await this.#step(signal)
      this.#failures = 0
      measures.worked(type, (clock.monotonic() - startedMs) / 1000)
      return againMs
    } catch (error) {
      this.#context.complain(this.#record.title, error)
      const delayMs = Math.min(retryMs, failureRetryMsMin * 2 ** this.#failures++)
      return delayMs * (1 + this.#context.random.next() / 2)
    }
  }

  async #waitForWake(ms: number): Promise<void> {
    if (this.#woken) return
    await new Promise<void>((resolve) => {
      const timer = this.#context.clock.after(ms, resolve)
      this.#wakeUp = () => {
        timer[Symbol.dispose]()
        resolve()
      }
    })
    this.#wakeUp = undefined
  }

  /** One look, one plan, one round of acting; how long until the next, unless woken. */
  async #step(signal: AbortSignal): Promise<number | 'gone'> {
    let view = this.#isUnknown ? emptyView : await this.#look()
    this.#isUnknown = false
    const ending = await this.#endingNow(view)
    if (ending !== undefined) return this.#end(ending, view)
    const { changed: resized, restarts } = await this.#resizer.apply(this.pod, view)
    if (resized) view = await this.#look()
    // Told while it is acted upon: an API that is slow, or not there, keeps no container waiting.
    const told = this.#statuses.write(view)
    told.catch(() => {})
    if (restarts.length > 0) {
      // Kubernetes: it starts again whatever its restart policy says, and without waiting.
      const [kill, start] = [restarts.map((one) => one.kill), restarts.map((one) => one.start)]
      await this.#actions.carryOut({ ...nothingToDo, kill, start }, view, signal)
      await told
      return 0
    }
    const reset = instancesToReset(this.pod, view)
    if (reset.length > 0) {
      // Its status must say so before the records are gone by which it is known.
      await told
      await this.#actions.reset(reset)
      await this.#statuses.write(await this.#look())
      return 0
    }
    const plan = this.#plan(view)
    const changed = await this.#actions.carryOut(plan, view, signal)
    await told
    if (changed) await this.#statuses.write(await this.#look())
    this.#noteStart()
    if (signal.aborted) return resyncMs
    await this.#actions.removeOld(view)
    await this.#mounts.refresh(runningContainers(view).length > 0)
    await this.#mounts.checkStorage(view)
    if (this.#record.isEnding) return 0
    return this.#nextLookInMs(plan)
  }
  /** Measures how long the pod took to run, once all its containers do. */
  #noteStart(): void {
    const { clock, measures } = this.#context
    if (
      !this.#isStarting ||
      !this.pod.spec.containers.every(({ name }) => newestOf(this.#lastView, name)?.state === 'running')
    )
      return
    this.#isStarting = false
    const createdMs = clock.now() - msOf(this.pod.metadata.creationTimestamp)
    const sinceSeen = (clock.monotonic() - this.#seenMs) / 1000
    measures.running(sinceSeen, Math.max(0, createdMs / 1000), this.#slowSeconds())
  }
  /** How long its init containers ran, and images were pulled before: others are not slower for it. */
  #slowSeconds(): number {
    const inits = [...this.#lastView.instances.values()].flat().filter(({ finishedAtMs }) => finishedAtMs !== undefined)
    const ran = inits.reduce((sum, one) => sum + one.finishedAtMs! - (one.startedAtMs ?? one.createdAtMs), 0)
    return (ran + this.#record.pulledMs) / 1000
  }
  #nextLookInMs({ againInMs }: PodPlan): number {
    const failed = [...this.#statuses.problems.values()].some(({ reason }) => reason !== 'CrashLoopBackOff')
    const waits = [
      againInMs,
      this.#record.deadlineInMs(this.#context.clock.now()),
      failed || this.#resizer.hasFailed ? retryMs : undefined,
      this.#mounts.refreshInMs(),
      this.#mounts.storageInMs(),
    ]
    return Math.min(resyncMs, ...waits.filter((ms) => ms !== undefined))
  }

  async #look(): Promise<PodView> {
    const { uid } = this.pod.metadata
    const view = podViewOf(await this.#context.runtime.observe(uid), uid)
    this.#lastView = view
    await this.#statuses.readMessages(view)
    this.#prober.update(this.pod, view)
    return view
  }
  #plan(view: PodView): PodPlan {
    return planPod({
      pod: this.pod,
      view,
      probes: this.#prober.results,
      backoffs: this.#actions.backoffs,
      nowMs: this.#context.clock.now(),
    })
  }

  /** Why the pod is to end, if it is. */
  async #endingNow(view: PodView): Promise<Ending | undefined> {
    const { pod, exists } = this.#record
    if (!exists || pod.metadata.deletionTimestamp !== undefined) return 'deletion'
    if (isTerminalPhase(pod.status.phase)) return 'completion'
    await this.#judge(view)
    if (this.#record.verdict !== undefined) return 'completion'
    // Everything has exited and nothing will be started again: the sidecars and the sandbox are what is left.
    const { killPod, createSandbox } = this.#plan(view)
    return view.sandboxes.length > 0 && killPod && createSandbox === undefined ? 'completion' : undefined
  }

  /** Refuses a pod that the node cannot take, and one that is past its deadline. */
  async #judge(view: PodView): Promise<void> {
    const { record } = this.#context
    if (!this.#isJudged) {
      const taken = () => {
        this.#admitted = true
      }
      // What already runs was admitted by the kubelet before this one.
      if (view.sandboxes.length > 0) taken()
      const refusal = this.#admitted ? undefined : await this.#context.refusal(this.pod, taken)
      this.#isJudged = true
      if (refusal !== undefined) {
        this.#record.judge(refusal)
        this.#context.measures.rejected(refusal.reason)
        record(this.pod, 'Warning', refusal.reason, refusal.message)
      }
    }
    const deadlineMs = this.#record.deadlineInMs(this.#context.clock.now())
    if (deadlineMs === undefined || deadlineMs > 0 || this.#record.verdict !== undefined) return
    const message = 'Pod was active on the node longer than the specified deadline'
    this.#record.judge({ reason: 'DeadlineExceeded', message })
    record(this.pod, 'Normal', 'DeadlineExceeded', message)
  }

  async #end(ending: Ending, view: PodView): Promise<number | 'gone'> {
    const state = await this.#ending.step(ending, view)
    if (state === 'killing') return retryMs
    this.#prober.stop()
    this.#mounts.stop()
    return state === 'gone' ? 'gone' : restMs
  }
}
