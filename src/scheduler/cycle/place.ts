import type { NodeVerdict, Random } from '../../machinery/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import {
  type ByDomain,
  FilterError,
  fits,
  type NodeView,
  type PostFiltered,
  type Prepared,
  refuseAlways,
  type SchedulerPlugin,
  type Verdict,
  type Within,
} from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { PluginMeasures } from '../plugin-measures.ts'
import { AnswerCache } from './answer-cache.ts'
import { explained, goesNowhere, isRefused, type Placement, type RefusedPlacement } from './explain.ts'
import { byHold, type KnownAnswers, type PluginsByHold, type Refusal, refusalOf } from './known-answers.ts'
import { Evaluations, prepareTimed, timePlugins } from './measured.ts'

interface Found {
  readonly count: number
  readonly evaluated: number
  readonly known: KnownAnswers
  readonly prepared: readonly PreparedPlugin[]
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

/** Kubernetes: what DynamicResources has to say where giving claims back does not help. */
const deallocation = 'no new claims to deallocate'
const withoutClaims = (name: string): PostFiltered | undefined =>
  name === 'DefaultPreemption' ? undefined : { says: deallocation }
/** Who is asked by default when no node takes a pod. */
const postFiltersDefault = ['DynamicResources', 'DefaultPreemption']

/** One profile's way of placing pods: which nodes can take one, and which of those is best. */
export class Placer {
  readonly #plugins: readonly SchedulerPlugin[]
  /** Those of them that find something out for each pod, and that may name its nodes. */
  readonly #preparing: readonly SchedulerPlugin[]
  readonly #naming: readonly SchedulerPlugin[]
  readonly #byHold: PluginsByHold
  readonly #random: Random
  readonly #percentage: number
  readonly #postFilters: readonly string[]
  readonly #answers: AnswerCache
  readonly #measures: PluginMeasures | undefined
  readonly #evaluations: Evaluations | undefined
  /** Where the next pod starts to look, so that all nodes get their turn. */
  #start = 0
  /** Nodes that can take the pod, and their scores; used again by every cycle. */
  #feasible = new Int32Array(0)
  #totals = new Float64Array(0)
  /** Which of them have the highest score. */
  #ties = new Int32Array(0)
  #scores = new Float64Array(0)

  constructor(
    plugins: readonly SchedulerPlugin[],
    random: Random,
    percentageOfNodesToScore = 0,
    postFilters: readonly string[] = postFiltersDefault,
    measures?: PluginMeasures,
  ) {
    this.#measures = measures
    this.#evaluations = measures === undefined ? undefined : new Evaluations(measures, plugins)
    this.#plugins = plugins
    this.#preparing = plugins.filter(({ prepare }) => prepare !== undefined)
    this.#naming = plugins.filter(({ nodeNames }) => nodeNames !== undefined)
    this.#postFilters = postFilters
    this.#byHold = byHold(plugins)
    this.#answers = new AnswerCache(this.#byHold)
    this.#random = random
    this.#percentage = percentageOfNodesToScore
  }

  /** The best node for a pod, of all or of those given, or why there is none. */
  place(facts: PodFacts, columns: NodeColumns, within?: Within): Placement {
    const found = this.#find(facts, columns, within)
    if (isRefused(found)) return found
    const { count, evaluated, known, prepared } = found
    if (count > 1) this.#addUp(facts, columns, known, prepared, count)
    const best = count === 1 ? this.#feasible[0]! : this.#feasible[this.#highest(count)]!
    return { nodeName: columns.nodes[best]!.metadata.name, feasible: count, evaluated }
  }

