import type { Random } from '../../machinery/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import {
  type ClusterChange,
  fits,
  type NodeView,
  type Prepared,
  type SchedulerPlugin,
  type Verdict,
} from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'

/** Where a pod goes, or why it goes nowhere. */
export type Placement =
  | { readonly nodeName: string; readonly feasible: number; readonly evaluated: number }
  | {
      readonly nodeName: undefined
      readonly message: string
      readonly wakeOn: ReadonlySet<ClusterChange>
      readonly reasons: ReadonlyMap<string, number>
      /** The same with what came of making room: nothing is said when room was made. */
      says(preemption: string | undefined): string
    }

/** Kubernetes: at least this many nodes are scored, and below it all are. */
const scoredNodesMin = 100
const scoredPercentMin = 5

/** Kubernetes' percentageOfNodesToScore when it is not set: 50 % less one for each 125 nodes, at least 5 %. */
export function nodesToScore(count: number, percentage = 0): number {
  if (count < scoredNodesMin) return count
  const percent = percentage === 0 ? Math.max(50 - Math.floor(count / 125), scoredPercentMin) : percentage
  return Math.max(Math.floor((count * percent) / 100), scoredNodesMin)
}

/** Answers about labels and taints, kept per kind of pod until the node changes. */
interface KnownAnswers {
  fit: Uint8Array
  at: Float64Array
  usedAt: number
}
const signaturesKeptMax = 1000
/** Kubernetes: what DynamicResources has to say where giving claims back does not help; pods hold none here. */
const deallocation = 'no new claims to deallocate'

/** One profile's way of placing pods: which nodes can take one, and which of those is best. */
export class Placer {
  readonly #plugins: readonly SchedulerPlugin[]
  readonly #random: Random
  readonly #percentage: number
  readonly #answers = new Map<string, KnownAnswers>()
  #start = 0
  #uses = 0

  constructor(plugins: readonly SchedulerPlugin[], random: Random, percentageOfNodesToScore = 0) {
    this.#plugins = plugins
    this.#random = random
    this.#percentage = percentageOfNodesToScore
  }

  place(facts: PodFacts, columns: NodeColumns): Placement {
    const total = columns.count
    if (total === 0)
      return {
        nodeName: undefined,
        message: 'no nodes available to schedule pods',
        wakeOn: new Set(['Node/Add']),
        reasons: new Map(),
        says: () => 'no nodes available to schedule pods',
      }
    const prepared = this.#prepare(facts, columns)
    const candidates = this.#filter(facts, columns)
    const wanted = nodesToScore(total, this.#percentage)
    const feasible: number[] = []
    let evaluated = 0
    for (let step = 0; step < columns.size && feasible.length < wanted; step++) {
      const at = (this.#start + step) % columns.size
      if (columns.alive[at] === 0) continue
      evaluated++
      if (candidates[at] !== 0 && prepared.every(([, one]) => one.filter(at).fits)) feasible.push(at)
    }
    // The next pod starts where this one stopped, so that all nodes get their turn.
    this.#start = (this.#start + Math.max(1, evaluated)) % Math.max(1, columns.size)
    if (feasible.length === 0) return this.explain(facts, columns)
    const best = feasible.length === 1 ? feasible[0]! : this.#best(facts, columns, feasible, prepared)
    return { nodeName: columns.nodes[best]!.metadata.name, feasible: feasible.length, evaluated }
  }

  #prepare(facts: PodFacts, columns: NodeColumns): readonly PreparedPlugin[] {
    const prepared: PreparedPlugin[] = []
    for (const plugin of this.#plugins) {
      const one = plugin.prepare?.(facts, columns)
      if (one !== undefined) prepared.push([plugin, one])
    }
    return prepared
  }

  /** Which places can take the pod: labels and taints from what is known of pods like it, the rest counted afresh. */
  #filter(facts: PodFacts, columns: NodeColumns): Uint8Array {
    const candidates = this.#staticAnswers(facts, columns).slice(0, columns.size)
    for (const plugin of this.#plugins) {
      if (plugin.skips?.(facts) === true || plugin.filter === undefined || isStatic(plugin)) continue
      if (plugin.filterColumns !== undefined) plugin.filterColumns(facts, columns, candidates)
      else {
        for (let at = 0; at < columns.size; at++) {
          if (candidates[at] !== 0 && !plugin.filter(facts, viewOf(columns, at)).fits) candidates[at] = 0
        }
      }
    }
    return candidates
  }

