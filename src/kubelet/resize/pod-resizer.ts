import { sameJson, timestampOf, wholeValueOf } from '../../machinery/index.ts'
import type { Pod, PodCondition, ResourceRequirements } from '../../resources/index.ts'
import type { CgroupLimits } from '../cgroups/cgroups.ts'
import type { PodContext } from '../pods/context.ts'
import { podCgroupLimits, podCgroupPath } from '../pods/resources.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { newestOf, type PodView, restartCountOf } from '../sync/containers.ts'
import type { KillStep, StartStep } from '../sync/plan.ts'
import {
  type Allocation,
  allocationOf,
  allocationSeen,
  resizableContainers,
  sizeOf,
  withAllocation,
} from './allocation.ts'
import type { RetryTrigger } from './measures.ts'
import {
  decideResize,
  type ResizeDecision,
  type ResizeProgress,
  resizeConditions,
  resizeMessage,
  resizeOf,
  type ShrinkingLimit,
  shrinkProblem,
  widerOf,
} from './plan.ts'
import { asksLess } from './requested.ts'

/** What came of one look at a pod's size. */
export interface Resized {
  /** Whether containers have changed, so that they are to be looked at again. */
  readonly changed: boolean
  /** Containers that are to be ended and started anew for their new size. */
  readonly restarts: readonly { readonly kill: KillStep; readonly start: StartStep }[]
}
interface Update {
  readonly name: string
  readonly instance: ObservedContainer
  readonly size: ResourceRequirements
  readonly carryOut: () => Promise<void>
}
const nothing: Resized = { changed: false, restarts: [] }
const memoryOf = (size: ResourceRequirements | undefined) => {
  const text = size?.limits?.['memory']
  return text === undefined ? 0 : wholeValueOf(text)
}

/**
 * Brings running containers to the size that their spec asks for, as far as the node grants it.
 * 1. A pod's group is never narrower than what is in it: it is widened first, and narrowed last.
 * 2. What fails stays asked for: it shows in the pod's conditions, and is tried again at the next look.
 */
export class PodResizer {
  readonly #context: PodContext
  #allocation: Allocation | undefined
  #pending: ResizeDecision['pending']
  #progress: ResizeProgress | undefined
  /** What each running container was last given, by its id. */
  #held = new Map<string, ResourceRequirements>()
  /** Limits that the pod's group has. */
  #limits: CgroupLimits | undefined
  #trigger: RetryTrigger = 'periodic_retry'

  constructor(context: PodContext) {
    this.#context = context
  }

