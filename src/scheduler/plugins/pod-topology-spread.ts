import { labelQueryOf, matchesNodeAffinity, Recent, untoleratedTaint } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import type { PodCounter } from '../columns/pod-counter.ts'
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
import type { PodKind } from '../framework/pod-kind.ts'
import type { PluginArguments } from '../profile/choices.ts'

interface RawConstraint {
  readonly topologyKey: string
  readonly maxSkew: number
  readonly whenUnsatisfiable?: string
  readonly minDomains?: number
  readonly labelSelector?: object
  readonly matchLabelKeys?: readonly string[]
  readonly nodeAffinityPolicy?: string
  readonly nodeTaintsPolicy?: string
}
interface Constraint {
  readonly topologyKey: string
  readonly maxSkew: number
  readonly minDomains: number
  readonly counter: PodCounter
  /** Whether the pod itself counts. */
  readonly isOwn: boolean
}

/** A node's own name is its domain; pods of a node are then counted whether or not the node takes part. */
const hostname = 'kubernetes.io/hostname'
const noLabel = refuseAlways("node(s) didn't match pod topology spread constraints (missing required label)")
const tooSkewed = refuse("node(s) didn't match pod topology spread constraints")
/** Kubernetes: how pods without constraints of their own are spread, if somebody can say which pods are alike. */
const systemDefaults: readonly RawConstraint[] = [
  { topologyKey: hostname, maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
]

/**
 * PodTopologySpread: pods of a kind are spread evenly over domains; hard constraints refuse, soft ones only prefer. Pods without
 * constraints get the profile's, or those of the system.
 */
export function podTopologySpreadOf({
  defaultConstraints = [],
  defaultingType,
}: NonNullable<PluginArguments['PodTopologySpread']> = {}): SchedulerPlugin {
  const listed = defaultingType === 'List' ? (defaultConstraints as readonly RawConstraint[]) : undefined
  return {
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
    helps,
    prepare(facts, columns) {
      const stated = (facts.pod.spec?.topologySpreadConstraints ?? []) as readonly RawConstraint[]
      if (stated.length > 0) return answers(stated, facts, columns)
      if (listed?.length === 0) return undefined
      const labelSelector = columns.selectorOfAlike(facts.pod)
      if (labelSelector === undefined) return undefined
      const own = (raw: RawConstraint) => ({ ...raw, labelSelector })
      if (listed !== undefined) return answers(listed.map(own), facts, columns)
      return comparison(constraintsOf(systemDefaults.map(own), facts, columns, false), false)
    },
  }
}

/** Whether a pod that came or went counts for a pod's own constraints; of those that it is given any may. */
function helps({ pod, kind }: PodFacts, { change, pod: other }: Happened): boolean {
  if (other === undefined) return true
  if (other.kind.namespace !== kind.namespace) return false
  const stated = (pod.spec?.topologySpreadConstraints ?? []) as readonly RawConstraint[]
  if (stated.length === 0 || change === 'AssignedPod/Update') return true
  let queries = queriesOf.get(pod)
  if (queries === undefined)
    queriesOf.set(pod, (queries = stated.map((raw) => labelQueryOf(selectorOf(raw, pod) as never))))
  return queries.some((query) => query.matches(other.kind.labels))
}
const queriesOf = new WeakMap<Pod, readonly ReturnType<typeof labelQueryOf>[]>()

function answers(constraints: readonly RawConstraint[], facts: PodFacts, columns: NodeColumns): Prepared {
  const asked = (what: string) => constraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === what)
  const hard = constraintsOf(asked('DoNotSchedule'), facts, columns, true)
  const soft = constraintsOf(asked('ScheduleAnyway'), facts, columns, true)
  return {
    ...(hard.length === 0
      ? {}
      : {
          filter: (place: number) => skewAt(hard, place),
          remedy: (place: number) => skewText(hard, place),
          ...tableOf(hard),
        }),
    ...(soft.length === 0 ? {} : comparison(soft, true)),
  }
}

function skewAt(constraints: readonly Constraint[], place: number): Verdict {
  for (const { counter, maxSkew, minDomains, isOwn } of constraints) {
    if (counter.topology.of[place]! < 0) return noLabel
    if (counter.of(place) + Number(isOwn) - counter.least(minDomains) > maxSkew) return tooSkewed
  }
  return fits
}