  /** The nodes that can take the pod, for others to have a say in, or why there is none. */
  shortlist(
    facts: PodFacts,
    columns: NodeColumns,
    within?: Within,
  ): { readonly names: readonly string[]; readonly evaluated: number } | RefusedPlacement {
    const found = this.#find(facts, columns, within)
    if (isRefused(found)) return found
    const places = [...this.#feasible.subarray(0, found.count)]
    return { names: places.map((place) => columns.nodes[place]!.metadata.name), evaluated: found.evaluated }
  }

  /** The best of some places by what the plugins say and what is added to that. */
  bestOf(
    facts: PodFacts,
    columns: NodeColumns,
    places: readonly number[],
    added: (node: NonNullable<NodeColumns['nodes'][number]>) => number,
  ): number {
    this.#makeRoom(columns)
    const prepared = this.#prepare(facts, columns)
    const known = this.#answers.to(facts, columns)
    places.forEach((place, at) => {
      if (known.at[place] !== columns.version[place]) known.ask(facts, place, columns)
      this.#feasible[at] = place
    })
    this.#addUp(facts, columns, known, prepared, places.length)
    places.forEach((place, at) => {
      this.#totals[at]! += added(columns.nodes[place]!)
    })
    return places[this.#highest(places.length)]!
  }

  #find(facts: PodFacts, columns: NodeColumns, within: Within | undefined): Found | RefusedPlacement {
    const total = within?.count ?? columns.count
    if (total === 0)
      return {
        nodeName: undefined,
        message: 'no nodes available to schedule pods',
        wakeOn: new Set(['Node/Add']),
        by: new Set(),
        reasons: new Map(),
        says: () => 'no nodes available to schedule pods',
        acts: [],
      }
    this.#makeRoom(columns)
    const measures = this.#measures
    const timed = measures?.begin() === true ? measures : undefined
    const startedMs = measures?.now() ?? 0
    const prepared = this.#prepare(facts, columns, timed)
    const isNowhere = prepared.length > 0 && nowhereOf(prepared) !== undefined
    const preparedMs =
      measures?.point('PreFilter', isNowhere ? 'UnschedulableAndUnresolvable' : 'Success', startedMs) ?? 0
    if (isNowhere) return this.explain(facts, columns, undefined, within)
    const named = this.#namedPlaces(facts, columns)
    const known = this.#answers.to(facts, columns, named?.places)
    const { count, evaluated } =
      named === undefined
        ? this.#look(facts, columns, known, prepared, nodesToScore(total, this.#percentage), within)
        : this.#lookAt(
            named.places.filter((place) => within?.isIn[place] !== 0),
            facts,
            columns,
            known,
            prepared,
          )
    if (measures !== undefined) {
      measures.point('Filter', count === 0 ? 'Unschedulable' : 'Success', preparedMs)
      this.#evaluations!.judged((known.filters ??= this.#evaluations!.filtersFor(facts)), evaluated)
      if (timed !== undefined && count > 0)
        timePlugins(timed, this.#plugins, facts, viewOf(columns, this.#feasible[0]!))
    }
    return count === 0 ? this.explain(facts, columns, undefined, within) : { count, evaluated, known, prepared }
  }

  /** Looks at nodes one after the other until enough can take the pod. */
  #look(
    facts: PodFacts,
    columns: NodeColumns,
    known: KnownAnswers,
    prepared: readonly PreparedPlugin[],
    wanted: number,
    within: Within | undefined,
  ): { readonly count: number; readonly evaluated: number } {
    const { alive, version, size } = columns
    const { at: askedAt, fit } = known
    const filters: NonNullable<Prepared['filter']>[] = []
    const tables: ByDomain[] = []
    for (const [, { filter, byDomain }] of prepared) {
      if (filter !== undefined) filters.push(filter)
      if (byDomain !== undefined) tables.push(byDomain)
    }
    const asksMore = filters.length > 0 || this.#byHold.openFilters.length > 0
    const [table] = tables
    const feasible = this.#feasible
    let count = 0
    let evaluated = 0
    let place = this.#start % size
    // What is known of a place, and perhaps of its domain, says all: nearly always.
    if (within === undefined && this.#byHold.openFilters.length === 0) {
      let step = 0
      if (!asksMore)
        for (; step < size && count < wanted; step++) {
          if (askedAt[place] !== version[place]) known.ask(facts, place, columns)
          feasible[count] = place
          count += fit[place]!
          if (++place === size) place = 0
        }
      else if (table !== undefined && tables.length === 1 && filters.length === 1) {
        const { domainOf, takes } = table
        for (; step < size && count < wanted; step++) {
          if (askedAt[place] !== version[place]) known.ask(facts, place, columns)
          feasible[count] = place
          count += fit[place]! & takes[domainOf[place]! + 1]!
          if (++place === size) place = 0
        }
      }
      if (step > 0) {
        let dead = 0
        // Places that nodes have left are passed over, and are few.
        if (columns.count < size) for (let at = 1; at <= step; at++) dead += 1 - alive[(place - at + size) % size]!
        this.#start = place
        return { count, evaluated: step - dead }
      }
    }
    for (let step = 0; step < size && count < wanted; step++) {
      if (alive[place] === 1 && within?.isIn[place] !== 0) {
        evaluated++
        if (askedAt[place] !== version[place]) known.ask(facts, place, columns)
        if (fit[place] === 1 && (!asksMore || this.#takes(facts, place, columns, filters))) feasible[count++] = place
      }
      if (++place === size) place = 0
    }
    this.#start = place
    return { count, evaluated }
  }

  #lookAt(
    places: readonly number[],
    facts: PodFacts,
    columns: NodeColumns,
    known: KnownAnswers,
    prepared: readonly PreparedPlugin[],
  ): { readonly count: number; readonly evaluated: number } {
    const filters = prepared.flatMap(([, { filter }]) => (filter === undefined ? [] : [filter]))
    let count = 0
    for (const place of places) {
      if (known.at[place] !== columns.version[place]) known.ask(facts, place, columns)
      if (known.fit[place] === 1 && this.#takes(facts, place, columns, filters)) this.#feasible[count++] = place
    }
    return { count, evaluated: places.length }
  }

  #takes(
    facts: PodFacts,
    place: number,
    columns: NodeColumns,
    filters: readonly NonNullable<Prepared['filter']>[],
  ): boolean {
    for (const filter of filters) if (!filter(place).fits) return false
    for (const plugin of this.#byHold.openFilters)
      if (plugin.skips?.(facts) !== true && !plugin.filter!(facts, viewOf(columns, place)).fits) return false
    return true
  }

  /** The totals of the first `count` nodes that can take the pod. */
  #addUp(
    facts: PodFacts,
    columns: NodeColumns,
    known: KnownAnswers,
    prepared: readonly PreparedPlugin[],
    count: number,
  ): void {
    const feasible = this.#feasible
    const totals = this.#totals
    const scores = this.#scores
    const measures = this.#measures
    const evaluations = this.#evaluations
    if (evaluations !== undefined) for (const plugin of this.#byHold.plainScores) evaluations.of(plugin).score += count
    const startedMs = measures?.now() ?? 0
    for (const [, one] of prepared) if (one.score !== undefined) one.compare?.(feasible, count)
    const comparedMs = measures?.point('PreScore', 'Success', startedMs) ?? 0
    for (let at = 0; at < count; at++) totals[at] = known.score[feasible[at]!]!
    const add = ({ weight = 1 }: SchedulerPlugin, normalize: SchedulerPlugin['normalize']) => {
      normalize?.(scores, count)
      for (let at = 0; at < count; at++) totals[at]! += scores[at]! * weight
    }
    this.#byHold.comparedScores.forEach((plugin, index) => {
      if (plugin.compares?.(facts, columns) === false) return
      if (evaluations !== undefined) evaluations.of(plugin).score += count
      const raw = known.raw[index]!
      for (let at = 0; at < count; at++) scores[at] = raw[feasible[at]!]!
      add(plugin, plugin.normalize)
    })
    for (const plugin of this.#byHold.openScores) {
      if (plugin.compares?.(facts, columns) === false) continue
      if (evaluations !== undefined) evaluations.of(plugin).score += count
      for (let at = 0; at < count; at++) scores[at] = plugin.score!(facts, viewOf(columns, feasible[at]!))
      add(plugin, plugin.normalize)
    }
    for (const [plugin, one] of prepared) {
      if (one.score === undefined) continue
      if (evaluations !== undefined) evaluations.of(plugin).score += count
      if (one.scoreAll !== undefined) one.scoreAll(feasible, count, scores)
      else for (let at = 0; at < count; at++) scores[at] = one.score(feasible[at]!)
      add(plugin, one.normalize)
    }
    if (measures === undefined) return
    measures.point('Score', 'Success', comparedMs)
  }

