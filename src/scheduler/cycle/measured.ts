import type { NodeColumns } from '../columns/node-columns.ts'
import type { NodeView, Prepared, SchedulerPlugin, Verdict } from '../framework/framework.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { PluginMeasures, PointStatus } from '../plugin-measures.ts'

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

/** Counts whose answers a pod was judged by: once before nodes are looked at, then on so many nodes. */
export function countEvaluations(
  measures: PluginMeasures,
  plugins: readonly SchedulerPlugin[],
  facts: PodFacts,
  nodeCount: number,
): void {
  for (const plugin of plugins) {
    if (plugin.prepare !== undefined) measures.evaluated(plugin.name, 'PreFilter', 1)
    if (plugin.filter !== undefined && plugin.skips?.(facts) !== true)
      measures.evaluated(plugin.name, 'Filter', nodeCount)
  }
}

/** Counts who gave scores, to how many nodes. */
export function countScores(
  measures: PluginMeasures,
  plugins: readonly SchedulerPlugin[],
  facts: PodFacts,
  columns: NodeColumns,
  count: number,
): void {
  for (const plugin of plugins)
    if (plugin.score !== undefined && plugin.compares?.(facts, columns) !== false)
      measures.evaluated(plugin.name, 'Score', count)
}
