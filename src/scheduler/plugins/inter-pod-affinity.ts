import type { NodeColumns } from '../columns/node-columns.ts'
import type { PodCounter } from '../columns/pod-counter.ts'
import type { AffinityTerm } from '../framework/affinity-terms.ts'
import {
  fits,
  type Happened,
  type Prepared,
  refuse,
  refuseAlways,
  type SchedulerPlugin,
  type Verdict,
} from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { PodMatcher } from '../framework/pod-kind.ts'
import type { PluginArguments } from '../profile/choices.ts'

const notNear = refuseAlways("node(s) didn't match pod affinity rules")
const notAway = refuse("node(s) didn't match pod anti-affinity rules")
const keptOut = refuse("node(s) didn't satisfy existing pods anti-affinity rules")

/**
 * InterPodAffinity: near to some pods, away from others, by the domains that node labels make. Required affinity of pods that
 * are there already counts with the hard weight when nodes are compared.
 */
export function interPodAffinityOf({
  hardPodAffinityWeight = 1,
  ignorePreferredTermsOfExistingPods = false,
}: NonNullable<PluginArguments['InterPodAffinity']> = {}): SchedulerPlugin {
  return {
    name: 'InterPodAffinity',
    weight: 2,
    wakeOn: [
      'Node/Add',
      'Node/UpdateLabel',
      'AssignedPod/Add',
      'AssignedPod/Update',
      'AssignedPod/Delete',
      'Pod/Update',
    ],
    helps,
    prepare(facts, columns) {
      const filter = requirements(facts, columns)
      // Kubernetes: only a pod that prefers nothing itself can be spared the preferences of others.
      const isSpared = ignorePreferredTermsOfExistingPods && (facts.terms?.preferred.length ?? 0) === 0
      const preferences = isSpared ? [] : preferencesOf(facts, columns, hardPodAffinityWeight)
      if (filter === undefined && preferences.length === 0) return undefined
      return {
        ...(filter === undefined ? {} : { filter, remedy: (place: number) => remedyFor(filter(place), facts) }),
        ...(preferences.length === 0 ? {} : { score: scoreBy(preferences), normalize: normalizeBetween }),
      }
    },
  }
}

/**
 * Whether a pod that came or went could make another fit: one that all its terms name came, or one went that it, or that
 * itself, wants to be away from. Unlike Kubernetes: also one that it was to be near, when it may be the first of its kind itself.
 */
function helps({ kind, terms }: PodFacts, { change, pod }: Happened, { namespaceLabels }: NodeColumns): boolean {
  if (pod === undefined || change === 'AssignedPod/Update') return true
  const names = (list: readonly AffinityTerm[] | undefined, of: PodFacts['kind']) =>
    list?.some((term) => term.matches(of, namespaceLabels)) === true
  const near = terms?.near ?? []
  const isNear = near.length > 0 && near.every((term) => term.matches(pod.kind, namespaceLabels))
  if (change === 'AssignedPod/Add') return isNear
  return isNear || names(terms?.away, pod.kind) || names(pod.terms?.away, kind)
}

function requirements(facts: PodFacts, columns: NodeColumns): Prepared['filter'] | undefined {
  const { kind, terms } = facts
  const near = terms?.near ?? []
  const nearCounters = countersOfAll(near, columns)
  const awayCounters = (terms?.away ?? []).map((term) =>
    columns.counters.counter(term.topologyKey, matcherOf([term], columns)),
  )
  const keepOut = columns.terms.concerning(kind).filter(({ role }) => role === 'away')
  if (nearCounters.length === 0 && awayCounters.length === 0 && keepOut.length === 0) return undefined
  // Kubernetes: the first of a group that wants to be near itself may go anywhere that has the labels.
  const isFirst =
    nearCounters.every(({ total }) => total === 0) && near.every((term) => term.matches(kind, columns.namespaceLabels))
  return (place): Verdict => {
    for (const counter of nearCounters)
      if (counter.topology.of[place]! < 0 || (!isFirst && counter.of(place) === 0)) return notNear
    for (const counter of awayCounters) if (counter.of(place) > 0) return notAway
    for (const { counter } of keepOut) if (counter.of(place) > 0) return keptOut
    return fits
  }
}

function remedyFor(verdict: Verdict, { terms }: PodFacts): string {
  const keys = (of: readonly AffinityTerm[] = []) => [...new Set(of.map(({ topologyKey }) => topologyKey))].join(', ')
  if (verdict === notNear) return `no pod that its affinity names is in the same ${keys(terms?.near)}`
  if (verdict === notAway) return `a pod that its anti-affinity names is in the same ${keys(terms?.away)}`
  return 'a pod there keeps pods like it away by its own anti-affinity'
}

/** Kubernetes: a pod that others want to be near counts only when all of their terms match it. */
function countersOfAll(terms: readonly AffinityTerm[], columns: NodeColumns): readonly PodCounter[] {
  if (terms.length === 0) return []
  const matcher = matcherOf(terms, columns)
  return [...new Set(terms.map(({ topologyKey }) => topologyKey))].map((topologyKey) =>
    columns.counters.counter(topologyKey, matcher),
  )
}

function matcherOf(terms: readonly AffinityTerm[], columns: NodeColumns): PodMatcher {
  return {
    key: terms.map(({ key }) => key).join(),
    matches: (kind) => terms.every((term) => term.matches(kind, columns.namespaceLabels)),
  }
}

interface Preference {
  readonly counter: PodCounter
  readonly weight: number
}

/** What this pod prefers, and what the pods already there do. */
function preferencesOf({ kind, terms }: PodFacts, columns: NodeColumns, hardWeight: number): readonly Preference[] {
  const own = (terms?.preferred ?? []).map((term) => ({
    counter: columns.counters.counter(term.topologyKey, matcherOf([term], columns)),
    weight: term.weight,
  }))
  const theirs = columns.terms
    .concerning(kind)
    .filter(({ role }) => role !== 'away')
    .map(({ counter, term, role }) => ({ counter, weight: role === 'near' ? hardWeight : term.weight }))
  return [...own, ...theirs].filter(({ counter, weight }) => weight !== 0 && counter.total > 0)
}

function scoreBy(preferences: readonly Preference[]): (place: number) => number {
  return (place) => {
    let sum = 0
    for (const { counter, weight } of preferences) sum += counter.of(place) * weight
    return sum
  }
}

/** Kubernetes: the lowest becomes 0, the highest 100. */
function normalizeBetween(scores: Float64Array, count: number): void {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let at = 0; at < count; at++) {
    if (scores[at]! < low) low = scores[at]!
    if (scores[at]! > high) high = scores[at]!
  }
  for (let at = 0; at < count; at++)
    scores[at] = high === low ? 0 : Math.trunc((100 * (scores[at]! - low)) / (high - low))
}