  /** Among equals each has the same chance. */
  #highest(count: number): number {
    const totals = this.#totals
    const ties = this.#ties
    let highest = Number.NEGATIVE_INFINITY
    let equals = 0
    for (let at = 0; at < count; at++) {
      const total = totals[at]!
      if (total > highest) {
        highest = total
        ties[0] = at
        equals = 1
      } else if (total === highest) ties[equals++] = at
    }
    if (equals === 0) return 0
    return ties[equals === 1 ? 0 : Math.floor(this.#random.next() * equals)]!
  }

  #prepare(facts: PodFacts, columns: NodeColumns, timed?: PluginMeasures): readonly PreparedPlugin[] {
    const prepared: PreparedPlugin[] = []
    for (const plugin of this.#preparing) {
      const one = timed === undefined ? plugin.prepare?.(facts, columns) : prepareTimed(timed, plugin, facts, columns)
      if (one !== undefined) prepared.push([plugin, one])
    }
    return prepared
  }

  /** The places of the only nodes that plugins leave, and why the others are out; undefined: all are left. */
  #namedPlaces(
    facts: PodFacts,
    columns: NodeColumns,
  ): { readonly places: readonly number[]; readonly others: Refusal } | undefined {
    let names: readonly string[] | undefined
    const by: SchedulerPlugin[] = []
    for (const plugin of this.#naming) {
      const own = plugin.nodeNames?.(facts)
      if (own === undefined) continue
      names = names === undefined ? own : names.filter((name) => own.includes(name))
      by.push(plugin)
    }
    if (names === undefined) return undefined
    const reason = `node(s) didn't satisfy plugin(s) [${by.map(({ name }) => name).join(' ')}]`
    return {
      places: names.flatMap((name) => columns.placeOf(name) ?? []),
      others: { plugin: by[0]!, verdict: { fits: false, reason, evenAfterPreemption: true } },
    }
  }

