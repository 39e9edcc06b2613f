import type { NodeColumns } from '../columns/node-columns.ts'
import type { GroupPlacement, NodeView, PlacedGroup, SchedulerPlugin } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { PluginArguments, ScoredResource, ShapePoint } from '../profile/choices.ts'

type Score = (facts: PodFacts, node: NodeView) => number
type Strategy = NonNullable<NonNullable<PluginArguments['NodeResourcesFit']>['scoringStrategy']>

const scoredByDefault: readonly ScoredResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]
/** Kubernetes: a weight of 0 means 1. */
const weighted = (resources: readonly ScoredResource[] = []) =>
  (resources.length === 0 ? scoredByDefault : resources).map(({ name, weight = 1 }) => ({
    name,
    weight: weight === 0 ? 1 : weight,
  }))

/** Kubernetes (LeastAllocated): the mean of the shares of cpu and memory that stay free, in hundredths. */
export function leastAllocated(facts: PodFacts, { index, columns }: NodeView): number {
  const [cpus, bytes] = [columns.cpuMilli[index]!, columns.memoryBytes[index]!]
  const cpu = freeShare(columns.scoredCpuTaken[index]! + facts.scoredCpuMilli, cpus)
  const memory = freeShare(columns.scoredMemoryTaken[index]! + facts.scoredMemoryBytes, bytes)
  // What a node does not have is no part of the mean.
  return Math.floor((cpu + memory) / Math.max(1, Number(cpus > 0) + Number(bytes > 0)))
}

const freeShare = (taken: number, capacity: number) =>
  capacity === 0 || taken > capacity ? 0 : Math.floor(((capacity - taken) * 100) / capacity)
const usedShare = (taken: number, capacity: number) => Math.floor((Math.min(taken, capacity) * 100) / capacity)

/** How NodeResourcesFit compares nodes by a strategy. */
export function fitScoreOf({ type, resources, requestedToCapacityRatio }: Strategy): Score {
  const scored = weighted(resources).map((one) => ({ ...one, ...amountsOf(one.name, true) }))
  const isPlain = scored.length === 2 && scored.every(({ name, weight }) => isBasic(name) && weight === 1)
  if (type === 'LeastAllocated' && isPlain && scored[0]!.name !== scored[1]!.name) return leastAllocated
  const line = type === 'RequestedToCapacityRatio' ? lineThrough(requestedToCapacityRatio?.shape ?? []) : undefined
  const shareOf = type === 'MostAllocated' ? usedShare : freeShare
  return (facts, { index, columns }) => {
    let [sum, weights] = [0, 0]
    for (const { weight, asked, has, taken, isScalar } of scored) {
      const own = asked(facts)
      const capacity = has(columns, index)
      // Kubernetes: an extended resource that the pod does not ask for says nothing about a node.
      if (capacity === 0 || (isScalar && own === 0)) continue
      const used = taken(columns, index) + own
      const score =
        line === undefined ? shareOf(used, capacity) : line(used > capacity ? 100 : Math.floor((used * 100) / capacity))
      if (line !== undefined && score <= 0) continue
      sum += score * weight
      weights += weight
    }
    if (weights === 0) return 0
    return line === undefined ? Math.floor(sum / weights) : Math.round(sum / weights)
  }
}

/** How full a placement would be with these pods of a group (Kubernetes: by what is allocated most, whatever the strategy). */
export function placementScoreOf(
  resources: readonly ScoredResource[] | undefined,
): NonNullable<SchedulerPlugin['scorePlacement']> {
  const scored = weighted(resources).map((one) => ({ ...one, ...amountsOf(one.name, true) }))
  return ({ columns }: PlacedGroup, { within }: GroupPlacement, members: readonly PodFacts[]) => {
    let [sum, weights] = [0, 0]
    for (const { weight, asked, has, taken, isScalar } of scored) {
      let used = members.reduce((total, facts) => total + asked(facts), 0)
      if (isScalar && used === 0) continue
      let capacity = 0
      for (let place = 0; place < columns.size; place++) {
        if (columns.alive[place] === 0 || within?.isIn[place] === 0) continue
        used += taken(columns, place)
        capacity += has(columns, place)
      }
      if (capacity === 0) continue
      sum += usedShare(used, capacity) * weight
      weights += weight
    }
    return weights === 0 ? 0 : Math.floor(sum / weights)
  }
}

/** Kubernetes: straight between the points, and level beyond them; scores of 0 to 10 count as 0 to 100. */
function lineThrough(shape: readonly ShapePoint[]): (utilization: number) => number {
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * 10 }))
  return (utilization) => {
    const at = points.findIndex((point) => utilization <= point.utilization)
    if (at === 0) return points[0]!.score
    if (at < 0) return points.at(-1)!.score
    const [before, after] = [points[at - 1]!, points[at]!]
    const part = (after.score - before.score) * (utilization - before.utilization)
    return before.score + Math.trunc(part / (after.utilization - before.utilization))
  }
}