  #staticAnswers(facts: PodFacts, columns: NodeColumns): Uint8Array {
    let known = this.#answers.get(facts.signature)
    if (known === undefined || known.fit.length < columns.size) {
      if (this.#answers.size >= signaturesKeptMax) this.#forgetOldest()
      known = {
        fit: new Uint8Array(columns.alive.length),
        at: new Float64Array(columns.alive.length).fill(-1),
        usedAt: 0,
      }
      this.#answers.set(facts.signature, known)
    }
    known.usedAt = ++this.#uses
    const named = (facts.pod.spec?.nodeName ?? '') !== ''
    for (let at = 0; at < columns.size; at++) {
      if (columns.alive[at] === 0) {
        known.fit[at] = 0
        known.at[at] = -1
      } else if (named || known.at[at] !== columns.changed[at]) {
        const view = viewOf(columns, at)
        known.fit[at] = this.#plugins.every(
          (plugin) => !isStatic(plugin) || plugin.skips?.(facts) === true || plugin.filter!(facts, view).fits,
        )
          ? 1
          : 0
        known.at[at] = named ? -1 : columns.changed[at]!
      }
    }
    return known.fit
  }

  #forgetOldest(): void {
    let oldest: string | undefined
    let usedAt = Number.POSITIVE_INFINITY
    for (const [signature, known] of this.#answers)
      if (known.usedAt < usedAt) [oldest, usedAt] = [signature, known.usedAt]
    if (oldest !== undefined) this.#answers.delete(oldest)
  }

  #best(
    facts: PodFacts,
    columns: NodeColumns,
    feasible: readonly number[],
    prepared: readonly PreparedPlugin[],
  ): number {
    const totals = new Float64Array(feasible.length)
    const scores = new Float64Array(feasible.length)
    for (const plugin of this.#plugins) {
      if (plugin.score === undefined) continue
      for (let i = 0; i < feasible.length; i++) scores[i] = plugin.score(facts, viewOf(columns, feasible[i]!))
      plugin.normalize?.(scores)
      const weight = plugin.weight ?? 1
      for (let i = 0; i < feasible.length; i++) totals[i]! += scores[i]! * weight
    }
    for (const [plugin, one] of prepared) {
      if (one.score === undefined) continue
      for (let i = 0; i < feasible.length; i++) scores[i] = one.score(feasible[i]!)
      one.normalize?.(scores)
      const weight = plugin.weight ?? 1
      for (let i = 0; i < feasible.length; i++) totals[i]! += scores[i]! * weight
    }
    let best = 0
    let equals = 1
    for (let i = 1; i < totals.length; i++) {
      if (totals[i]! > totals[best]!) {
        best = i
        equals = 1
      } else if (totals[i] === totals[best]) {
        // Among equals each has the same chance.
        equals++
        if (this.#random.next() * equals < 1) best = i
      }
    }
    return feasible[best]!
  }

  /** Why no node takes the pod: per reason, how many nodes give it, worded as Kubernetes does. */
  explain(facts: PodFacts, columns: NodeColumns): Placement {
    const reasons = new Map<string, number>()
    const wakeOn = new Set<ClusterChange>(['Pod/Update'])
    let unhelpful = 0
    const prepared = new Map(this.#prepare(facts, columns))
    for (let at = 0; at < columns.size; at++) {
      if (columns.alive[at] === 0) continue
      for (const plugin of this.#plugins) {
        const verdict = verdictOf(plugin, prepared.get(plugin), facts, columns, at)
        if (verdict.fits) continue
        for (const reason of verdict.reason.split(', ')) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
        if (verdict.evenAfterPreemption) unhelpful++
        for (const change of plugin.wakeOn ?? []) wakeOn.add(change)
        break
      }
    }
    const total = columns.count
    const list = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort()
    const helpless = total - unhelpful
    const preemption = [
      ...(unhelpful > 0 ? [`${unhelpful} Preemption is not helpful for scheduling`] : []),
      ...(helpless > 0 ? [`${helpless} No preemption victims found for incoming pod`] : []),
    ]
    const before = `0/${total} nodes are available: ${list.join(', ')}.`
    const says = (text: string | undefined) =>
      text === undefined ? before : `${before} ${deallocation}, preemption: ${text}.`
    const message = says(`0/${total} nodes are available: ${preemption.sort().join(', ')}`)
    return { nodeName: undefined, reasons, wakeOn, message, says }
  }

  /** What the plugins say to a pod on one node. */
  verdict(facts: PodFacts, columns: NodeColumns, at: number): Verdict {
    const prepared = new Map(this.#prepare(facts, columns))
    for (const plugin of this.#plugins) {
      const verdict = verdictOf(plugin, prepared.get(plugin), facts, columns, at)
      if (!verdict.fits) return verdict
    }
    return fits
  }
}

type PreparedPlugin = readonly [SchedulerPlugin, Prepared]

function verdictOf(
  plugin: SchedulerPlugin,
  prepared: Prepared | undefined,
  facts: PodFacts,
  columns: NodeColumns,
  at: number,
): Verdict {
  if (prepared !== undefined) return prepared.filter(at)
  if (plugin.filter === undefined || plugin.skips?.(facts) === true) return fits
  return plugin.filter(facts, viewOf(columns, at))
}

/** Plugins whose answer depends on the node's labels, taints and name alone. */
const staticPlugins = new Set(['NodeUnschedulable', 'NodeName', 'TaintToleration', 'NodeAffinity'])
function isStatic(plugin: SchedulerPlugin): boolean {
  return plugin.filter !== undefined && staticPlugins.has(plugin.name)
}

function viewOf(columns: NodeColumns, index: number): NodeView {
  return { index, node: columns.nodes[index]!, columns }
}
