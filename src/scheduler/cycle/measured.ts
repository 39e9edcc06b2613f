import type { NodeColumns } from '../columns/node-columns.ts'
import type { NodeView, Prepared, SchedulerPlugin, Verdict } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { Evaluated, PluginMeasures, PointStatus } from '../plugin-measures.ts'

/** What a plugin found out once for a pod, timed. */
export function prepareTimed(
  measures: PluginMeasures,
  plugin: SchedulerPlugin,
  facts: PodFacts,
  columns: NodeColumns,
): Prepared | undefined {
  if (plugin.prepare === undefined) return undefined
  const startedMs = measures.now()
  const prepared = plugin.prepare(facts, columns)
  const status = prepared?.nowhere === undefined ? 'Success' : 'UnschedulableAndUnresolvable'
  measures.plugin(plugin.name, 'PreFilter', status, startedMs)
  return prepared
}

/** Asks each plugin about one node by itself, since answers of nodes are kept and put together otherwise. */
export function timePlugins(
  measures: PluginMeasures,
  plugins: readonly SchedulerPlugin[],
  facts: PodFacts,
  node: NodeView,
): void {
  for (const plugin of plugins) {
    if (plugin.filter !== undefined && plugin.skips?.(facts) !== true) {
      const startedMs = measures.now()
      const verdict = plugin.filter(facts, node)
      measures.plugin(plugin.name, 'Filter', statusOf(verdict), startedMs)
    }
    if (plugin.score !== undefined && plugin.compares?.(facts, node.columns) !== false) {
      const startedMs = measures.now()
      plugin.score(facts, node)
      measures.plugin(plugin.name, 'Score', 'Success', startedMs)
    }
  }
}

function statusOf(verdict: Verdict): PointStatus {
  if (verdict.fits) return 'Success'
  return verdict.evenAfterPreemption ? 'UnschedulableAndUnresolvable' : 'Unschedulable'
}

/** The counts of a profile's plugins. */
export class Evaluations {
  readonly #counts: ReadonlyMap<SchedulerPlugin, Evaluated>
  readonly #preparing: readonly Evaluated[]
  readonly #filtering: readonly SchedulerPlugin[]

  constructor(measures: PluginMeasures, plugins: readonly SchedulerPlugin[]) {
    this.#counts = new Map(plugins.map((plugin) => [plugin, measures.countsOf(plugin.name)]))
    this.#preparing = plugins.filter(({ prepare }) => prepare !== undefined).map((plugin) => this.of(plugin))
    this.#filtering = plugins.filter(({ filter }) => filter !== undefined)
  }

  of(plugin: SchedulerPlugin): Evaluated {
    return this.#counts.get(plugin)!
  }

  /** Who has a say on where such pods may go: the same for all of a signature. */
  filtersFor(facts: PodFacts): readonly Evaluated[] {
    return this.#filtering.filter((plugin) => plugin.skips?.(facts) !== true).map((plugin) => this.of(plugin))
  }

  /** A pod was judged: once before nodes were looked at, then on so many of them. */
  judged(filters: readonly Evaluated[], nodeCount: number): void {
    for (const counts of this.#preparing) counts.preFilter++
    for (const counts of filters) counts.filter += nodeCount
  }
}
