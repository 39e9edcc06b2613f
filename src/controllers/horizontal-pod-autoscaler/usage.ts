import { isPodLevel, isSidecar, milliValueOf, msOf, podRequests } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'

/** What a metric says of one pod, in thousandths. */
export interface PodMetric {
  readonly value: bigint
  readonly atMs: number
  readonly windowMs: number
}
export type PodMetrics = ReadonlyMap<string, PodMetric>

/** How long the processor time of a pod that has just started tells nothing. */
export interface Periods {
  readonly cpuInitializationMs: number
  readonly initialReadinessDelayMs: number
}

/** The pods of a target, by what their metrics can say. */
export interface PodGroups {
  readonly readyCount: number
  readonly unready: ReadonlySet<string>
  readonly missing: ReadonlySet<string>
  readonly ignored: ReadonlySet<string>
}

/** Sorts pods into those that count, those that are not ready to, those without a metric, and those on their way out. */
export function groupPods(
  pods: readonly Pod[],
  metrics: PodMetrics,
  resource: string,
  periods: Periods,
  nowMs: number,
): PodGroups {
  const unready = new Set<string>()
  const missing = new Set<string>()
  const ignored = new Set<string>()
  let readyCount = 0
  for (const pod of pods) {
    const { name } = pod.metadata
    const metric = metrics.get(name)
    if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase === 'Failed') ignored.add(name)
    else if (pod.status?.phase === 'Pending') unready.add(name)
    else if (metric === undefined) missing.add(name)
    else if (resource === 'cpu' && isWarmingUp(pod, metric, periods, nowMs)) unready.add(name)
    else readyCount++
  }
  return { readyCount, unready, missing, ignored }
}

/** Kubernetes: what a pod uses to start says nothing of what it will use; only processor time is looked at so. */
function isWarmingUp({ status }: Pod, metric: PodMetric, periods: Periods, nowMs: number): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const startedMs = msOf(status?.startTime)
  if (ready === undefined || status?.startTime === undefined) return true
  const changedMs = msOf(ready.lastTransitionTime)
  if (startedMs + periods.cpuInitializationMs > nowMs)
    return ready.status === 'False' || metric.atMs < changedMs + metric.windowMs
  return ready.status === 'False' && startedMs + periods.initialReadinessDelayMs > changedMs
}

/** How many of the pods run and are ready. */
export function countReady(pods: readonly Pod[]): number {
  return pods.filter(
    ({ status }) =>
      status?.phase === 'Running' && status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
  ).length
}

export interface RequestsWish {
  readonly resource: string
  /** Only this container's; all of them when empty. */
  readonly container: string
  /** Requests of the pod as a whole stand for those of its containers. */
  readonly podLevel: boolean
}

/** What each pod requests of a resource, in thousandths. Throws in Kubernetes' words when one states nothing. */
export function requestsOf(pods: readonly Pod[], wish: RequestsWish): ReadonlyMap<string, bigint> {
  return new Map(pods.map((pod) => [pod.metadata.name, requestOf(pod, wish)]))
}

function requestOf(pod: Pod, { resource, container, podLevel }: RequestsWish): bigint {
  const { metadata, spec } = pod
  if (podLevel && container === '' && Object.keys(spec.resources?.requests ?? {}).some(isPodLevel)) {
    const request = podRequests(pod).get(resource)
    if (request === undefined) throw new Error(`missing pod-level request for ${resource} in Pod ${metadata.name}`)
    return BigInt(milliValueOf(request))
  }
  let sum = 0n
  for (const one of [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)]) {
    if (container !== '' && container !== one.name) continue
    const request = one.resources?.requests?.[resource]
    if (request === undefined)
      throw new Error(`missing request for ${resource} in container ${one.name} of Pod ${metadata.name}`)
    sum += millisOf(request)
    if (container !== '') return sum
  }
  if (container !== '') throw new Error(`container ${container} not found in Pod ${metadata.name}`)
  return sum
}

/** A quantity in thousandths, exactly as far as they go. */
export function millisOf(quantity: string): bigint {
  return BigInt(milliValueOf(quantity))
}

/** How much of what they request is used, by all pods together. Throws when no metric is of a known pod. */
export function utilizationOf(
  values: ReadonlyMap<string, bigint>,
  requests: ReadonlyMap<string, bigint>,
  targetPercent: number,
): { readonly ratio: number; readonly percent: number; readonly average: bigint } {
  let used = 0n
  let requested = 0n
  let count = 0n
  for (const [name, value] of values) {
    const request = requests.get(name)
    if (request === undefined) continue
    used += value
    requested += request
    count++
  }
  if (requested === 0n) throw new Error('no metrics returned matched known pods')
  const percent = Number((used * 100n) / requested)
  return { ratio: percent / targetPercent, percent, average: used / count }
}

/** What the pods use on average, and how that compares with what they should. */
export function averageOf(
  values: ReadonlyMap<string, bigint>,
  target: bigint,
): { readonly ratio: number; readonly average: bigint } {
  let used = 0n
  for (const value of values.values()) used += value
  const average = used / BigInt(values.size)
  return { ratio: Number(average) / Number(target), average }
}
