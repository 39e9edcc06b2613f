import { addQuantities, compareQuantities, parseQuantity, type Quantity, zeroQuantity } from '../../machinery/index.ts'
import type { Pod, ResourceRequirements } from '../../resources/index.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'
const counted = ['cpu', 'memory'] as const

/** Guaranteed when every container limits cpu and memory to just what it requests, BestEffort when none asks for any. */
export function qosClassOf(pod: Pick<Pod, 'spec'>): QosClass {
  const { resources, initContainers = [], containers } = pod.spec
  const asked = resources === undefined ? [...initContainers, ...containers].map((one) => one.resources) : [resources]
  const requests = new Map<string, Quantity>()
  const limits = new Map<string, Quantity>()
  let allLimited = true
  for (const one of asked) {
    addPositive(requests, one?.requests)
    const limited = addPositive(limits, one?.limits)
    allLimited &&= counted.every((name) => limited.has(name))
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort'
  const equal = counted.every((name) => {
    const request = requests.get(name)
    const limit = limits.get(name)
    return request === undefined || (limit !== undefined && compareQuantities(request, limit) === 0)
  })
  return allLimited && equal && limits.size === counted.length ? 'Guaranteed' : 'Burstable'
}

function addPositive(sums: Map<string, Quantity>, list: ResourceRequirements['limits']): ReadonlySet<string> {
  const named = new Set<string>()
  for (const name of counted) {
    const text = list?.[name]
    if (text === undefined) continue
    const quantity = parseQuantity(text)
    if (quantity.nanos <= 0n) continue
    named.add(name)
    sums.set(name, addQuantities(sums.get(name) ?? zeroQuantity, quantity))
  }
  return named
}
