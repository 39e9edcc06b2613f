import { milliValueOf, wholeValueOf } from '../../machinery/index.ts'
import type { Pod, PodCondition, ResourceRequirements } from '../../resources/index.ts'
import type { CgroupLimits } from '../cgroups/cgroups.ts'
import { containerResources, podTotal } from '../pods/resources.ts'
import type { ContainerResources } from '../runtime/runtime.ts'
import type { AnyContainer } from '../sync/containers.ts'
import { type Allocation, allocationOf, isSameAllocation, withAllocation } from './allocation.ts'

const resizable = ['cpu', 'memory'] as const
const numberOf = { cpu: milliValueOf, memory: wholeValueOf }

export interface ResizeInput {
  /** As the spec asks. */
  readonly pod: Pod
  readonly allocation: Allocation
  readonly allocatable: Readonly<Record<string, string>>
  /** The other pods on the node, with what they were granted. */
  readonly others: readonly Pod[]
}
export interface ResizeDecision {
  readonly allocation: Allocation
  /** Why the new size is not granted now. */
  readonly pending: { readonly reason: 'Infeasible' | 'Deferred'; readonly message: string } | undefined
}

/** Whether the node grants the size the spec asks for: never, not now, or from now on. */
export function decideResize({ pod, allocation, allocatable, others }: ResizeInput): ResizeDecision {
  const wanted = allocationOf(pod)
  if (isSameAllocation(wanted, allocation)) return { allocation, pending: undefined }
  for (const name of resizable) {
    const requested = podTotal(pod, 'requests', name, numberOf[name])?.sum ?? 0
    const text = allocatable[name]
    if (requested === 0 || text === undefined) continue
    const capacity = numberOf[name](text)
    if (requested > capacity) {
      const message = `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`
      return { allocation, pending: { reason: 'Infeasible', message } }
    }
    const used = others.reduce((sum, other) => sum + (podTotal(other, 'requests', name, numberOf[name])?.sum ?? 0), 0)
    const before = podTotal(withAllocation(pod, allocation), 'requests', name, numberOf[name])?.sum ?? 0
    if (requested > before && used + requested > capacity) {
      const message = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`
      return { allocation, pending: { reason: 'Deferred', message } }
    }
  }
  return { allocation: wanted, pending: undefined }
}

/** What to change of a running container, and whether by restart. */
export interface ContainerResize {
  readonly resources: ContainerResources
  readonly restart: boolean
}

/** How a running container is brought to its size; undefined when it has it. `held` is what it was last given. */
export function resizeOf(
  pod: Pod,
  container: AnyContainer,
  actual: ContainerResources | undefined,
  held?: ResourceRequirements,
): ContainerResize | undefined {
  if (actual === undefined) return undefined
  const { oomScoreAdj: _, ...resources } = containerResources(pod, container, 1)
  const differs = {
    cpu:
      resources.cpuShares !== actual.cpuShares || (resources.cpuQuotaUs ?? 0) !== Math.max(0, actual.cpuQuotaUs ?? 0),
    memory: (resources.memoryLimitBytes ?? 0) !== Math.max(0, actual.memoryLimitBytes ?? 0),
  }
  const restart = resizable.some(
    (name) => (differs[name] || requestDiffers(container, held, name)) && restartsFor(container, name),
  )
  if (!restart && !differs.cpu && !differs.memory) return undefined
  // A limit that was taken back is said so: what is left out would stay.
  return { resources: { cpuQuotaUs: -1, memoryLimitBytes: -1, ...resources }, restart }
}

/** A request for memory is nowhere in the control group: only what was said before tells that it is another. */
function requestDiffers(
  container: AnyContainer,
  held: ResourceRequirements | undefined,
  name: (typeof resizable)[number],
): boolean {
  const amount = (one: ResourceRequirements | undefined) => numberOf[name](one?.requests?.[name] ?? '0')
  return held !== undefined && amount(held) !== amount(container.resources)
}

function restartsFor(container: AnyContainer, name: string): boolean {
  const policies = ('resizePolicy' in container ? container.resizePolicy : undefined) as
    | readonly { readonly resourceName: string; readonly restartPolicy: string }[]
    | undefined
  return policies?.some((one) => one.resourceName === name && one.restartPolicy === 'RestartContainer') === true
}

/** Limits of a group while what is in it changes: as wide as before and as after. */
export function widerOf(before: CgroupLimits, after: CgroupLimits): CgroupLimits {
  const wider = (one = -1, other = -1) => (one < 0 || other < 0 ? -1 : Math.max(one, other))
  return {
    cpuShares: Math.max(before.cpuShares ?? 0, after.cpuShares ?? 0),
    cpuQuotaUs: wider(before.cpuQuotaUs, after.cpuQuotaUs),
    memoryLimitBytes: wider(before.memoryLimitBytes, after.memoryLimitBytes),
  }
}

/** A limit of memory that is to become smaller: of the pod, or of a container by name. */
export interface ShrinkingLimit {
  readonly container?: string
  readonly limitBytes: number
  /** What is used at present; undefined where nobody can tell. */
  readonly usageBytes: number | undefined
}

/** Why limits of memory cannot be made smaller now; undefined when they can. */
export function shrinkProblem(limits: readonly ShrinkingLimit[]): string | undefined {
  const problems = limits.flatMap(({ container, limitBytes, usageBytes }) => {
    const what = container === undefined ? 'pod' : `container ${JSON.stringify(container)}`
    if (usageBytes === undefined) return [`missing ${what} memory usage`]
    return usageBytes < limitBytes
      ? []
      : [`attempting to set ${what} memory limit (${limitBytes}) below current usage (${usageBytes})`]
  })
  if (problems.length === 0) return undefined
  return `cannot decrease memory limits: ${problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`}`
}

/** A resize that was granted and is not done yet. */
export interface ResizeProgress {
  /** Of the pod when it was granted. */
  readonly generation: number | undefined
  /** Why it is not done, if something is in its way. */
  readonly error?: string
}

/** Conditions that tell of a resize: waiting for room, or under way. */
export function resizeConditions(
  pod: Pod,
  pending: ResizeDecision['pending'],
  progress: ResizeProgress | undefined,
  now: string,
): readonly PodCondition[] {
  const shared = (type: string, generation: number | undefined) => ({
    type,
    status: 'True',
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: pod.status.conditions?.find((one) => one.type === type)?.lastTransitionTime ?? now,
  })
  const conditions: PodCondition[] = []
  if (pending !== undefined) conditions.push({ ...shared('PodResizePending', pod.metadata.generation), ...pending })
  if (progress !== undefined)
    conditions.push({
      ...shared('PodResizeInProgress', progress.generation),
      ...(progress.error === undefined ? {} : { reason: 'Error', message: progress.error }),
    })
  return conditions
}

/** What an event says of a resize: the sizes that are asked for, the pod's generation, and what went wrong. */
export function resizeMessage(what: string, { spec, metadata }: Pod, error?: string): string {
  const sizes = (list: readonly AnyContainer[]) =>
    list.map(({ name, resources }) => ({ name, resources: resources ?? {} }))
  const { initContainers = [], containers } = spec
  const summary = {
    ...(initContainers.length === 0 ? {} : { initContainers: sizes(initContainers) }),
    containers: sizes(containers),
    generation: metadata.generation ?? 0,
    ...(error === undefined ? {} : { error }),
  }
  return `Pod resize ${what}: ${JSON.stringify(summary)}`
}
