import { labelQueryOf, msOf, type Random } from '../../machinery/index.ts'
import type { Pod, PodDisruptionBudget } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import type { Placer } from '../cycle/place.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { PreemptionChoice } from '../profile/profile.ts'

export interface PreemptionInput {
  readonly facts: PodFacts
  readonly columns: NodeColumns
  readonly placer: Placer
  /** Where to begin to look. */
  readonly random: Random
  readonly budgets: readonly PodDisruptionBudget[]
  readonly choice?: PreemptionChoice
}
/** Whom to evict, and where the pod then fits. */
export interface Preemption {
  readonly nodeName: string
  readonly victims: readonly Pod[]
}
/** A node where room could be made: by whose eviction, and how many of them are beyond a budget. */
export interface Candidate {
  readonly place: number
  readonly victims: readonly Pod[]
  readonly violations: number
}

/** Kubernetes: of many nodes that would do, no more than this share, and at least so many, are compared. */
const choiceDefault: PreemptionChoice = { candidatesPercentMin: 10, candidatesMin: 100 }

export const priorityOf = ({ spec }: Pod): number => spec?.priority ?? 0
/** Kubernetes: a pod that has not started counts as started just now. */
export function startedMs({ status }: Pod): number {
  if (status?.startTime === undefined) return Number.POSITIVE_INFINITY
  let known = startOf.get(status)
  if (known === undefined) startOf.set(status, (known = msOf(status.startTime)))
  return known
}
/** Pods are compared many times over while room is looked for. */
const startOf = new WeakMap<object, number>()

/** Kubernetes (MoreImportantPod): higher priority first, then who has run longest. */
export function byImportance(left: Pod, right: Pod): number {
  const difference = priorityOf(right) - priorityOf(left)
  if (difference !== 0) return difference
  const [a, b] = [startedMs(left), startedMs(right)]
  return a === b ? 0 : a < b ? -1 : 1
}

