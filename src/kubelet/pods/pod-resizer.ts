import { timestampOf } from '../../machinery/index.ts'
import type { Pod, PodCondition } from '../../resources/index.ts'
import { newestOf, type PodView } from '../sync/containers.ts'
import type { KillStep } from '../sync/plan.ts'
import type { PodContext } from './context.ts'
import {
  type Allocation,
  allocationOf,
  allocationSeen,
  decideResize,
  type ResizeDecision,
  resizeConditions,
  resizeOf,
  withAllocation,
} from './resize.ts'
import { podCgroupLimits, podCgroupPath } from './resources.ts'

/** Brings running containers to the size that their spec asks for, as far as the node grants it. */
export class PodResizer {
  readonly #context: PodContext
  #allocation: Allocation | undefined
  #pending: ResizeDecision['pending']
  #inProgress = false

  constructor(context: PodContext) {
    this.#context = context
  }

  /** What the pod has been granted; at first what its spec, or an earlier kubelet's status, says. */
  allocation(pod: Pod): Allocation {
    this.#allocation ??= pod.status.containerStatuses === undefined ? allocationOf(pod) : allocationSeen(pod)
    return this.#allocation
  }
  conditions(pod: Pod): readonly PodCondition[] {
    return resizeConditions(pod, this.#pending, this.#inProgress, timestampOf(this.#context.clock.now()))
  }

  /** Grants or defers a new size and carries it out; some containers must be started anew for it. */
  async apply(pod: Pod, view: PodView): Promise<{ readonly changed: boolean; readonly restarts: readonly KillStep[] }> {
    const { node } = this.#context
    const others = this.#context.neighbours(pod)
    const decision = decideResize({ pod, allocation: this.allocation(pod), allocatable: node.allocatable, others })
    this.#allocation = decision.allocation
    this.#pending = decision.pending
    const granted = withAllocation(pod, decision.allocation)
    const restarts: KillStep[] = []
    const changes: (() => Promise<void>)[] = []
    for (const container of granted.spec.containers) {
      const instance = newestOf(view, container.name)
      const resize = instance?.state === 'running' ? resizeOf(granted, container, instance.resources) : undefined
      if (instance === undefined || resize === undefined) continue
      if (resize.restart) {
        const message = `Container ${container.name} resize requires restart, will be restarted`
        restarts.push({ container, instance, message, because: 'other' })
      } else changes.push(() => this.#context.runtime.updateResources(instance.id, resize.resources))
    }
    this.#inProgress = restarts.length > 0
    if (changes.length > 0) await this.#change(granted, changes)
    return { changed: changes.length > 0, restarts }
  }

  /** A group may never be smaller than what is in it: the pod's own limits are lifted first and set last. */
  async #change(pod: Pod, changes: readonly (() => Promise<void>)[]): Promise<void> {
    const { cgroups, settings, record } = this.#context
    const path = podCgroupPath(settings.cgroupRoot, pod)
    const limits = podCgroupLimits(pod)
    await cgroups.ensure(path, { ...limits, cpuQuotaUs: -1, memoryLimitBytes: -1 })
    for (const change of changes) await change()
    await cgroups.ensure(path, { cpuQuotaUs: -1, memoryLimitBytes: -1, ...limits })
    record(pod, 'Normal', 'ResizeCompleted', `Pod resize completed: {"generation":${pod.metadata.generation ?? 0}}`)
  }
}
