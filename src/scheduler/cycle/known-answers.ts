import type { NodeColumns } from '../columns/node-columns.ts'
import type { NodeView, SchedulerPlugin, Verdict } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { Evaluated } from '../plugin-measures.ts'

/** A profile's plugins by how long their answers hold. */
export interface PluginsByHold {
  /** Filters that go by the node alone. */
  readonly nodeFilters: readonly SchedulerPlugin[]
  /** Filters that go by what the node holds as well. */
  readonly podFilters: readonly SchedulerPlugin[]
  /** Scores that need no comparison with other nodes, and go by the node and what it holds. */
  readonly plainScores: readonly SchedulerPlugin[]
  /** Scores that are compared with those of other nodes, and go by the node alone. */
  readonly comparedScores: readonly SchedulerPlugin[]
  /** Everything else: asked anew for every pod. */
  readonly openFilters: readonly SchedulerPlugin[]
  readonly openScores: readonly SchedulerPlugin[]
}

export function byHold(plugins: readonly SchedulerPlugin[]): PluginsByHold {
  const filters = plugins.filter(({ filter }) => filter !== undefined)
  const scores = plugins.filter(({ score }) => score !== undefined)
  const isPlain = ({ goesBy, normalize }: SchedulerPlugin) => goesBy !== undefined && normalize === undefined
  const isCompared = ({ goesBy, normalize }: SchedulerPlugin) => goesBy === 'node' && normalize !== undefined
  return {
    nodeFilters: filters.filter(({ goesBy }) => goesBy === 'node'),
    podFilters: filters.filter(({ goesBy }) => goesBy === 'pods'),
    openFilters: filters.filter(({ goesBy }) => goesBy === undefined),
    plainScores: scores.filter(isPlain),
    comparedScores: scores.filter(isCompared),
    openScores: scores.filter((plugin) => !isPlain(plugin) && !isCompared(plugin)),
  }
}

/** Why a node does not take a pod, and who says so. */
export interface Refusal {
  readonly plugin: SchedulerPlugin
  readonly verdict: Extract<Verdict, { readonly fits: false }>
}

/**
 * What every node answers to pods of one signature, so far as the answer goes by the node and what it holds. A place is asked
 * again when it is looked at and has changed since: a cycle costs the nodes it looks at, and one comparison for most of them.
 */
export class KnownAnswers {
  readonly #plugins: PluginsByHold
  /** The version each place was asked at; -1: never. */
  readonly at: Float64Array
  /** 1 where the node takes the pod, so far as is known here. */
  readonly fit: Uint8Array
  /** The sum of the plain scores, weighted. */
  readonly score: Float64Array
  /** By compared plugin, by place. */
  readonly raw: readonly Float64Array[]
  readonly #nodeAt: Float64Array
  readonly #nodeFits: Uint8Array
  readonly #refusals: (Refusal | undefined)[] = []
  readonly #refusalsAt: Float64Array
  usedAt = 0
  /** Whose filters have a say on such pods, for those who count that. */
  filters: readonly Evaluated[] | undefined

  constructor(plugins: PluginsByHold, capacity: number) {
    const never = () => new Float64Array(capacity).fill(-1)
    this.#plugins = plugins
    this.at = never()
    this.fit = new Uint8Array(capacity)
    this.score = new Float64Array(capacity)
    this.raw = plugins.comparedScores.map(() => new Float64Array(capacity))
    this.#nodeAt = never()
    this.#nodeFits = new Uint8Array(capacity)
    this.#refusalsAt = never()
  }

  get capacity(): number {
    return this.at.length
  }

  /** Starts anew, for other pods; only where they will be asked about, when that is known. */
  forget(places?: readonly number[]): void {
    this.filters = undefined
    for (const asked of [this.at, this.#nodeAt, this.#refusalsAt])
      if (places === undefined) asked.fill(-1)
      else for (const place of places) asked[place] = -1
  }

  /** Asks a place again; one that holds no node any more takes nothing. */
  ask(facts: PodFacts, place: number, columns: NodeColumns): void {
    const { nodeFilters, podFilters, plainScores, comparedScores } = this.#plugins
    this.at[place] = columns.version[place]!
    this.fit[place] = 0
    const node = columns.nodes[place]
    if (node === undefined) return
    const view: NodeView = { index: place, node, columns }
    if (this.#nodeAt[place] !== columns.changed[place]) {
      this.#nodeAt[place] = columns.changed[place]!
      this.#nodeFits[place] = nodeFilters.every((plugin) => passes(plugin, facts, view)) ? 1 : 0
      for (let at = 0; at < comparedScores.length; at++) this.raw[at]![place] = comparedScores[at]!.score!(facts, view)
    }
    if (this.#nodeFits[place] === 0) return
    for (const plugin of podFilters) if (!passes(plugin, facts, view)) return
    this.fit[place] = 1
    let score = 0
    for (const plugin of plainScores) score += plugin.score!(facts, view) * (plugin.weight ?? 1)
    this.score[place] = score
  }

  /** The first refusal of a place, in words; undefined when it takes the pod so far as is known here. */
  refusal(facts: PodFacts, place: number, columns: NodeColumns): Refusal | undefined {
    if (this.#refusalsAt[place] !== columns.version[place]) {
      this.#refusalsAt[place] = columns.version[place]!
      const { nodeFilters, podFilters } = this.#plugins
      this.#refusals[place] = refusalOf([...nodeFilters, ...podFilters], facts, {
        index: place,
        node: columns.nodes[place]!,
        columns,
      })
    }
    return this.#refusals[place]
  }
}

/** The first of the plugins that refuses, with its words. */
export function refusalOf(plugins: readonly SchedulerPlugin[], facts: PodFacts, view: NodeView): Refusal | undefined {
  for (const plugin of plugins) {
    if (plugin.filter === undefined || plugin.skips?.(facts) === true) continue
    const verdict = plugin.filter(facts, view)
    if (!verdict.fits) return { plugin, verdict }
  }
  return undefined
}

function passes(plugin: SchedulerPlugin, facts: PodFacts, view: NodeView): boolean {
  if (plugin.skips?.(facts) === true) return true
  return plugin.fits === undefined ? plugin.filter!(facts, view).fits : plugin.fits(facts, view.index, view.columns)
}