interface AmountsOfResource {
  asked(facts: PodFacts): number
  has(columns: NodeColumns, at: number): number
  taken(columns: NodeColumns, at: number): number
  readonly isScalar: boolean
}
const isBasic = (name: string) => name === 'cpu' || name === 'memory'

/** Where the amounts of a resource are; `assumed` counts something for containers that ask for no cpu or memory. */
function amountsOf(name: string, assumed: boolean): AmountsOfResource {
  if (name === 'cpu')
    return {
      asked: ({ cpuMilli, scoredCpuMilli }) => (assumed ? scoredCpuMilli : cpuMilli),
      has: ({ cpuMilli }, at) => cpuMilli[at]!,
      taken: ({ cpuTaken, scoredCpuTaken }, at) => (assumed ? scoredCpuTaken : cpuTaken)[at]!,
      isScalar: false,
    }
  if (name === 'memory')
    return {
      asked: ({ memoryBytes, scoredMemoryBytes }) => (assumed ? scoredMemoryBytes : memoryBytes),
      has: ({ memoryBytes }, at) => memoryBytes[at]!,
      taken: ({ memoryTaken, scoredMemoryTaken }, at) => (assumed ? scoredMemoryTaken : memoryTaken)[at]!,
      isScalar: false,
    }
  if (name === 'ephemeral-storage')
    return {
      asked: ({ ephemeralBytes }) => ephemeralBytes,
      has: ({ ephemeralBytes }, at) => ephemeralBytes[at]!,
      taken: ({ ephemeralTaken }, at) => ephemeralTaken[at]!,
      isScalar: false,
    }
  return {
    asked: ({ others }) => others.get(name) ?? 0,
    has: ({ others }, at) => others[at]?.get(name) ?? 0,
    taken: ({ othersTaken }, at) => othersTaken[at]?.get(name) ?? 0,
    isScalar: true,
  }
}

/**
 * NodeResourcesBalancedAllocation: nodes whose shares of resources in use come closer to each other by the pod are better.
 * Kubernetes: 75 when nothing changes, up to 100 for the better, down to 50 for the worse; pods that ask for nothing do not care.
 */
export function nodeResourcesBalancedAllocationOf(
  args: NonNullable<PluginArguments['NodeResourcesBalancedAllocation']> = {},
): SchedulerPlugin {
  const names = weighted(args.resources).map(({ name }) => name)
  const isPlain = names.length === 2 && names.includes('cpu') && names.includes('memory')
  return {
    name: 'NodeResourcesBalancedAllocation',
    goesBy: 'pods',
    weight: 1,
    score: isPlain ? balancedOfTwo : balancedOf(names.map((name) => amountsOf(name, false))),
  }
}

const bettered = (before: number, after: number) => 50 + Math.trunc((50 + after - before) / 2)

function balancedOfTwo({ cpuMilli, memoryBytes }: PodFacts, { index, columns }: NodeView): number {
  if (cpuMilli === 0 && memoryBytes === 0) return 0
  return bettered(balance(columns, index, 0, 0), balance(columns, index, cpuMilli, memoryBytes))
}

function balance(columns: NodeColumns, at: number, cpuMilli: number, memoryBytes: number): number {
  const [cpus, bytes] = [columns.cpuMilli[at]!, columns.memoryBytes[at]!]
  if (cpus === 0 || bytes === 0) return 100
  const cpu = Math.min(1, (columns.cpuTaken[at]! + cpuMilli) / cpus)
  const memory = Math.min(1, (columns.memoryTaken[at]! + memoryBytes) / bytes)
  // With two resources the standard deviation is half their distance.
  return Math.trunc((1 - Math.abs(cpu - memory) / 2) * 100)
}

function balancedOf(resources: readonly AmountsOfResource[]): Score {
  return (facts, { index, columns }) => {
    if (resources.every(({ asked }) => asked(facts) === 0)) return 0
    const [before, after]: [number[], number[]] = [[], []]
    for (const { asked, has, taken, isScalar } of resources) {
      const [own, capacity] = [asked(facts), has(columns, index)]
      if (capacity === 0 || (isScalar && own === 0)) continue
      before.push(Math.min(1, taken(columns, index) / capacity))
      after.push(Math.min(1, (taken(columns, index) + own) / capacity))
    }
    return bettered(evenness(before), evenness(after))
  }
}

/** 100 less the standard deviation of the shares in use. */
function evenness(shares: readonly number[]): number {
  if (shares.length < 2) return 100
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  const deviation =
    shares.length === 2
      ? Math.abs(shares[0]! - shares[1]!) / 2
      : Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length)
  return Math.trunc((1 - deviation) * 100)
}