  /** What the pod has been granted; at first what its spec, or an earlier kubelet's status, says. */
  allocation(pod: Pod): Allocation {
    this.#allocation ??= pod.status.containerStatuses === undefined ? allocationOf(pod) : allocationSeen(pod)
    return this.#allocation
  }
  conditions(pod: Pod): readonly PodCondition[] {
    return resizeConditions(pod, this.#pending, this.#progress, timestampOf(this.#context.clock.now()))
  }
  /** Whether a size that was granted could not be given, and is to be tried again. */
  get hasFailed(): boolean {
    return this.#progress?.error !== undefined
  }

  /** Whether a new size waits for room. */
  get isDeferred(): boolean {
    return this.#pending?.reason === 'Deferred'
  }
  /** There may be room now, for this reason. */
  expect(trigger: RetryTrigger): void {
    this.#trigger = trigger
  }

  /** Grants or defers a new size and carries it out; some containers must be started anew for it. */
  async apply(pod: Pod, view: PodView): Promise<Resized> {
    const before = withAllocation(pod, this.allocation(pod))
    this.#limits ??= podCgroupLimits(before)
    this.#noteHeld(before, view)
    this.#decide(pod)
    const granted = withAllocation(pod, this.allocation(pod))
    const { updates, restarts } = this.#work(granted, view)
    const limits = podCgroupLimits(granted)
    if (updates.length === 0 && restarts.length === 0 && sameJson(limits, this.#limits)) {
      this.#finish(pod)
      return nothing
    }
    if (view.sandboxes.length === 0) return nothing
    const wide = widerOf(this.#limits, limits)
    const { clock, measures } = this.#context
    const startedMs = clock.monotonic()
    try {
      await this.#checkShrinking(granted, updates, restarts.length > 0)
      await this.#setLimits(granted, wide)
      for (const { instance, size, carryOut } of updates) {
        await carryOut()
        this.#held.set(instance.id, size)
      }
      if (restarts.length === 0) {
        await this.#setLimits(granted, limits)
        this.#finish(pod)
      }
      if (updates.length > 0) measures.resized(clock.monotonic() - startedMs, true)
    } catch (error) {
      measures.resized(clock.monotonic() - startedMs, false)
      this.#fail(pod, error instanceof Error ? error.message : String(error))
      return { changed: updates.length > 0, restarts: [] }
    }
    return { changed: updates.length > 0, restarts }
  }

  /** What runs unknown to it was started with what was granted last. */
  #noteHeld(granted: Pod, view: PodView): void {
    const held = new Map<string, ResourceRequirements>()
    for (const { container } of resizableContainers(granted)) {
      const instance = newestOf(view, container.name)
      if (instance?.state === 'running')
        held.set(instance.id, this.#held.get(instance.id) ?? sizeOf(granted, container))
    }
    this.#held = held
  }

  #decide(pod: Pod): void {
    const { node, record, measures, retryResizes } = this.#context
    const allocation = this.allocation(pod)
    const others = this.#context.neighbours(pod)
    const decision = decideResize({ pod, allocation, allocatable: node.allocatable, others })
    const { pending } = decision
    if (pending !== undefined && !sameJson(pending, this.#pending)) {
      const { reason, message } = pending
      record(pod, 'Warning', `Resize${reason}`, resizeMessage(reason, pod, message))
    }
    if (this.isDeferred && pending === undefined && decision.allocation !== allocation)
      measures.deferredAccepted(this.#trigger)
    this.#trigger = 'periodic_retry'
    this.#pending = pending
    if (decision.allocation === allocation) return
    this.#allocation = decision.allocation
    if (asksLess(withAllocation(pod, decision.allocation), withAllocation(pod, allocation))) retryResizes('pod_resized')
    this.#progress = { generation: pod.metadata.generation }
    record(pod, 'Normal', 'ResizeStarted', resizeMessage('started', pod))
  }

  #work(granted: Pod, view: PodView): { readonly updates: readonly Update[]; readonly restarts: Resized['restarts'] } {
    const updates: Update[] = []
    const restarts: Resized['restarts'][number][] = []
    for (const { container, kind } of resizableContainers(granted)) {
      const instance = newestOf(view, container.name)
      if (instance?.state !== 'running') continue
      const { name } = container
      const resize = resizeOf(granted, container, instance.resources, this.#held.get(instance.id))
      const size = sizeOf(granted, container)
      if (resize === undefined) this.#held.set(instance.id, size)
      else if (resize.restart && kind !== 'init') {
        const message = `Container ${name} resize requires restart`
        restarts.push({
          kill: { container, instance, message, because: 'other' },
          start: { container, kind, restartCount: restartCountOf(instance) + 1 },
        })
      } else {
        const carryOut = () => this.#context.runtime.updateResources(instance.id, resize.resources)
        updates.push({ name, instance, size, carryOut })
      }
    }
    return { updates, restarts }
  }

  /** Memory that is in use cannot be taken away: better nothing of the resize than half of it. */
  async #checkShrinking(granted: Pod, updates: readonly Update[], restarting: boolean): Promise<void> {
    const { cgroups, runtime, settings } = this.#context
    const shrinking: ShrinkingLimit[] = []
    const limitBytes = podCgroupLimits(granted).memoryLimitBytes
    const before = this.#limits?.memoryLimitBytes ?? -1
    if (!restarting && limitBytes !== undefined && (before < 0 || limitBytes < before)) {
      const usage = await cgroups.usage(podCgroupPath(settings.cgroupRoot, granted))
      shrinking.push({ limitBytes, usageBytes: usage?.usageBytes })
    }
    const smaller = updates.filter(({ instance, size }) => {
      const [held, wanted] = [memoryOf(this.#held.get(instance.id)), memoryOf(size)]
      return wanted !== 0 && (held === 0 || wanted < held)
    })
    const usages = smaller.length === 0 ? [] : await runtime.usage(granted.metadata.uid)
    for (const { name, instance, size } of smaller) {
      const usageBytes = usages.find(({ containerId }) => containerId === instance.id)?.usageBytes
      shrinking.push({ container: name, limitBytes: memoryOf(size), usageBytes })
    }
    const problem = shrinkProblem(shrinking)
    if (problem !== undefined) throw new Error(problem)
  }

  async #setLimits(pod: Pod, limits: CgroupLimits): Promise<void> {
    if (sameJson(limits, this.#limits)) return
    const { cgroups, settings } = this.#context
    await cgroups.ensure(podCgroupPath(settings.cgroupRoot, pod), { cpuQuotaUs: -1, memoryLimitBytes: -1, ...limits })
    this.#limits = limits
  }

  #finish(pod: Pod): void {
    if (this.#progress === undefined) return
    this.#progress = undefined
    this.#context.record(pod, 'Normal', 'ResizeCompleted', resizeMessage('completed', pod))
  }
  #fail(pod: Pod, error: string): void {
    if (this.#progress?.error === error) return
    this.#progress = { generation: this.#progress?.generation ?? pod.metadata.generation, error }
    this.#context.record(pod, 'Warning', 'ResizeError', resizeMessage('error', pod, error))
  }
}