  #makeRoom({ capacity }: NodeColumns): void {
    if (this.#feasible.length >= capacity) return
    this.#feasible = new Int32Array(capacity)
    this.#totals = new Float64Array(capacity)
    this.#ties = new Int32Array(capacity)
    this.#scores = new Float64Array(capacity)
  }

  /** Why no node takes the pod: per reason, how many nodes give it, worded as Kubernetes does. */
  explain(
    facts: PodFacts,
    columns: NodeColumns,
    also: (place: number) => Refusal | undefined = () => undefined,
    within?: Within,
  ): RefusedPlacement {
    const nowhere = nowhereOf(this.#prepare(facts, columns))
    // Kubernetes: where a pod is refused before any node is asked, no claim of it is known that could be given back.
    if (nowhere !== undefined)
      return goesNowhere(nowhere, within?.count ?? columns.count, this.#postFilters.map(withoutClaims))
    const after = this.#postFiltered(facts, columns)
    const refusalAt = this.refusals(facts, columns)
    const named = this.#namedPlaces(facts, columns)
    const isNamed = (place: number) => named === undefined || named.places.includes(place)
    const refusal = (place: number) => {
      if (within?.isIn[place] === 0) return undefined
      return isNamed(place) ? (refusalAt(place) ?? also(place)) : named?.others
    }
    return explained(columns, refusal, after, within?.count)
  }

  /** What those say, in order, who are asked when no node takes a pod; undefined: it is a matter of preemption. */
  #postFiltered(facts: PodFacts, columns: NodeColumns): readonly (PostFiltered | undefined)[] {
    return this.#postFilters.map((name) => {
      if (name === 'DefaultPreemption') return undefined
      const plugin = this.#plugins.find((one) => one.name === name)
      return plugin?.postFilter?.(facts, columns) ?? { says: deallocation }
    })
  }

  /** Says for each place why it does not take the pod, as things are now. */
  refusals(facts: PodFacts, columns: NodeColumns): (place: number) => Refusal | undefined {
    const known = this.#answers.to(facts, columns)
    const prepared = this.#prepare(facts, columns)
    return (place) => this.#refusal(facts, columns, place, known, prepared)
  }

  /** What every node says to a pod, in words: who refuses, why, and what would help. */
  verdicts(facts: PodFacts, columns: NodeColumns): readonly NodeVerdict[] {
    const refusalAt = this.refusals(facts, columns)
    const prepared = new Map(this.#prepare(facts, columns))
    const found: NodeVerdict[] = []
    for (let place = 0; place < columns.size; place++) {
      if (columns.alive[place] === 0) continue
      const refusal = refusalAt(place)
      const node = columns.nodes[place]!.metadata.name
      if (refusal === undefined) {
        found.push({ node, plugin: '', reason: '', remedy: '', preemption: 'does not help' })
        continue
      }
      const { plugin, verdict } = refusal
      const remedy = prepared.get(plugin)?.remedy?.(place) ?? plugin.remedy?.(facts, viewOf(columns, place)) ?? ''
      const preemption = verdict.evenAfterPreemption ? 'does not help' : 'helps'
      found.push({ node, plugin: plugin.name, reason: verdict.reason, remedy, preemption })
    }
    return found
  }

  /** Whether the pod asks nothing of what a node holds but room: cpu, memory, ephemeral storage and a place for a pod. */
  asksOnlyForRoom(facts: PodFacts, columns: NodeColumns): boolean {
    const { podFilters, openFilters } = this.#byHold
    const others = [...podFilters, ...openFilters].filter(
      (plugin) => plugin.name !== 'NodeResourcesFit' && plugin.skips?.(facts) !== true,
    )
    return (
      facts.others.size === 0 &&
      others.length === 0 &&
      this.#prepare(facts, columns).every(([, one]) => !one.filter && !one.nowhere)
    )
  }

  /** What the plugins say to a pod on one node. */
  verdict(facts: PodFacts, columns: NodeColumns, place: number): Verdict {
    return this.refusals(facts, columns)(place)?.verdict ?? fits
  }

  #refusal(
    facts: PodFacts,
    columns: NodeColumns,
    place: number,
    known: KnownAnswers,
    prepared: readonly PreparedPlugin[],
  ): Refusal | undefined {
    const refused = known.refusal(facts, place, columns)
    if (refused !== undefined) return refused
    for (const [plugin, { filter, nowhere }] of prepared) {
      const verdict = nowhere ?? told(filter, place)
      if (!verdict.fits) return { plugin, verdict }
    }
    return refusalOf(this.#byHold.openFilters, facts, viewOf(columns, place))
  }
}

type PreparedPlugin = readonly [SchedulerPlugin, Prepared]

/** The first plugin by which the pod goes nowhere, if any. */
function nowhereOf(prepared: readonly PreparedPlugin[]): Refusal | undefined {
  for (const [plugin, { nowhere }] of prepared) if (nowhere !== undefined) return { plugin, verdict: nowhere }
  return undefined
}

/** A plugin's answer in words, where what is wrong is one. */
function told(filter: Prepared['filter'], place: number): Verdict {
  try {
    return filter?.(place) ?? fits
  } catch (error) {
    if (error instanceof FilterError) return refuseAlways(error.message)
    throw error
  }
}

function viewOf(columns: NodeColumns, index: number): NodeView {
  return { index, node: columns.nodes[index]!, columns }
}
