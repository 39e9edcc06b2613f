import type { Pod } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import type { Happened, SchedulerPlugin } from '../framework/framework.ts'
import { factsOf, type PodFacts } from '../framework/pod-facts.ts'

/** What is known of pods that wait, so long as they do. */
const known = new WeakMap<Pod, PodFacts>()

/** Whether what happened could make a pod fit, as those say that refused it; `told` hears each of them. */
export function mayHelp(
  plugins: readonly SchedulerPlugin[],
  pod: Pod,
  refusedBy: ReadonlySet<string>,
  happened: Happened,
  columns: NodeColumns,
  told?: (plugin: string, helps: boolean) => void,
): boolean {
  let asked = 0
  let isConcerned = false
  for (const plugin of plugins) {
    if (!refusedBy.has(plugin.name)) continue
    asked++
    if (plugin.wakeOn?.includes(happened.change) !== true) continue
    isConcerned = true
    const isHelped = helps(plugin, pod, happened, columns)
    told?.(plugin.name, isHelped)
    if (isHelped) return true
  }
  // Of what somebody else wants to hear, nobody here can say what it is good for.
  return !isConcerned || asked < refusedBy.size
}

function helps(plugin: SchedulerPlugin, pod: Pod, happened: Happened, columns: NodeColumns): boolean {
  const goesByNode = plugin.goesBy === 'node' && plugin.filter !== undefined && happened.node !== undefined
  if (plugin.helps === undefined && !goesByNode) return true
  let facts = known.get(pod)
  if (facts === undefined) known.set(pod, (facts = factsOf(pod)))
  if (plugin.helps !== undefined) return plugin.helps(facts, happened, columns)
  const index = columns.placeOf(happened.node!.metadata.name)
  return index === undefined || plugin.filter!(facts, { index, node: happened.node!, columns }).fits
}
