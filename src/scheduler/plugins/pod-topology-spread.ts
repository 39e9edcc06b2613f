import { labelQueryOf, matchesNodeAffinity, untoleratedTaint } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import { fits, refuse, refuseAlways, type SchedulerPlugin } from '../framework/framework.ts'
import { DomainCounts, domainOf } from './domains.ts'

interface Constraint {
  readonly topologyKey: string
  readonly maxSkew: number
  readonly minDomains: number
  readonly honorsAffinity: boolean
  readonly honorsTaints: boolean
  matches(pod: Pod): boolean
}

/** PodTopologySpread: pods of a kind are spread evenly over domains; hard constraints refuse, soft ones only prefer. */
export const podTopologySpread: SchedulerPlugin = {
  name: 'PodTopologySpread',
  weight: 2,
  wakeOn: [
    'Node/Add',
    'Node/UpdateLabel',
    'Node/UpdateTaint',
    'AssignedPod/Add',
    'AssignedPod/Update',
    'AssignedPod/Delete',
    'Pod/Update',
  ],
  prepare({ pod }, columns) {
    const raw = pod.spec?.topologySpreadConstraints ?? []
    if (raw.length === 0) return undefined
    const hard = raw
      .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule')
      .map((one) => constraintOf(one as never, pod))
    const soft = raw
      .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'ScheduleAnyway')
      .map((one) => constraintOf(one as never, pod))
    const hardCounts = countsOf(hard, pod, columns)
    const softCounts = countsOf(soft, pod, columns)
    return {
      filter(place) {
        for (const [at, constraint] of hard.entries()) {
          const domain = domainOf(columns, place, constraint.topologyKey)
          if (domain === undefined)
            return refuseAlways("node(s) didn't match pod topology spread constraints (missing required label)")
          const counts = hardCounts[at]!
          const self = constraint.matches(pod) ? 1 : 0
          if (counts.of(domain) + self - leastOf(counts, constraint.minDomains) > constraint.maxSkew)
            return refuse("node(s) didn't match pod topology spread constraints")
        }
        return fits
      },
      ...(soft.length === 0
        ? {}
        : {
            score: (place: number) =>
              soft.reduce(
                (sum, { topologyKey, maxSkew }, at) =>
                  sum +
                  softCounts[at]!.of(domainOf(columns, place, topologyKey)) * Math.log(softCounts[at]!.size + 2) +
                  (maxSkew - 1),
                0,
              ),
            normalize: fewestIsBest,
          }),
    }
  },
}

function constraintOf(
  raw: {
    topologyKey: string
    maxSkew: number
    minDomains?: number
    labelSelector?: object
    matchLabelKeys?: readonly string[]
    nodeAffinityPolicy?: string
    nodeTaintsPolicy?: string
  },
  pod: Pod,
): Constraint {
  const own = pod.metadata.labels ?? {}
  const extra = (raw.matchLabelKeys ?? [])
    .filter((key) => own[key] !== undefined)
    .map((key) => ({ key, operator: 'In', values: [own[key]] }))
  const { matchExpressions = [] } = (raw.labelSelector ?? {}) as { matchExpressions?: readonly object[] }
  const query = labelQueryOf(
    (raw.labelSelector === undefined
      ? undefined
      : { ...raw.labelSelector, matchExpressions: [...matchExpressions, ...extra] }) as never,
  )
  return {
    topologyKey: raw.topologyKey,
    maxSkew: raw.maxSkew,
    minDomains: raw.minDomains ?? 1,
    honorsAffinity: raw.nodeAffinityPolicy !== 'Ignore',
    honorsTaints: raw.nodeTaintsPolicy === 'Honor',
    matches: ({ metadata }) => metadata.namespace === pod.metadata.namespace && query.matches(metadata.labels ?? {}),
  }
}

/** Matching pods per domain, over the nodes that count for each constraint; a domain without any counts 0. */
function countsOf(constraints: readonly Constraint[], pod: Pod, columns: NodeColumns): readonly DomainCounts[] {
  const counts = constraints.map(() => new DomainCounts())
  if (constraints.length === 0) return counts
  const eligible = (place: number, { honorsAffinity, honorsTaints }: Constraint) => {
    const node = columns.nodes[place]
    if (
      node === undefined ||
      !constraints.every(({ topologyKey }) => domainOf(columns, place, topologyKey) !== undefined)
    )
      return false
    if (
      honorsAffinity &&
      !matchesNodeAffinity(pod.spec as never, { name: node.metadata.name, labels: node.metadata.labels ?? {} } as never)
    )
      return false
    return !honorsTaints || untoleratedTaint(node.spec?.taints as never, pod.spec?.tolerations as never) === undefined
  }
  const counted = constraints.map((constraint, at) => {
    const places = new Set<number>()
    for (let place = 0; place < columns.size; place++) {
      if (columns.alive[place] === 0 || !eligible(place, constraint)) continue
      places.add(place)
      counts[at]!.add(domainOf(columns, place, constraint.topologyKey)!, 0)
    }
    return places
  })
  for (const { place, facts } of columns.placed()) {
    if (facts.pod.metadata.deletionTimestamp !== undefined) continue
    constraints.forEach((constraint, at) => {
      if (counted[at]!.has(place) && constraint.matches(facts.pod))
        counts[at]!.add(domainOf(columns, place, constraint.topologyKey)!, 1)
    })
  }
  return counts
}

/** Kubernetes: fewer domains than minDomains count as if one of them were empty. */
function leastOf(counts: DomainCounts, minDomains: number): number {
  if (counts.size < minDomains) return 0
  let least = Number.POSITIVE_INFINITY
  for (const count of counts.values()) least = Math.min(least, count)
  return Number.isFinite(least) ? least : 0
}

function fewestIsBest(scores: Float64Array): void {
  let low = Number.POSITIVE_INFINITY
  let high = 0
  for (const score of scores) {
    low = Math.min(low, score)
    high = Math.max(high, score)
  }
  for (let at = 0; at < scores.length; at++)
    scores[at] = high === 0 ? 100 : Math.floor((100 * (high + low - scores[at]!)) / high)
}