/** What a constraint says of each domain, where there are few enough for that to be less than asking about nodes. */
function tableOf([only, ...more]: readonly Constraint[]): Pick<Prepared, 'byDomain'> {
  if (only === undefined || more.length > 0 || only.counter.topology.size > domainsMax) return {}
  const { counter, maxSkew, minDomains, isOwn } = only
  const takes = new Uint8Array(counter.topology.size + 1)
  const most = maxSkew - Number(isOwn) + counter.least(minDomains)
  for (let domain = 0; domain < counter.topology.size; domain++) takes[domain + 1] = Number(counter.in(domain) <= most)
  return { byDomain: { domainOf: counter.topology.of, takes } }
}
const domainsMax = 64

function skewText(constraints: readonly Constraint[], place: number): string {
  for (const { counter, topologyKey, maxSkew, minDomains, isOwn } of constraints) {
    if (counter.topology.of[place]! < 0) return `the node has no label ${topologyKey}`
    const [here, least] = [counter.of(place), counter.least(minDomains)]
    if (here + Number(isOwn) - least > maxSkew)
      return `${here} pods like it are in the same ${topologyKey} already, ${least} where there are fewest; no more than ${maxSkew} above that are allowed`
  }
  return ''
}

/**
 * How nodes compare by soft constraints. Kubernetes: domains count for more the more of them there are; nodes without all the
 * keys are worth nothing, unless the constraints are the system's own.
 */
function comparison(constraints: readonly Constraint[], needsAllKeys: boolean): Prepared {
  const weights = constraints.map(() => 0)
  let isIgnored = new Uint8Array(0)
  const hasAllKeys = (place: number) => constraints.every(({ counter }) => counter.topology.of[place]! >= 0)
  return {
    compare(places, count) {
      isIgnored = new Uint8Array(count)
      let left = count
      if (needsAllKeys)
        for (const { counter } of constraints) {
          const { of } = counter.topology
          for (let at = 0; at < count; at++) {
            if (of[places[at]!]! >= 0 || isIgnored[at] === 1) continue
            isIgnored[at] = 1
            left--
          }
        }
      constraints.forEach(({ counter, topologyKey }, at) => {
        const domains = topologyKey === hostname ? left : domainsAmong(counter, places, count, isIgnored)
        weights[at] = Math.log(domains + 2)
      })
    },
    score(place) {
      if (needsAllKeys && !hasAllKeys(place)) return 0
      let sum = 0
      for (let at = 0; at < constraints.length; at++) {
        const { counter, topologyKey, maxSkew } = constraints[at]!
        if (counter.topology.of[place]! < 0) continue
        const pods = topologyKey === hostname ? counter.onPlace[place]! : counter.of(place)
        sum += pods * weights[at]! + (maxSkew - 1)
      }
      return Math.round(sum)
    },
    ...(constraints.length === 1 && constraints[0]!.topologyKey !== hostname
      ? { scoreAll: (places, count, scores) => scoreByDomain(constraints[0]!, weights[0]!, places, count, scores) }
      : {}),
    normalize(scores, count) {
      let low = Number.POSITIVE_INFINITY
      let high = 0
      for (let at = 0; at < count; at++) {
        if (isIgnored[at] === 1) continue
        if (scores[at]! < low) low = scores[at]!
        if (scores[at]! > high) high = scores[at]!
      }
      for (let at = 0; at < count; at++) {
        if (isIgnored[at] === 1) scores[at] = 0
        else scores[at] = high === 0 ? 100 : Math.trunc((100 * (high + low - scores[at]!)) / high)
      }
    },
  }
}

/** The scores of places by one constraint: those of one domain are worth the same, those of none nothing. */
function scoreByDomain(
  { counter, maxSkew }: Constraint,
  weight: number,
  places: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  const { of, size } = counter.topology
  const worth = new Float64Array(size + 1).fill(-1)
  worth[0] = 0
  for (let at = 0; at < count; at++) {
    const domain = of[places[at]!]!
    if (worth[domain + 1] === -1) worth[domain + 1] = Math.round(counter.in(domain) * weight + (maxSkew - 1))
    scores[at] = worth[domain + 1]!
  }
}

/** Kubernetes: nodes that lack a key of the system's own constraints are one domain together. */
function domainsAmong({ topology }: PodCounter, places: Int32Array, count: number, isIgnored: Uint8Array): number {
  const seen = new Uint8Array(topology.size + 1)
  let domains = 0
  for (let at = 0; at < count; at++) {
    const domain = topology.of[places[at]!]! + 1
    if (isIgnored[at] === 1 || seen[domain] === 1) continue
    seen[domain] = 1
    domains++
  }
  return domains
}

