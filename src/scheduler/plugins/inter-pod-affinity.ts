import type { Pod } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import { fits, type Prepared, refuse, refuseAlways, type SchedulerPlugin } from '../framework/framework.ts'
import { type AffinityTerm, DomainCounts, domainOf, termOf } from './domains.ts'

/** Kubernetes: what required affinity of pods that are there already counts for when nodes are compared. */
const hardAffinityWeight = 1

/** InterPodAffinity: near to some pods, away from others, by the domains that node labels make. */
export const interPodAffinity: SchedulerPlugin = {
  name: 'InterPodAffinity',
  weight: 2,
  wakeOn: ['Node/Add', 'Node/UpdateLabel', 'AssignedPod/Add', 'AssignedPod/Update', 'AssignedPod/Delete', 'Pod/Update'],
  prepare({ pod }, columns) {
    const affinity = pod.spec?.affinity
    const concerns = affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined
    if (!concerns && columns.podsWithAffinity === 0) return undefined
    const filter = requirements(pod, columns)
    const weights = preferences(pod, columns)
    if (filter === undefined && weights.length === 0) return undefined
    return {
      filter: filter ?? (() => fits),
      ...(weights.length === 0
        ? {}
        : {
            score: (place: number) =>
              weights.reduce((sum, { key, counts }) => sum + counts.of(domainOf(columns, place, key)), 0),
            normalize: normalizeBetween,
          }),
    }
  },
}

function termsOf(pod: Pod, kind: 'podAffinity' | 'podAntiAffinity', columns: NodeColumns): readonly AffinityTerm[] {
  return (pod.spec?.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((raw) =>
    termOf(raw as never, pod, columns),
  )
}

function preferredOf(pod: Pod, kind: 'podAffinity' | 'podAntiAffinity', columns: NodeColumns): readonly AffinityTerm[] {
  const sign = kind === 'podAffinity' ? 1 : -1
  return (pod.spec?.affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
    ({ weight, podAffinityTerm }) => termOf(podAffinityTerm as never, pod, columns, sign * weight),
  )
}

function requirements(pod: Pod, columns: NodeColumns): Prepared['filter'] | undefined {
  const near = termsOf(pod, 'podAffinity', columns)
  const away = termsOf(pod, 'podAntiAffinity', columns)
  const nearCounts = near.map(() => new DomainCounts())
  const awayCounts = away.map(() => new DomainCounts())
  /** Domains that pods already there keep this one out of, by topology key. */
  const refusedBy = new Map<string, DomainCounts>()
  for (const { place, facts } of columns.placed()) {
    const other = facts.pod
    if (near.length > 0 && near.every((term) => term.matches(other))) addAll(near, nearCounts, columns, place)
    away.forEach((term, at) => {
      if (term.matches(other)) addAll([term], [awayCounts[at]!], columns, place)
    })
    for (const term of other.spec?.affinity?.podAntiAffinity === undefined
      ? []
      : termsOf(other, 'podAntiAffinity', columns)) {
      const domain = domainOf(columns, place, term.topologyKey)
      if (domain === undefined || !term.matches(pod)) continue
      const counts = refusedBy.get(term.topologyKey) ?? new DomainCounts()
      refusedBy.set(term.topologyKey, counts)
      counts.add(domain, 1)
    }
  }
  if (near.length === 0 && away.length === 0 && refusedBy.size === 0) return undefined
  // Kubernetes: the first of a group that wants to be near itself may go anywhere that has the labels.
  const isFirst = nearCounts.every((counts) => counts.isEmpty) && near.every((term) => term.matches(pod))
  return (place) => {
    for (const [at, term] of near.entries()) {
      const domain = domainOf(columns, place, term.topologyKey)
      if (domain === undefined || (!isFirst && nearCounts[at]!.of(domain) === 0))
        return refuseAlways("node(s) didn't match pod affinity rules")
    }
    for (const [at, term] of away.entries()) {
      if (awayCounts[at]!.of(domainOf(columns, place, term.topologyKey)) > 0)
        return refuse("node(s) didn't match pod anti-affinity rules")
    }
    for (const [key, counts] of refusedBy) {
      if (counts.of(domainOf(columns, place, key)) > 0)
        return refuse("node(s) didn't satisfy existing pods anti-affinity rules")
    }
    return fits
  }
}

function addAll(
  terms: readonly AffinityTerm[],
  counts: readonly DomainCounts[],
  columns: NodeColumns,
  place: number,
): void {
  terms.forEach((term, at) => {
    const domain = domainOf(columns, place, term.topologyKey)
    if (domain !== undefined) counts[at]!.add(domain, 1)
  })
}

/** Weights by domain, from what this pod prefers and from what the pods already there do. */
function preferences(
  pod: Pod,
  columns: NodeColumns,
): readonly { readonly key: string; readonly counts: DomainCounts }[] {
  const own = [...preferredOf(pod, 'podAffinity', columns), ...preferredOf(pod, 'podAntiAffinity', columns)]
  const byKey = new Map<string, DomainCounts>()
  const add = (key: string, place: number, weight: number) => {
    const domain = domainOf(columns, place, key)
    if (domain === undefined) return
    const counts = byKey.get(key) ?? new DomainCounts()
    byKey.set(key, counts)
    counts.add(domain, weight)
  }
  for (const { place, facts } of columns.placed()) {
    for (const term of own) if (term.matches(facts.pod)) add(term.topologyKey, place, term.weight)
    if (facts.pod.spec?.affinity === undefined) continue
    for (const term of [
      ...preferredOf(facts.pod, 'podAffinity', columns),
      ...preferredOf(facts.pod, 'podAntiAffinity', columns),
    ]) {
      if (term.matches(pod)) add(term.topologyKey, place, term.weight)
    }
    for (const term of termsOf(facts.pod, 'podAffinity', columns))
      if (term.matches(pod)) add(term.topologyKey, place, hardAffinityWeight)
  }
  return [...byKey].map(([key, counts]) => ({ key, counts }))
}

/** Kubernetes: the lowest becomes 0, the highest 100. */
function normalizeBetween(scores: Float64Array): void {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const score of scores) {
    low = Math.min(low, score)
    high = Math.max(high, score)
  }
  for (let at = 0; at < scores.length; at++)
    scores[at] = high === low ? 0 : Math.floor((100 * (scores[at]! - low)) / (high - low))
}
