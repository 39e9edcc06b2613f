import type { Pod } from '../../resources/index.ts'
import {
  averageOf,
  countReady,
  groupPods,
  type Periods,
  type PodGroups,
  type PodMetrics,
  requestsOf,
  utilizationOf,
} from './usage.ts'

/** How far usage may be from its target, as parts of the target, without anything being done. */
export interface Tolerances {
  readonly up: number
  readonly down: number
}
/** What every proposal goes by. */
export interface Situation {
  readonly current: number
  readonly pods: readonly Pod[]
  readonly tolerances: Tolerances
  readonly periods: Periods
  readonly nowMs: number
}
const int32Max = 2 ** 31 - 1
const int64Max = 2n ** 63n - 1n

function isWithin({ up, down }: Tolerances, ratio: number): boolean {
  return 1 - down <= ratio && ratio <= 1 + up
}
const wholeReplicas = (count: number) => Math.min(int32Max, Math.ceil(count))

export interface UtilizationWish {
  readonly metrics: PodMetrics
  readonly resource: string
  readonly container: string
  readonly targetPercent: number
  readonly podLevelRequests: boolean
}

/** How many replicas bring the pods' use of what they request to the target. Throws in Kubernetes' words. */
export function replicasByUtilization(
  situation: Situation,
  { metrics, resource, container, targetPercent, podLevelRequests }: UtilizationWish,
): { readonly replicas: number; readonly percent: number; readonly average: bigint } {
  const { groups, values } = counted(situation, metrics, resource)
  const requests = requestsOf(situation.pods, { resource, container, podLevel: podLevelRequests })
  const { ratio, percent, average } = utilizationOf(values, requests, targetPercent)
  const replicas = proposal(situation, groups, values, {
    ratio,
    again: (all) => utilizationOf(all, requests, targetPercent).ratio,
    // Kubernetes: to scale down, a pod that nothing is known of counts as using all it may, or what the target allows.
    ofMissing: (name) => ((requests.get(name) ?? 0n) * BigInt(Math.max(100, targetPercent))) / 100n,
  })
  return { replicas, percent, average }
}

/** How many replicas bring the pods' average to the target (in thousandths). Throws in Kubernetes' words. */
export function replicasByAverage(
  situation: Situation,
  { metrics, resource, target }: { readonly metrics: PodMetrics; readonly resource: string; readonly target: bigint },
): { readonly replicas: number; readonly average: bigint } {
  const { groups, values } = counted(situation, metrics, resource)
  const { ratio, average } = averageOf(values, target)
  const replicas = proposal(situation, groups, values, {
    ratio,
    again: (all) => averageOf(all, target).ratio,
    ofMissing: () => target,
  })
  return { replicas, average }
}

function counted({ pods, periods, nowMs }: Situation, metrics: PodMetrics, resource: string) {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
  const groups = groupPods(pods, metrics, resource, periods, nowMs)
  const values = new Map<string, bigint>()
  for (const [name, { value }] of metrics)
    if (!groups.ignored.has(name) && !groups.unready.has(name)) values.set(name, value)
  if (values.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  return { groups, values }
}

interface Usage {
  readonly ratio: number
  again(values: ReadonlyMap<string, bigint>): number
  ofMissing(name: string): bigint
}

/** Kubernetes: what is not known is taken to be against the change, and never turns its direction. */
function proposal(
  { current, tolerances }: Situation,
  { readyCount, unready, missing }: PodGroups,
  known: ReadonlyMap<string, bigint>,
  { ratio, again, ofMissing }: Usage,
): number {
  const countsUnready = unready.size > 0 && ratio > 1
  if (!countsUnready && missing.size === 0)
    return isWithin(tolerances, ratio) ? current : wholeReplicas(ratio * readyCount)
  const values = new Map(known)
  if (ratio !== 1) for (const name of missing) values.set(name, ratio < 1 ? ofMissing(name) : 0n)
  if (countsUnready) for (const name of unready) values.set(name, 0n)
  const corrected = again(values)
  const turned = (ratio < 1 && corrected > 1) || (ratio > 1 && corrected < 1)
  if (turned || isWithin(tolerances, corrected)) return current
  const replicas = wholeReplicas(corrected * values.size)
  return (corrected < 1 && replicas > current) || (corrected > 1 && replicas < current) ? current : replicas
}

/** How many replicas bring one value, which all pods share, to the target. Throws in Kubernetes' words. */
export function replicasByValue(
  { current, pods, tolerances }: Pick<Situation, 'current' | 'pods' | 'tolerances'>,
  usage: bigint,
  target: bigint,
): number {
  const ratio = Number(usage) / Number(target)
  // Kubernetes: from nothing there is no telling by the pods that are ready, and no tolerance.
  if (current === 0) return wholeReplicas(ratio)
  if (isWithin(tolerances, ratio)) return current
  if (pods.length === 0)
    throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count')
  return wholeReplicas(ratio * countReady(pods))
}

/** How many replicas bring each one's share of a value to the target, and what their share is now. */
export function replicasByShare(
  present: number,
  tolerances: Tolerances,
  usage: bigint,
  target: bigint,
): { readonly replicas: number; readonly share: bigint } {
  const ratio = Number(usage) / (Number(target) * present)
  const replicas = isWithin(tolerances, ratio) ? present : wholeReplicas(Number(usage) / Number(target))
  return { replicas, share: usage >= int64Max ? int64Max : shareOf(usage, BigInt(Math.max(1, present))) }
}

const shareOf = (usage: bigint, parts: bigint) => (usage + parts - 1n) / parts

/** The sum of an external metric's values; Kubernetes: no more than an int64 holds. */
export function sumOfValues(values: readonly bigint[]): bigint {
  const sum = values.reduce((total, one) => total + one, 0n)
  return sum > int64Max ? int64Max : sum
}
