import { parseQuantity, quantityOf, quantityText, wholeValueOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { NodeRoom, PressureSignal } from '../node/pressure.ts'
import { systemCriticalPriority } from '../pods/admission.ts'
import { podTotal } from '../pods/resources.ts'
import { amountOf, type Threshold } from './thresholds.ts'

/** Kubernetes: what a signal is about, as messages and events name it. */
export const resourceOf: Readonly<Record<PressureSignal, 'memory' | 'ephemeral-storage' | 'inodes' | 'pids'>> = {
  'memory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
  'nodefs.inodesFree': 'inodes',
  'imagefs.available': 'ephemeral-storage',
  'imagefs.inodesFree': 'inodes',
  'pid.available': 'pids',
}

/** What a pod takes of the node. What could not be read is left out. */
export interface PodUse {
  readonly pod: Pod
  readonly memoryBytes?: number
  /** The working sets of its containers, by name. */
  readonly memoryByContainer: ReadonlyMap<string, number>
  readonly diskBytes?: number
  readonly inodes?: number
}
export interface Eviction {
  readonly pod: Pod
  readonly message: string
  /** Of the event. */
  readonly annotations: Readonly<Record<string, string>>
}

/** Kubernetes: memory is what is reclaimed first. */
export function firstToReclaim(due: readonly Threshold[]): Threshold | undefined {
  return due.find(({ signal }) => signal === 'memory.available') ?? due[0]
}

/**
 * The pod that goes for a threshold. Kubernetes: never one that is critical for the system; those that take more than they asked for before the others, then by priority,
 * then by how much more; for processes by priority alone. Undefined when there is none that may go.
 */
export function planEviction(threshold: Threshold, room: NodeRoom, uses: readonly PodUse[]): Eviction | undefined {
  const resource = resourceOf[threshold.signal]
  const excess = (use: PodUse): number | undefined => excessOf(resource, use)
  const [first] = uses
    .filter(({ pod }) => (pod.spec.priority ?? 0) < systemCriticalPriority)
    .map((use) => ({ use, more: excess(use) }))
    .sort((a, b) => {
      const priorities = (a.use.pod.spec.priority ?? 0) - (b.use.pod.spec.priority ?? 0)
      if (resource === 'pids') return priorities
      // What could not be measured goes first.
      if (a.more === undefined || b.more === undefined)
        return Number(b.more === undefined) - Number(a.more === undefined) || priorities
      return Number(b.more > 0) - Number(a.more > 0) || priorities || b.more - a.more
    })
  return first === undefined ? undefined : told(first.use, threshold, room)
}

/** How much more a pod takes than it has asked for. */
function excessOf(resource: (typeof resourceOf)[PressureSignal], use: PodUse): number | undefined {
  if (resource === 'pids') return 0
  if (resource === 'inodes') return use.inodes
  const used = resource === 'memory' ? use.memoryBytes : use.diskBytes
  return used === undefined ? undefined : used - (podTotal(use.pod, 'requests', resource, wholeValueOf)?.sum ?? 0)
}

function told({ pod, memoryByContainer }: PodUse, threshold: Threshold, room: NodeRoom): Eviction {
  const resource = resourceOf[threshold.signal]
  const { available, capacity } = room[threshold.signal]!
  const text = (amount: number) =>
    quantityText(
      quantityOf(Math.trunc(amount), resource === 'inodes' || resource === 'pids' ? 'DecimalSI' : 'BinarySI'),
    )
  const quantity = threshold.value.endsWith('%')
    ? text(amountOf(threshold.value, capacity))
    : quantityText(parseQuantity(threshold.value))
  const exceeding: { readonly name: string; readonly usage: string; readonly request: string }[] = []
  for (const [name, bytes] of resource === 'memory' ? memoryByContainer : []) {
    const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((one) => one.name === name)
    if (container === undefined) continue
    const request = container.resources?.requests?.['memory'] ?? '0'
    if (bytes > wholeValueOf(request)) exceeding.push({ name, usage: text(bytes), request })
  }
  const message = [
    `The node was low on resource: ${resource}. Threshold quantity: ${quantity}, available: ${text(available)}. `,
    ...exceeding.map(
      ({ name, usage, request }) =>
        `Container ${name} was using ${usage}, request is ${request}, has larger consumption of ${resource}. `,
    ),
  ].join('')
  const annotations = {
    offending_containers: exceeding.map(({ name }) => name).join(),
    offending_containers_usage: exceeding.map(({ usage }) => usage).join(),
    starved_resource: resource,
  }
  return { pod, message, annotations }
}
