import { addQuantities, largerQuantity, parseQuantity, type Quantity, zeroQuantity } from '../quantity/quantity.ts'
import type { ContainerNeeds, PodView, ResourceList, ResourceNeeds } from './shapes.ts'

/** Exact amounts by resource name. */
export type Amounts = Map<string, Quantity>

function amountsOf(list: ResourceList | undefined): Amounts {
  const amounts: Amounts = new Map()
  for (const name in list) amounts.set(name, parseQuantity(list[name]!))
  return amounts
}
function combine(into: Amounts, from: Amounts, how: (a: Quantity, b: Quantity) => Quantity): void {
  for (const [name, amount] of from) {
    const known = into.get(name)
    into.set(name, known === undefined ? amount : how(known, amount))
  }
}
const add = (into: Amounts, from: Amounts) => combine(into, from, addQuantities)
const raise = (into: Amounts, from: Amounts) => combine(into, from, largerQuantity)

/** Whether an init container keeps running beside the main ones. */
export function isSidecar(container: { readonly restartPolicy?: string }): boolean {
  return container.restartPolicy === 'Always'
}

export interface RequestOptions {
  /** Count what running containers hold while a resize is on its way: the larger of wanted and held. */
  readonly useStatus?: boolean
  /** Leave out what the pod's runtime itself needs. */
  readonly withoutOverhead?: boolean
}

/**
 * What a pod asks of its node. Main containers and sidecars count together; an ordinary init container counts with the
 * sidecars started before it, and the larger of both needs is asked.
 */
export function podRequests(pod: PodView, options: RequestOptions = {}): Amounts {
  const statuses = options.useStatus === true ? statusesOf(pod) : undefined
  const total = podTotal(pod, (container) => {
    const status = statuses?.get(container.name ?? '')
    const wanted = amountsOf(container.resources?.requests)
    return status?.resources === undefined ? wanted : heldBy(pod, wanted, status.resources, status.allocatedResources)
  })
  applyPodLevel(total, pod.spec?.resources?.requests, (wanted) => {
    const { resources, allocatedResources } = (statuses === undefined ? undefined : pod.status) ?? {}
    return resources === undefined ? wanted : heldBy(pod, wanted, resources, allocatedResources)
  })
  if (options.withoutOverhead !== true) add(total, amountsOf(pod.spec?.overhead))
  return total
}

/** The most a pod may use; only resources that some container limits are in it. */
export function podLimits(pod: PodView, options: { readonly withoutOverhead?: boolean } = {}): Amounts {
  const total = podTotal(pod, (container) => amountsOf(container.resources?.limits))
  applyPodLevel(total, pod.spec?.resources?.limits)
  if (options.withoutOverhead === true) return total
  for (const [name, amount] of amountsOf(pod.spec?.overhead)) {
    const limit = total.get(name)
    // Kubernetes: overhead raises limits that exist and makes none.
    if (limit !== undefined && limit.nanos !== 0n) total.set(name, addQuantities(limit, amount))
  }
  return total
}

function podTotal(pod: PodView, needsOf: (container: ContainerNeeds) => Amounts): Amounts {
  const total: Amounts = new Map()
  for (const container of pod.spec?.containers ?? []) add(total, needsOf(container))
  const sidecars: Amounts = new Map()
  const start: Amounts = new Map()
  for (const container of pod.spec?.initContainers ?? []) {
    const needs = needsOf(container)
    if (isSidecar(container)) {
      add(total, needs)
      add(sidecars, needs)
      raise(start, new Map(sidecars))
    } else {
      add(needs, sidecars)
      raise(start, needs)
    }
  }
  raise(total, start)
  return total
}

/** Kubernetes: cpu, memory and huge pages may be stated for the pod as a whole, and then the containers' sums do not count. */
function applyPodLevel(
  total: Amounts,
  list: ResourceList | undefined,
  effective: (wanted: Amounts) => Amounts = (wanted) => wanted,
): void {
  if (list === undefined) return
  const amounts = effective(amountsOf(list))
  for (const name in list) if (isPodLevel(name)) total.set(name, amounts.get(name) ?? zeroQuantity)
}

/** Whether a pod may state this resource for all of its containers together. */
export function isPodLevel(resource: string): boolean {
  return resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-')
}

function statusesOf({ status }: PodView) {
  return new Map(
    [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map((one) => [one.name, one]),
  )
}

/** Kubernetes: the largest of what is asked for, granted and in force; a size that the node never grants is not asked for. */
function heldBy(
  { status }: PodView,
  wanted: Amounts,
  inForce: ResourceNeeds,
  granted: ResourceList | undefined,
): Amounts {
  const pending = status?.conditions?.find(({ type }) => type === 'PodResizePending')
  const held = pending?.reason === 'Infeasible' ? new Map() : wanted
  raise(held, amountsOf(inForce.requests))
  raise(held, amountsOf(granted))
  return held
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'
const qosResources = ['cpu', 'memory']

function positive(list: ResourceList | undefined): Amounts {
  const amounts: Amounts = new Map()
  for (const name of qosResources) {
    const text = list?.[name]
    if (text === undefined) continue
    const amount = parseQuantity(text)
    if (amount.nanos > 0n) amounts.set(name, amount)
  }
  return amounts
}

/** The class that decides who is evicted last: by cpu and memory, of the pod as a whole or of every container. */
export function qosClassOf(pod: PodView): QosClass {
  const requests: Amounts = new Map()
  const limits: Amounts = new Map()
  let guaranteed = true
  const whole = pod.spec?.resources
  if (whole !== undefined && (whole.requests !== undefined || whole.limits !== undefined)) {
    add(requests, positive(whole.requests))
    add(limits, positive(whole.limits))
    guaranteed = limits.size === qosResources.length
  } else {
    for (const container of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
      add(requests, positive(container.resources?.requests))
      const own = positive(container.resources?.limits)
      add(limits, own)
      guaranteed &&= own.size === qosResources.length
    }
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort'
  guaranteed &&= requests.size === limits.size
  for (const [name, amount] of requests) guaranteed &&= limits.get(name)?.nanos === amount.nanos
  return guaranteed ? 'Guaranteed' : 'Burstable'
}
