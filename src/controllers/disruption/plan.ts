import { controllerOf, isReady, msOf, type OwnerReference, scaledValue } from '../../machinery/index.ts'
import type { Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../resources/index.ts'
import { setCondition } from '../runtime/conditions.ts'

/** Kubernetes: an eviction that was allowed must have begun by then, or it no longer counts. */
const evictionMs = 2 * 60_000

/** A pod that a budget covers, and what of it counts. */
export interface CoveredPod {
  readonly pod: Pod
  /** Whether it is ready and not told to end. */
  readonly isHealthy: boolean
  readonly owner: OwnerReference | undefined
}

export function coveredPod(pod: Pod): CoveredPod {
  return {
    pod,
    isHealthy: pod.metadata.deletionTimestamp === undefined && isReady(pod),
    owner: controllerOf(pod),
  }
}

/** That the share of pods without a controller cannot be told. Kubernetes: the selector is written as Go prints it. */
export function unmanagedText({ spec }: PodDisruptionBudget): string {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector ?? {}
  const labels = Object.entries(matchLabels).sort(([left], [right]) => (left < right ? -1 : 1))
  const pairs = labels.map(([key, value]) => `${key}: ${value},`).join('')
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  const selector = `&LabelSelector{MatchLabels:map[string]string{${pairs}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
  return [
    `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged.`,
    'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior.',
    'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.',
  ].join(' ')
}

/** How many of a budget's pods must be healthy, of how many that there should be. */
export function needsOf(
  { spec }: PodDisruptionBudget,
  podCount: number,
  scale: () => number,
): { readonly expected: number; readonly desired: number } {
  const { minAvailable, maxUnavailable } = spec
  if (maxUnavailable !== undefined) {
    const expected = scale()
    return { expected, desired: Math.max(0, expected - scaledValue(maxUnavailable, expected, 'up')) }
  }
  if (minAvailable === undefined) return { expected: podCount, desired: 0 }
  if (typeof minAvailable === 'number') return { expected: podCount, desired: minAvailable }
  const expected = scale()
  return { expected, desired: scaledValue(minAvailable, expected, 'up') }
}

/** Pods whose eviction was allowed and has not shown yet, with those that never began dropped. */
export function disruptedPods(
  known: Readonly<Record<string, string>> | undefined,
  pods: readonly CoveredPod[],
  nowMs: number,
): Readonly<Record<string, string>> {
  const still = Object.entries(known ?? {}).filter(([name, since]) => {
    const pod = pods.find((one) => one.pod.metadata.name === name)?.pod
    return pod !== undefined && pod.metadata.deletionTimestamp === undefined && msOf(since) + evictionMs > nowMs
  })
  return Object.fromEntries(still)
}

/** When the first of them is given up; undefined when there is none. */
export function recheckInMs(disrupted: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const times = Object.values(disrupted).map((since) => msOf(since) + evictionMs - nowMs)
  return times.length === 0 ? undefined : Math.max(0, Math.min(...times))
}

export function budgetStatus(
  budget: PodDisruptionBudget,
  pods: readonly CoveredPod[],
  needs: { readonly expected: number; readonly desired: number },
  nowMs: number,
): PodDisruptionBudgetStatus {
  const disrupted = disruptedPods(budget.status.disruptedPods, pods, nowMs)
  const hasDisrupted = Object.keys(disrupted).length > 0
  let healthy = 0
  for (const { pod, isHealthy } of pods)
    if (isHealthy && (!hasDisrupted || disrupted[pod.metadata.name] === undefined)) healthy++
  const allowed = needs.expected <= 0 ? 0 : Math.max(0, healthy - needs.desired)
  const observedGeneration = budget.metadata.generation ?? 0
  const said = {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration,
  } as const
  return {
    ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
    observedGeneration,
    currentHealthy: healthy,
    desiredHealthy: needs.desired,
    expectedPods: needs.expected,
    disruptionsAllowed: allowed,
    conditions: setCondition<any>(budget.status.conditions, said, nowMs),
  }
}
