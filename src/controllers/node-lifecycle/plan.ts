import { conditionOf, timestampOf } from '../../machinery/index.ts'
import type { Node, NodeCondition, Taint } from '../../resources/index.ts'
import { type ControllerSettings, defaultSettings } from '../runtime/settings.ts'

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'
const unschedulable = 'node.kubernetes.io/unschedulable'

/** Kubernetes: which taint each condition stands for, by its status. */
const conditionTaints: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: notReady, Unknown: unreachable },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
}
const ownKeys = new Set([unschedulable, ...Object.values(conditionTaints).flatMap(Object.values)])
const reported = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export const isNodeReady = (node: Node): boolean => conditionOf(node, 'Ready')?.status === 'True'

/** The conditions of a node that has been silent for too long; undefined when they say so already. */
export function silentConditions(node: Node, nowMs: number): readonly NodeCondition[] | undefined {
  const now = timestampOf(nowMs)
  const known = node.status.conditions ?? []
  const isSaid = reported.every((type) => conditionOf(node, type)?.status === 'Unknown')
  if (isSaid) return undefined
  const changed = known.map((condition) =>
    !reported.includes(condition.type) || condition.status === 'Unknown'
      ? condition
      : {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: now,
        },
  )
  const missing = reported
    .filter((type) => !known.some((condition) => condition.type === type))
    .map((type) => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp,
      lastTransitionTime: now,
    }))
  return [...changed, ...missing]
}

const labelPairs = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const
/** The old labels that a node lacks or has otherwise than the new ones; undefined when there are none. */
export function oldLabels({ metadata }: Node): Readonly<Record<string, string>> | undefined {
  const { labels = {} } = metadata
  const wrong = labelPairs.flatMap(([label, old]) => {
    const value = labels[label]
    return value === undefined || labels[old] === value ? [] : [[old, value] as const]
  })
  return wrong.length === 0 ? undefined : Object.fromEntries(wrong)
}

/** The taint by which pods leave the node; undefined when it is ready. */
export function evictingTaintOf(node: Node): string | undefined {
  const ready = conditionOf(node, 'Ready')
  return ready === undefined ? undefined : conditionTaints.Ready?.[ready.status]
}

/** What to do about NoExecute: set what the condition asks for, take it away, or leave what there is. */
export type Eviction = 'set' | 'clear' | 'leave'

/** The taints the node is to have: those of its conditions, and all that others have set; undefined when it has them. */
export function plannedTaints(node: Node, eviction: Eviction, nowMs: number): readonly Taint[] | undefined {
  const known = node.spec.taints ?? []
  const wanted = new Set<string>()
  for (const { type, status } of node.status.conditions ?? []) {
    const key = conditionTaints[type]?.[status]
    if (key !== undefined) wanted.add(`${key}|NoSchedule`)
  }
  if (node.spec.unschedulable === true) wanted.add(`${unschedulable}|NoSchedule`)
  const evicting = evictingTaintOf(node)
  const isEvicting = known.some(
    ({ key, effect }) => effect === 'NoExecute' && (key === notReady || key === unreachable),
  )
  if (evicting !== undefined && (eviction === 'set' || (eviction === 'leave' && isEvicting)))
    wanted.add(`${evicting}|NoExecute`)
  const isOwn = ({ key, effect }: Taint) =>
    ownKeys.has(key) &&
    (effect === 'NoSchedule' || (effect === 'NoExecute' && (key === notReady || key === unreachable)))
  const kept = known.filter((taint) => !isOwn(taint) || wanted.has(`${taint.key}|${taint.effect}`))
  const added = [...wanted]
    .filter((one) => !known.some(({ key, effect }) => `${key}|${effect}` === one))
    .map((one) => {
      const [key = '', effect] = one.split('|')
      return { key, effect: effect as Taint['effect'], timeAdded: timestampOf(nowMs) }
    })
  return added.length === 0 && kept.length === known.length ? undefined : [...kept, ...added]
}

/** How many nodes a zone has, and how many of them are not ready. */
export interface ZoneSize {
  readonly nodes: number
  readonly unready: number
}
export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption'

/** What is gone by when nodes fall silent. */
export type Disruption = Pick<
  ControllerSettings,
  'nodeEvictionRate' | 'secondaryNodeEvictionRate' | 'unhealthyZoneThreshold' | 'largeClusterSizeThreshold'
>

/** Kubernetes: a zone is in part disrupted when more than two nodes, and 55 % of all, are not ready. */
export function zoneStateOf(
  { nodes, unready }: ZoneSize,
  { unhealthyZoneThreshold }: Pick<Disruption, 'unhealthyZoneThreshold'> = defaultSettings,
): ZoneState {
  if (unready > 0 && unready === nodes) return 'FullDisruption'
  return unready > 2 && unready / nodes >= unhealthyZoneThreshold ? 'PartialDisruption' : 'Normal'
}

/**
 * How many nodes a second may be given up in a zone. Kubernetes: when every zone is down it is our view that is broken,
 * and nothing is given up; a small zone that is half down is left alone, a large one emptied slowly.
 */
export function evictionsPerSecond(
  state: ZoneState,
  zoneSize: number,
  { nodeEvictionRate, secondaryNodeEvictionRate, largeClusterSizeThreshold }: Disruption = defaultSettings,
): number {
  if (state !== 'PartialDisruption') return nodeEvictionRate
  return zoneSize > largeClusterSizeThreshold ? secondaryNodeEvictionRate : 0
}

export function zoneOf({ metadata: { labels = {} } }: Node): string {
  return `${labels['topology.kubernetes.io/region'] ?? ''}:${labels['topology.kubernetes.io/zone'] ?? ''}`
}
