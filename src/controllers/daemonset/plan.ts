import {
  isAvailable,
  isReady,
  isTerminal,
  matchesNodeAffinity,
  msOf,
  scaledValue,
  untoleratedTaint,
} from '../../machinery/index.ts'
import type { DaemonSet, DaemonSetStatus, Node, Pod, Toleration } from '../../resources/index.ts'
import { revisionHashLabel } from '../runtime/revisions.ts'

export interface DaemonPlan {
  /** Names of the nodes that lack a pod. */
  readonly create: readonly string[]
  readonly remove: readonly Pod[]
  /** Ended pods that are removed so that another can run. */
  readonly ended: readonly Pod[]
}

const exists = (key: string, effect: 'NoSchedule' | 'NoExecute'): Toleration => ({ key, operator: 'Exists', effect })
/** Kubernetes: what daemons bear wherever they run. */
const alwaysTolerated: readonly Toleration[] = [
  exists('node.kubernetes.io/not-ready', 'NoExecute'),
  exists('node.kubernetes.io/unreachable', 'NoExecute'),
  exists('node.kubernetes.io/disk-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/memory-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/pid-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/unschedulable', 'NoSchedule'),
]

/** The template's tolerations, and those that all daemons have. */
export function tolerationsOf({ spec }: DaemonSet): readonly Toleration[] {
  const own = spec.template.spec.tolerations ?? []
  const always = [
    ...alwaysTolerated,
    ...(spec.template.spec.hostNetwork === true
      ? [exists('node.kubernetes.io/network-unavailable', 'NoSchedule')]
      : []),
  ]
  return [
    ...own,
    ...always.filter(
      (one) =>
        !own.some(({ key, effect, operator }) => key === one.key && effect === one.effect && operator === 'Exists'),
    ),
  ]
}

/** Whether a node should get a daemon, and whether one that is there may stay. */
export function fitOf(set: DaemonSet, node: Node): { readonly shouldRun: boolean; readonly mayStay: boolean } {
  const { nodeName = '' } = set.spec.template.spec
  const view = { name: node.metadata.name, labels: node.metadata.labels ?? {} }
  const isWanted =
    (nodeName === '' || nodeName === node.metadata.name) && matchesNodeAffinity(set.spec.template.spec, view)
  if (!isWanted) return { shouldRun: false, mayStay: false }
  const tolerations = tolerationsOf(set)
  const shouldRun = untoleratedTaint(node.spec.taints, tolerations) === undefined
  return {
    shouldRun,
    mayStay: shouldRun || untoleratedTaint(node.spec.taints, tolerations, ['NoExecute']) === undefined,
  }
}

/** The node a daemon is for, whether it has been placed or not. */
export function nodeOf({ spec }: Pod): string | undefined {
  if ((spec.nodeName ?? '') !== '') return spec.nodeName
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  for (const term of terms) {
    for (const { key, operator, values = [] } of term.matchFields ?? []) {
      if (key === 'metadata.name' && operator === 'In' && values.length === 1) return values[0]
    }
  }
  return undefined
}

const isGoing = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined
const oldestFirst = (left: Pod, right: Pod): number =>
  Number((right.spec.nodeName ?? '') !== '') - Number((left.spec.nodeName ?? '') !== '') ||
  msOf(left.metadata.creationTimestamp) - msOf(right.metadata.creationTimestamp) ||
  (left.metadata.name < right.metadata.name ? -1 : 1)

/** What is missing and what is too much, node by node; then, when all is in place, what is to be replaced. */
export function planDaemons(
  set: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  hash: string,
  nowMs: number,
): DaemonPlan {
  const byNode = Map.groupBy(pods, (pod) => nodeOf(pod) ?? '')
  const plan = { create: [] as string[], remove: [] as Pod[], ended: [] as Pod[] }
  for (const node of nodes) {
    const there = byNode.get(node.metadata.name) ?? []
    byNode.delete(node.metadata.name)
    const { shouldRun, mayStay } = fitOf(set, node)
    const standing = there.filter((pod) => !isGoing(pod))
    if (!mayStay) plan.remove.push(...standing)
    else {
      plan.ended.push(...standing.filter(isTerminal))
      const live = standing.filter((pod) => !isTerminal(pod))
      if (shouldRun && there.length === 0) plan.create.push(node.metadata.name)
      if (!isSurging(set)) plan.remove.push(...live.toSorted(oldestFirst).slice(1))
    }
  }
  // Kubernetes: pods of nodes that are gone are removed by the garbage collector of pods.
  const isOnDelete = set.spec.updateStrategy?.type === 'OnDelete'
  const update = isOnDelete ? { create: [], remove: [] } : planUpdate(set, nodes, pods, hash, nowMs)
  const doomed = new Set([...plan.remove, ...plan.ended])
  return {
    create: [...plan.create, ...update.create],
    remove: [...plan.remove, ...update.remove.filter((pod) => !doomed.has(pod))],
    ended: plan.ended,
  }
}