/** Why a pod may not evict others now; undefined when it may. `nominated` is the node where room is being made for it. */
export function mayNotPreempt(pod: Pod, nominated: string | undefined, others: Iterable<Pod>): string | undefined {
  if (pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  if (nominated === undefined) return undefined
  for (const other of others) {
    const isGoing =
      other.spec?.nodeName === nominated &&
      other.metadata.deletionTimestamp !== undefined &&
      priorityOf(other) < priorityOf(pod)
    if (isGoing && wasPreempted(other)) return 'not eligible due to a terminating pod on the nominated node.'
  }
  return undefined
}

const wasPreempted = ({ status }: Pod) =>
  status?.conditions?.some(
    (one) => one.type === 'DisruptionTarget' && one.status === 'True' && one.reason === 'PreemptionByScheduler',
  ) === true

/** The node on which the least is lost by making room for a pod; undefined when no eviction makes room anywhere. */
export function planPreemption(input: PreemptionInput): Preemption | undefined {
  return leastLoss(preemptionCandidates(input), input.columns)
}

/** The candidate by which the least is lost. */
export function leastLoss(candidates: readonly Candidate[], columns: NodeColumns): Preemption | undefined {
  let best = candidates[0]
  for (const one of candidates) if (byLoss(one, best!) < 0) best = one
  return best && { nodeName: columns.nodes[best.place]!.metadata.name, victims: best.victims }
}

/** The nodes, or enough of them, where the eviction of pods of lower priority makes room. */
export function preemptionCandidates(input: PreemptionInput): readonly Candidate[] {
  const { facts, columns, placer, random, choice = choiceDefault } = input
  const priority = priorityOf(facts.pod)
  const wanted = Math.max(choice.candidatesMin, Math.floor((columns.count * choice.candidatesPercentMin) / 100))
  const candidates: Candidate[] = []
  const refusalAt = placer.refusals(facts, columns)
  const whatIf = placer.asksOnlyForRoom(facts, columns) ? roomIf : columnsIf
  const start = Math.floor(random.next() * columns.size)
  for (let step = 0; step < columns.size && candidates.length < wanted; step++) {
    const place = (start + step) % columns.size
    if (columns.alive[place] === 0) continue
    // What a node said already is known, and most often it is out for good.
    const refusal = refusalAt(place)
    if (refusal === undefined || refusal.verdict.evenAfterPreemption) continue
    const potential: PodFacts[] = []
    for (const other of columns.podsAt(place)) if (priorityOf(other.pod) < priority) potential.push(other)
    if (potential.length === 0) continue
    const candidate = victimsAt(input, place, potential, whatIf(input, place))
    if (candidate !== undefined) candidates.push(candidate)
  }
  return candidates
}

/** A node with some of its pods taken away, to see whether the pod would fit. */
interface WhatIf {
  take(other: PodFacts): void
  putBack(other: PodFacts): void
  fits(): boolean
}

/** By the columns themselves; whoever takes a pod away puts it back. */
function columnsIf({ facts, columns, placer }: PreemptionInput, place: number): WhatIf {
  const { name } = columns.nodes[place]!.metadata
  return {
    take: (other) => columns.removePod(other.pod.metadata.uid),
    putBack: (other) => columns.addPod(other, name),
    fits: () => placer.verdict(facts, columns, place).fits,
  }
}

/** By numbers alone, for pods that ask for nothing else: the columns are not touched. */
function roomIf({ facts, columns }: PreemptionInput, place: number): WhatIf {
  let cpu = columns.cpuMilli[place]! - columns.cpuTaken[place]! - facts.cpuMilli
  let memory = columns.memoryBytes[place]! - columns.memoryTaken[place]! - facts.memoryBytes
  let ephemeral = columns.ephemeralBytes[place]! - columns.ephemeralTaken[place]! - facts.ephemeralBytes
  let pods = columns.podsMax[place]! - columns.podsTaken[place]! - 1
  const move = (other: PodFacts, sign: 1 | -1) => {
    cpu += sign * other.cpuMilli
    memory += sign * other.memoryBytes
    ephemeral += sign * other.ephemeralBytes
    pods += sign
  }
  return {
    take: (other) => move(other, 1),
    putBack: (other) => move(other, -1),
    fits: () =>
      pods >= 0 &&
      (facts.cpuMilli === 0 || cpu >= 0) &&
      (facts.memoryBytes === 0 || memory >= 0) &&
      (facts.ephemeralBytes === 0 || ephemeral >= 0),
  }
}

/** As few pods of a node as must go, those beyond a budget last; the columns are left as they were. */
function victimsAt(
  { budgets }: PreemptionInput,
  place: number,
  potential: readonly PodFacts[],
  whatIf: WhatIf,
): Candidate | undefined {
  const sorted = potential.toSorted((left, right) => byImportance(left.pod, right.pod))
  for (const one of sorted) whatIf.take(one)
  const gone = new Set(sorted)
  const victims: Pod[] = []
  let violations = 0
  try {
    if (!whatIf.fits()) return undefined
    const violating = beyondBudgets(
      sorted.map(({ pod }) => pod),
      budgets,
    )
    for (const isViolating of [true, false]) {
      for (const one of sorted) {
        if (violating.has(one.pod) !== isViolating) continue
        whatIf.putBack(one)
        if (whatIf.fits()) {
          gone.delete(one)
          continue
        }
        whatIf.take(one)
        victims.push(one.pod)
        if (isViolating) violations++
      }
    }
  } finally {
    for (const one of gone) whatIf.putBack(one)
  }
  return victims.length === 0 ? undefined : { place, victims: victims.sort(byImportance), violations }
}

/** The pods whose eviction a budget does not allow, when they are evicted in this order. */
function beyondBudgets(pods: readonly Pod[], budgets: readonly PodDisruptionBudget[]): ReadonlySet<Pod> {
  if (budgets.length === 0) return nobody
  const left = disruptionsLeft(budgets)
  return new Set(pods.filter((pod) => left.takesBeyond(pod, false)))
}

const nobody: ReadonlySet<Pod> = new Set()

/** What budgets still allow, as pods are evicted one after the other. */
export function disruptionsLeft(budgets: readonly PodDisruptionBudget[]) {
  const left = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]))
  return {
    /** Counts a pod; whether a budget does not allow it. With `stops` no further budget is then charged. */
    takesBeyond({ metadata }: Pod, stops: boolean): boolean {
      const { namespace, name, labels = {} } = metadata
      if (Object.keys(labels).length === 0) return false
      let isBeyond = false
      for (const budget of budgets) {
        const { selector } = budget.spec
        const isEmpty =
          selector === undefined ||
          (Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0)
        if (budget.metadata.namespace !== namespace || isEmpty || !labelQueryOf(selector).matches(labels)) continue
        if (budget.status?.disruptedPods?.[name] !== undefined) continue
        const allowed = left.get(budget)! - 1
        left.set(budget, allowed)
        if (allowed < 0) isBeyond = true
        if (isBeyond && stops) return true
      }
      return isBeyond
    },
  }
}

/** Kubernetes: fewest budgets broken, lowest of the highest priorities, smallest sum of them, fewest pods, the latest started. */
function byLoss(left: Candidate, right: Candidate): number {
  const sum = ({ victims }: Candidate) => {
    let total = 0
    for (const pod of victims) total += priorityOf(pod) + 2 ** 31
    return total
  }
  const earliest = ({ victims }: Candidate) =>
    Math.min(...victims.filter((pod) => priorityOf(pod) === priorityOf(victims[0]!)).map(startedMs))
  const difference =
    left.violations - right.violations ||
    priorityOf(left.victims[0]!) - priorityOf(right.victims[0]!) ||
    sum(left) - sum(right) ||
    left.victims.length - right.victims.length
  if (difference !== 0) return difference
  const [a, b] = [earliest(left), earliest(right)]
  return a === b ? 0 : a > b ? -1 : 1
}
