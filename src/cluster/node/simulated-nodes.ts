import { parseQuantity, wholeValueOf } from '../../machinery/index.ts'
import type { Taint } from '../../resources/index.ts'
import type { ClusterSettings, NodeTemplate } from '../config/settings.ts'

/** One simulated node, as the room of nodes wants it described. */
export interface SimulatedNode {
  readonly name: string
  readonly cpus?: number
  readonly memoryBytes?: number
  readonly maxPods?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
}

const zoneLabel = 'topology.kubernetes.io/zone'

/** The simulated nodes of a cluster, named by number: those the configuration describes first, then plain ones. */
export function simulatedNodesOf(settings: ClusterSettings): readonly SimulatedNode[] {
  const wanted = settings.nodeTemplates.flatMap((template) =>
    Array.from({ length: template.count ?? 1 }, () => template),
  )
  return Array.from({ length: settings.nodes }, (_, index) => nodeFrom(`node-${index + 1}`, wanted[index] ?? {}))
}

/** The simulated node of a name that a template describes. */
export function nodeFrom(name: string, { cpu, memory, pods, labels, taints, zone }: NodeTemplate): SimulatedNode {
  return {
    name,
    ...(cpu === undefined ? {} : { cpus: wholeValueOf(parseQuantity(cpu)) }),
    ...(memory === undefined ? {} : { memoryBytes: wholeValueOf(parseQuantity(memory)) }),
    ...(pods === undefined ? {} : { maxPods: pods }),
    labels: { ...labels, ...(zone === undefined ? {} : { [zoneLabel]: zone }) },
    ...(taints === undefined ? {} : { taints: taints as readonly Taint[] }),
  }
}
