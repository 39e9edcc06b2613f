import type { NodeColumns } from '../columns/node-columns.ts'
import { fits, refuse, refuseAlways, type SchedulerPlugin, type Verdict } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'

/** NodeResourcesFit: the node has what the pod asks for; nodes with more left are better (LeastAllocated). */
export const nodeResourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
  goesBy: 'pods',
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
  fits(facts, at, columns) {
    const { cpuMilli, memoryBytes, ephemeralBytes, others } = facts
    if (columns.podsTaken[at]! + 1 > columns.podsMax[at]!) return false
    if (cpuMilli > 0 && columns.cpuTaken[at]! + cpuMilli > columns.cpuMilli[at]!) return false
    if (memoryBytes > 0 && columns.memoryTaken[at]! + memoryBytes > columns.memoryBytes[at]!) return false
    if (ephemeralBytes > 0 && columns.ephemeralTaken[at]! + ephemeralBytes > columns.ephemeralBytes[at]!) return false
    return others.size === 0 || shortages(facts, at, columns).length === 0
  },
  remedy(facts, { index, columns }) {
    const lacks: string[] = []
    const note = (name: string, asked: number, has: number, taken: number, text: (amount: number) => string) => {
      if (asked === 0 || asked <= has - taken) return
      lacks.push(
        asked > has
          ? `it asks for ${text(asked)} of ${name}, the node has ${text(has)} in all`
          : `it asks for ${text(asked)} of ${name}, ${text(Math.max(0, has - taken))} of ${text(has)} are free`,
      )
    }
    if (columns.podsTaken[index]! + 1 > columns.podsMax[index]!)
      lacks.push(`the node takes no more than ${columns.podsMax[index]!} pods`)
    note('cpu', facts.cpuMilli, columns.cpuMilli[index]!, columns.cpuTaken[index]!, (amount) => `${amount / 1000}`)
    note('memory', facts.memoryBytes, columns.memoryBytes[index]!, columns.memoryTaken[index]!, bytesText)
    const [ephemeral, taken] = [columns.ephemeralBytes[index]!, columns.ephemeralTaken[index]!]
    note('ephemeral-storage', facts.ephemeralBytes, ephemeral, taken, bytesText)
    for (const [name, amount] of facts.others)
      note(
        name,
        amount,
        columns.others[index]?.get(name) ?? 0,
        columns.othersTaken[index]?.get(name) ?? 0,
        (value) => `${value}`,
      )
    return lacks.join('; ')
  },
  /** Kubernetes (LeastAllocated): the mean of the shares of cpu and memory that stay free, in hundredths. */
  score(facts, { index, columns }) {
    const [cpus, bytes] = [columns.cpuMilli[index]!, columns.memoryBytes[index]!]
    const cpu = freeShare(cpus, columns.scoredCpuTaken[index]! + facts.scoredCpuMilli)
    const memory = freeShare(bytes, columns.scoredMemoryTaken[index]! + facts.scoredMemoryBytes)
    // What a node does not have is no part of the mean.
    return Math.floor((cpu + memory) / Math.max(1, Number(cpus > 0) + Number(bytes > 0)))
  },
}

function bytesText(bytes: number): string {
  const mebi = bytes / 2 ** 20
  return mebi >= 1024 ? `${Math.round((mebi / 1024) * 100) / 100}Gi` : `${Math.round(mebi * 100) / 100}Mi`
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

/**
 * NodeResourcesBalancedAllocation: nodes whose shares of cpu and memory in use come closer to each other by the pod are better.
 * Kubernetes: 75 when nothing changes, up to 100 for the better, down to 50 for the worse; pods that ask for nothing do not care.
 */
export const nodeResourcesBalancedAllocation: SchedulerPlugin = {
  name: 'NodeResourcesBalancedAllocation',
  goesBy: 'pods',
  weight: 1,
  score({ cpuMilli, memoryBytes }, { index, columns }) {
    if (cpuMilli === 0 && memoryBytes === 0) return 0
    const before = balance(columns, index, 0, 0)
    const after = balance(columns, index, cpuMilli, memoryBytes)
    return 50 + Math.trunc((50 + after - before) / 2)
  },
}

function balance(columns: NodeColumns, at: number, cpuMilli: number, memoryBytes: number): number {
  const [cpus, bytes] = [columns.cpuMilli[at]!, columns.memoryBytes[at]!]
  if (cpus === 0 || bytes === 0) return 100
  const cpu = Math.min(1, (columns.cpuTaken[at]! + cpuMilli) / cpus)
  const memory = Math.min(1, (columns.memoryTaken[at]! + memoryBytes) / bytes)
  // With two resources the standard deviation is half their distance.
  return Math.trunc((1 - Math.abs(cpu - memory) / 2) * 100)
}