const isSurging = ({ spec }: DaemonSet): boolean => {
  const surge = spec.updateStrategy?.rollingUpdate?.maxSurge
  return surge !== undefined && surge !== 0 && surge !== '0%'
}

/**
 * Which old daemons make room. Kubernetes: those that are not available go whatever the budget; of the others, as many as
 * may be missing beyond those that are missing already. With a surge, the new one comes first.
 */
function planUpdate(
  set: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  hash: string,
  nowMs: number,
): { readonly create: readonly string[]; readonly remove: readonly Pod[] } {
  const wanted = nodes.filter((node) => fitOf(set, node).shouldRun)
  const { maxSurge = 0, maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {}
  const isWell = (pod: Pod) => !isGoing(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)
  const remove: Pod[] = []
  const willing: { readonly node: string; readonly old: Pod }[] = []
  let missing = 0
  let surging = 0
  for (const { metadata } of wanted) {
    const there = pods.filter((pod) => nodeOf(pod) === metadata.name && !isTerminal(pod))
    const fresh = there.find((pod) => pod.metadata.labels?.[revisionHashLabel] === hash)
    const old = there.find((pod) => pod.metadata.labels?.[revisionHashLabel] !== hash)
    if (old === undefined) missing += fresh === undefined || !isWell(fresh) ? 1 : 0
    else if (isSurging(set) && fresh !== undefined) {
      if (isWell(fresh) && !isGoing(old)) remove.push(old)
      else surging++
    } else if (isGoing(old)) missing++
    else if (!isWell(old)) {
      missing++
      remove.push(old)
    } else willing.push({ node: metadata.name, old })
  }
  if (isSurging(set)) {
    const room = Math.max(0, scaledValue(maxSurge, wanted.length, 'up') - surging)
    return { create: willing.slice(0, room).map(({ node }) => node), remove }
  }
  const budget = scaledValue(maxUnavailable, wanted.length, 'up') - missing
  return { create: [], remove: [...remove, ...willing.slice(0, Math.max(0, budget)).map(({ old }) => old)] }
}

/** The status these pods make on these nodes. */
export function daemonStatus(
  set: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  hash: string,
  collisionCount: number | undefined,
  nowMs: number,
): DaemonSetStatus {
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 }
  for (const node of nodes) {
    const there = pods.filter((pod) => nodeOf(pod) === node.metadata.name && !isGoing(pod))
    if (!fitOf(set, node).shouldRun) {
      counts.misscheduled += there.length > 0 ? 1 : 0
      continue
    }
    counts.desired++
    if (there.length === 0) continue
    counts.current++
    const shown = there.toSorted(
      (left, right) => Number(isReady(right)) - Number(isReady(left)) || oldestFirst(left, right),
    )[0]!
    if (isReady(shown)) counts.ready++
    if (isAvailable(shown, set.spec.minReadySeconds ?? 0, nowMs)) counts.available++
    if (there.some((pod) => pod.metadata.labels?.[revisionHashLabel] === hash)) counts.updated++
  }
  const { conditions } = set.status
  return {
    currentNumberScheduled: counts.current,
    numberMisscheduled: counts.misscheduled,
    desiredNumberScheduled: counts.desired,
    numberReady: counts.ready,
    observedGeneration: set.metadata.generation ?? 0,
    updatedNumberScheduled: counts.updated,
    numberAvailable: counts.available,
    numberUnavailable: counts.desired - counts.available,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  }
}
