import { milliValueOf, wholeValueOf } from '../../machinery/index.ts'
import type { Pod, ResourceRequirements } from '../../resources/index.ts'
import { podTotal } from '../pods/resources.ts'
import { isSidecar } from '../sync/containers.ts'

const resizable = ['cpu', 'memory'] as const
const numberOf = { cpu: milliValueOf, memory: wholeValueOf }

/** One amount of a container that a changed spec asks for anew. */
export interface RequestedResize {
  readonly resource: 'cpu' | 'memory'
  readonly requirement: 'requests' | 'limits'
  readonly operation: 'add' | 'remove' | 'increase' | 'decrease'
}

/** What a changed spec asks for otherwise than the one before; init containers that end are no matter. */
export function requestedResizes(before: Pod, after: Pod): readonly RequestedResize[] {
  const resizes: RequestedResize[] = []
  const now = new Map(stayingOf(after).map((container) => [container.name, container]))
  for (const { name, resources = {} } of stayingOf(before))
    for (const resource of resizable)
      for (const requirement of ['requests', 'limits'] as const) {
        const amountOf = (one: ResourceRequirements | undefined) => milliValueOf(one?.[requirement]?.[resource] ?? '0')
        const operation = operationOf(amountOf(resources), amountOf(now.get(name)?.resources))
        if (operation !== undefined) resizes.push({ resource, requirement, operation })
      }
  return resizes
}
const stayingOf = ({ spec }: Pod) => [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers]

function operationOf(before: number, after: number): RequestedResize['operation'] | undefined {
  if (before === after) return undefined
  if (after === 0) return 'remove'
  if (before === 0) return 'add'
  return after < before ? 'decrease' : 'increase'
}

/** Whether a pod asks for less of something than it did before. */
export function asksLess(now: Pod, before: Pod): boolean {
  return resizable.some((name) => {
    const sumOf = (pod: Pod) => podTotal(pod, 'requests', name, numberOf[name])?.sum ?? 0
    return sumOf(now) < sumOf(before)
  })
}