function constraintsOf(
  raws: readonly RawConstraint[],
  facts: PodFacts,
  columns: NodeColumns,
  needsAllKeys: boolean,
): readonly Constraint[] {
  const keys = needsAllKeys ? raws.map(({ topologyKey }) => topologyKey) : []
  return raws.map((raw) => {
    const { query, text, isEmpty } = selectedBy(raw, facts.pod)
    const { namespace } = facts.kind
    return {
      topologyKey: raw.topologyKey,
      maxSkew: raw.maxSkew,
      minDomains: raw.minDomains ?? 1,
      counter: columns.counters.counter(
        raw.topologyKey,
        {
          key: `${namespace}|${text}`,
          // Kubernetes: an empty selector, which would match all, counts nobody.
          matches: (kind: PodKind) =>
            !isEmpty && !kind.isTerminating && kind.namespace === namespace && query.matches(kind.labels),
        },
        nodesThatCount(raw, keys, facts.pod, columns),
      ),
      isOwn: query.matches(facts.kind.labels),
    }
  })
}

/** Whom a constraint counts; found out once where all pods of a template hold the very same and it takes nothing from their labels. */
function selectedBy(raw: RawConstraint, pod: Pod): Selected {
  const isShared = raw.matchLabelKeys === undefined && Object.isFrozen(raw)
  const known = isShared ? selectedKnown.get(raw) : undefined
  if (known !== undefined) return known
  const selector = selectorOf(raw, pod)
  const made: Selected = {
    query: labelQueryOf(selector as never),
    text: JSON.stringify(selector),
    isEmpty: selector !== undefined && isEmptySelector(selector),
  }
  if (isShared) selectedKnown.set(raw, made)
  return made
}
interface Selected {
  readonly query: ReturnType<typeof labelQueryOf>
  readonly text: string | undefined
  readonly isEmpty: boolean
}
const selectedKnown = new Recent<RawConstraint, Selected>(256)

function isEmptySelector(selector: object): boolean {
  const { matchLabels, matchExpressions } = selector as { matchLabels?: object; matchExpressions?: readonly object[] }
  return Object.keys(matchLabels ?? {}).length === 0 && (matchExpressions ?? []).length === 0
}

function selectorOf({ labelSelector, matchLabelKeys = [] }: RawConstraint, pod: Pod): object | undefined {
  const own = pod.metadata.labels ?? {}
  const extra = matchLabelKeys
    .filter((key) => own[key] !== undefined)
    .map((key) => ({ key, operator: 'In', values: [own[key]] }))
  if (extra.length === 0 || labelSelector === undefined) return labelSelector
  const { matchExpressions = [] } = labelSelector as { matchExpressions?: readonly object[] }
  return { ...labelSelector, matchExpressions: [...matchExpressions, ...extra] }
}

/** Which nodes count for a constraint: those with all the keys that are where the pod may go, so far as the policies ask. */
function nodesThatCount(
  { nodeAffinityPolicy, nodeTaintsPolicy }: RawConstraint,
  keys: readonly string[],
  { spec }: Pod,
  columns: NodeColumns,
): { readonly key: string; readonly counts: (place: number) => boolean } {
  const affinity = nodeAffinityPolicy === 'Ignore' ? undefined : spec?.affinity?.nodeAffinity
  const selector = nodeAffinityPolicy === 'Ignore' ? undefined : spec?.nodeSelector
  const tolerations = nodeTaintsPolicy === 'Honor' ? (spec?.tolerations ?? []) : undefined
  const where = { nodeSelector: selector, affinity: { nodeAffinity: affinity } }
  return {
    key: JSON.stringify([keys, selector, affinity, tolerations]),
    counts(place) {
      const node = columns.nodes[place]
      if (node === undefined) return false
      const labels = node.metadata.labels ?? {}
      if (keys.some((key) => labels[key] === undefined)) return false
      if (
        (affinity !== undefined || selector !== undefined) &&
        !matchesNodeAffinity(where as never, { name: node.metadata.name, labels } as never)
      )
        return false
      return (
        tolerations === undefined || untoleratedTaint(node.spec?.taints as never, tolerations as never) === undefined
      )
    },
  }
}
