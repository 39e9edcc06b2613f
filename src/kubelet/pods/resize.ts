import { milliValueOf, sameJson, wholeValueOf } from '../../machinery/index.ts'
import type { Pod, PodCondition, ResourceRequirements } from '../../resources/index.ts'
import type { ContainerResources } from '../runtime/runtime.ts'
import type { AnyContainer } from '../sync/containers.ts'
import { containerResources, podTotal } from './resources.ts'

/** What each container has been granted, by name: what the spec asks for may be more than the node can give. */
export type Allocation = ReadonlyMap<string, ResourceRequirements>
const resizable = ['cpu', 'memory'] as const

/** The grant of a pod as its spec stands. */
export function allocationOf(pod: Pod): Allocation {
  return new Map(
    [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((one) => [one.name, one.resources ?? {}]),
  )
}

/** The grant that an earlier kubelet wrote into the pod's status; what it does not say is as the spec. */
export function allocationSeen(pod: Pod): Allocation {
  const seen = new Map(allocationOf(pod))
  for (const { name, allocatedResources, resources } of pod.status.containerStatuses ?? []) {
    if (allocatedResources === undefined) continue
    const limits = resources?.limits ?? seen.get(name)?.limits
    seen.set(name, { requests: allocatedResources, ...(limits === undefined ? {} : { limits }) })
  }
  return seen
}

/** The pod with what it was granted in place of what it asks for. */
export function withAllocation(pod: Pod, allocation: Allocation): Pod {
  const granted = <C extends AnyContainer>(container: C): C => {
    const resources = allocation.get(container.name)
    return resources === undefined || sameJson(resources, container.resources ?? {})
      ? container
      : { ...container, resources }
  }
  const { initContainers, containers } = pod.spec
  return {
    ...pod,
    spec: {
      ...pod.spec,
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(granted) }),
      containers: containers.map(granted),
    },
  }
}

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
  if (sameJson([...wanted], [...allocation])) return { allocation, pending: undefined }
  for (const name of resizable) {
    const numberOf = name === 'cpu' ? milliValueOf : wholeValueOf
    const requested = podTotal(pod, 'requests', name, numberOf)?.sum ?? 0
    const text = allocatable[name]
    if (requested === 0 || text === undefined) continue
    const capacity = numberOf(text)
    if (requested > capacity) {
      const message = `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`
      return { allocation, pending: { reason: 'Infeasible', message } }
    }
    const used = others.reduce((sum, other) => sum + (podTotal(other, 'requests', name, numberOf)?.sum ?? 0), 0)
    const before = podTotal(withAllocation(pod, allocation), 'requests', name, numberOf)?.sum ?? 0
    if (requested > before && used + requested > capacity) {
      const message = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`
      return { allocation, pending: { reason: 'Deferred', message } }
    }
  }
  return { allocation: wanted, pending: undefined }
}

/** What to change of a running container, and whether by restart; undefined when it is as it should be. */
export function resizeOf(
  pod: Pod,
  container: AnyContainer,
  actual: ContainerResources | undefined,
): { readonly resources: ContainerResources; readonly restart: boolean } | undefined {
  if (actual === undefined) return undefined
  const { oomScoreAdj: _, ...resources } = containerResources(pod, container, 1)
  const cpuDiffers =
    resources.cpuShares !== actual.cpuShares || (resources.cpuQuotaUs ?? 0) !== Math.max(0, actual.cpuQuotaUs ?? 0)
  const memoryDiffers = (resources.memoryLimitBytes ?? 0) !== Math.max(0, actual.memoryLimitBytes ?? 0)
  if (!cpuDiffers && !memoryDiffers) return undefined
  const policies = ('resizePolicy' in container ? container.resizePolicy : undefined) as
    | readonly { readonly resourceName: string; readonly restartPolicy: string }[]
    | undefined
  const restarts = (name: string) =>
    policies?.some((one) => one.resourceName === name && one.restartPolicy === 'RestartContainer') === true
  return {
    // A limit that was taken back is said so: what is left out would stay.
    resources: { cpuQuotaUs: -1, memoryLimitBytes: -1, ...resources },
    restart: (cpuDiffers && restarts('cpu')) || (memoryDiffers && restarts('memory')),
  }
}

/** Conditions that tell of a resize: waiting for room, or under way. */
export function resizeConditions(
  pod: Pod,
  pending: ResizeDecision['pending'],
  inProgress: boolean,
  now: string,
): readonly PodCondition[] {
  const before = (type: string) => pod.status.conditions?.find((one) => one.type === type)
  const generation = pod.metadata.generation
  const shared = { status: 'True', ...(generation === undefined ? {} : { observedGeneration: generation }) }
  const since = (type: string) => before(type)?.lastTransitionTime ?? now
  return [
    ...(pending === undefined
      ? []
      : [{ type: 'PodResizePending', ...shared, ...pending, lastTransitionTime: since('PodResizePending') }]),
    ...(inProgress
      ? [{ type: 'PodResizeInProgress', ...shared, lastTransitionTime: since('PodResizeInProgress') }]
      : []),
  ]
}
