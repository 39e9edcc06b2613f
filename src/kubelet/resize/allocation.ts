import { sameJson } from '../../machinery/index.ts'
import type { Pod, ResourceRequirements } from '../../resources/index.ts'
import { type AnyContainer, isSidecar } from '../sync/containers.ts'

/** What the node has granted a pod: what the spec asks for may be more than the node can give. */
export interface Allocation {
  /** For the pod as a whole, where its spec states that. */
  readonly whole: ResourceRequirements | undefined
  /** For each container, by name. */
  readonly containers: ReadonlyMap<string, ResourceRequirements>
}
type List = Readonly<Record<string, string>>

/** The grant of a pod as its spec stands. */
export function allocationOf({ spec }: Pod): Allocation {
  const all = [...(spec.initContainers ?? []), ...spec.containers]
  return { whole: spec.resources, containers: new Map(all.map((one) => [one.name, one.resources ?? {}])) }
}

/** The grant that an earlier kubelet wrote into the pod's status; what it does not say is as the spec. */
export function allocationSeen(pod: Pod): Allocation {
  const containers = new Map(allocationOf(pod).containers)
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status
  for (const { name, allocatedResources, resources } of [...initContainerStatuses, ...containerStatuses]) {
    if (allocatedResources === undefined) continue
    const limits = resources?.limits ?? containers.get(name)?.limits
    containers.set(name, { requests: allocatedResources, ...(limits === undefined ? {} : { limits }) })
  }
  return { whole: wholeSeen(pod), containers }
}

function wholeSeen({ spec, status }: Pod): ResourceRequirements | undefined {
  const { allocatedResources, resources } = status
  // What the runtime needs is in the status and not in the spec.
  if (spec.resources === undefined || allocatedResources === undefined || spec.overhead !== undefined)
    return spec.resources
  const seen = (list: List, from: List | undefined) =>
    Object.fromEntries(Object.entries(list).map(([name, text]) => [name, from?.[name] ?? text]))
  const { requests, limits } = spec.resources
  return {
    ...spec.resources,
    ...(requests === undefined ? {} : { requests: seen(requests, allocatedResources) }),
    ...(limits === undefined ? {} : { limits: seen(limits, resources?.limits) }),
  }
}

/** Whether two grants are one. */
export function isSameAllocation(one: Allocation, other: Allocation): boolean {
  return sameJson([one.whole ?? {}, ...one.containers], [other.whole ?? {}, ...other.containers])
}

/** The pod with what it was granted in place of what it asks for. */
export function withAllocation(pod: Pod, allocation: Allocation): Pod {
  const granted = <C extends AnyContainer>(container: C): C => {
    const resources = allocation.containers.get(container.name)
    return resources === undefined || sameJson(resources, container.resources ?? {})
      ? container
      : { ...container, resources }
  }
  const { initContainers, containers, resources: _, ...others } = pod.spec
  return {
    ...pod,
    spec: {
      ...others,
      ...(allocation.whole === undefined ? {} : { resources: allocation.whole }),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(granted) }),
      containers: containers.map(granted),
    },
  }
}

/** The containers whose size can change while they run: main ones, and those that run before or beside them. */
export function resizableContainers({ spec }: Pod): readonly {
  readonly container: AnyContainer
  readonly kind: 'main' | 'sidecar' | 'init'
}[] {
  return [
    ...(spec.initContainers ?? []).map((container) => ({
      container,
      kind: isSidecar(container) ? ('sidecar' as const) : ('init' as const),
    })),
    ...spec.containers.map((container) => ({ container, kind: 'main' as const })),
  ]
}

/** What counts for one container: its own limits, and the pod's where it has none. */
export function sizeOf(pod: Pod, container: AnyContainer): ResourceRequirements {
  const { requests, limits } = container.resources ?? {}
  const whole = Object.entries(pod.spec.resources?.limits ?? {}).filter(([name]) => name === 'cpu' || name === 'memory')
  const all = { ...Object.fromEntries(whole), ...limits }
  return {
    ...(requests === undefined ? {} : { requests }),
    ...(Object.keys(all).length === 0 ? {} : { limits: all }),
  }
}
