import type { NodeColumns } from '../columns/node-columns.ts'
import { fits, refuse, refuseAlways, type SchedulerPlugin, type Verdict } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'

/** NodeResourcesFit: the node has what the pod asks for; nodes with more left are better (LeastAllocated). */
export const nodeResourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
  weight: 1,
  wakeOn: ['Node/Add', 'Node/UpdateAllocatable', 'AssignedPod/Delete', 'AssignedPod/Update', 'Pod/Update'],
  filter(facts, { index, columns }): Verdict {
    const reasons = shortages(facts, index, columns)
    if (reasons.length === 0) return fits
    // Kubernetes: what the node could not hold even when empty, no eviction helps.
    const never =
      facts.cpuMilli > columns.cpuMilli[index]! ||
      facts.memoryBytes > columns.memoryBytes[index]! ||
      [...facts.others].some(([name, amount]) => amount > (columns.others[index]?.get(name) ?? 0))
    return never ? refuseAlways(reasons.join(', ')) : refuse(reasons.join(', '))
  },
  filterColumns(facts, columns, candidates) {
    const { cpuMilli, memoryBytes, ephemeralBytes } = facts
    const plain = cpuMilli === 0 && memoryBytes === 0 && ephemeralBytes === 0
    for (let at = 0; at < columns.size; at++) {
      if (candidates[at] === 0) continue
      if (columns.podsTaken[at]! + 1 > columns.podsMax[at]!) candidates[at] = 0
      else if (!plain) {
        if (cpuMilli > 0 && columns.cpuTaken[at]! + cpuMilli > columns.cpuMilli[at]!) candidates[at] = 0
        else if (memoryBytes > 0 && columns.memoryTaken[at]! + memoryBytes > columns.memoryBytes[at]!)
          candidates[at] = 0
        else if (ephemeralBytes > 0 && columns.ephemeralTaken[at]! + ephemeralBytes > columns.ephemeralBytes[at]!)
          candidates[at] = 0
      }
    }
    if (facts.others.size === 0) return
    for (let at = 0; at < columns.size; at++)
      if (candidates[at] !== 0 && shortages(facts, at, columns).length > 0) candidates[at] = 0
  },
  /** Kubernetes (LeastAllocated): the mean of the shares of cpu and memory that stay free, in hundredths. */
  score(facts, { index, columns }) {
    const cpu = freeShare(columns.cpuMilli[index]!, columns.scoredCpuTaken[index]! + facts.scoredCpuMilli)
    const memory = freeShare(columns.memoryBytes[index]!, columns.scoredMemoryTaken[index]! + facts.scoredMemoryBytes)
    return Math.floor((cpu + memory) / 2)
  },
}

/** What a node lacks for a pod, in Kubernetes' words. */
export function shortages(facts: PodFacts, at: number, columns: NodeColumns): readonly string[] {
  const reasons: string[] = []
  if (columns.podsTaken[at]! + 1 > columns.podsMax[at]!) reasons.push('Too many pods')
  if (facts.cpuMilli > 0 && facts.cpuMilli > columns.cpuMilli[at]! - columns.cpuTaken[at]!)
    reasons.push('Insufficient cpu')
  if (facts.memoryBytes > 0 && facts.memoryBytes > columns.memoryBytes[at]! - columns.memoryTaken[at]!)
    reasons.push('Insufficient memory')
  if (facts.ephemeralBytes > 0 && facts.ephemeralBytes > columns.ephemeralBytes[at]! - columns.ephemeralTaken[at]!)
    reasons.push('Insufficient ephemeral-storage')
  for (const [name, amount] of facts.others) {
    if (amount > 0 && amount > (columns.others[at]?.get(name) ?? 0) - (columns.othersTaken[at]?.get(name) ?? 0))
      reasons.push(`Insufficient ${name}`)
  }
  return reasons
}

function freeShare(capacity: number, taken: number): number {
  return capacity === 0 || taken > capacity ? 0 : Math.floor(((capacity - taken) * 100) / capacity)
}

/** NodeResourcesBalancedAllocation: nodes whose cpu and memory would be used in like shares are better. */
export const nodeResourcesBalancedAllocation: SchedulerPlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  score(facts, { index, columns }) {
    const cpu = Math.min(1, (columns.cpuTaken[index]! + facts.cpuMilli) / (columns.cpuMilli[index]! || 1))
    const memory = Math.min(1, (columns.memoryTaken[index]! + facts.memoryBytes) / (columns.memoryBytes[index]! || 1))
    // With two resources the standard deviation is half their distance.
    return Math.floor((1 - Math.abs(cpu - memory) / 2) * 100)
  },
}
