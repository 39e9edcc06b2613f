import { availableAtMs, isActive, isAvailable, isReady, isTerminal, labelQueryOfSet } from '../../machinery/index.ts'
import type { Pod, ReplicaSet, ReplicaSetStatus } from '../../resources/index.ts'
import { cheapestToLoseFirst } from '../runtime/pods.ts'

export interface ReplicaPlan {
  readonly create: number
  /** Cheapest to lose first. */
  readonly remove: readonly Pod[]
}

/** Kubernetes: at most this many pods change in one turn. */
const burst = 500

/** What a ReplicaSet and a ReplicationController have in common. */
export interface ReplicaOwner {
  readonly metadata: { readonly generation?: number }
  readonly spec: {
    readonly replicas?: number
    readonly minReadySeconds?: number
    readonly template?: ReplicaSet['spec']['template']
  }
}

/** How many pods are missing, or which are too many. `related` tells all pods of the owner's siblings, for the ranking. */
export function planReplicas(
  set: ReplicaOwner,
  owned: readonly Pod[],
  related: () => readonly Pod[],
  nowMs: number,
): ReplicaPlan {
  const active = owned.filter(isActive)
  const missing = (set.spec.replicas ?? 1) - active.length
  if (missing >= 0) return { create: Math.min(missing, burst), remove: [] }
  const onNode = new Map<string, number>()
  for (const { spec } of related().filter(isActive))
    onNode.set(spec.nodeName ?? '', (onNode.get(spec.nodeName ?? '') ?? 0) + 1)
  const order = cheapestToLoseFirst((pod) => onNode.get(pod.spec.nodeName ?? '') ?? 0, nowMs)
  return { create: 0, remove: active.toSorted(order).slice(0, Math.min(-missing, burst)) }
}

/** The status that these pods make, conditions apart. */
export function replicaStatus(
  set: ReplicaOwner,
  owned: readonly Pod[],
  nowMs: number,
): Omit<ReplicaSetStatus, 'conditions'> {
  const wanted = labelQueryOfSet(set.spec.template?.metadata?.labels)
  const { minReadySeconds = 0 } = set.spec
  const counts = {
    replicas: 0,
    fullyLabeledReplicas: 0,
    readyReplicas: 0,
    availableReplicas: 0,
    terminatingReplicas: 0,
  }
  for (const pod of owned) {
    if (!isActive(pod)) {
      if (!isTerminal(pod)) counts.terminatingReplicas++
      continue
    }
    counts.replicas++
    if (wanted.matches(pod.metadata.labels)) counts.fullyLabeledReplicas++
    if (!isReady(pod)) continue
    counts.readyReplicas++
    if (minReadySeconds === 0 || isAvailable(pod, minReadySeconds, nowMs)) counts.availableReplicas++
  }
  return { ...counts, observedGeneration: set.metadata.generation ?? 0 }
}

/** When the next ready pod will count as available; undefined when none is on its way there. */
export function nextAvailableInMs(set: ReplicaOwner, owned: readonly Pod[], nowMs: number): number | undefined {
  const { minReadySeconds = 0 } = set.spec
  // Ready is available then.
  if (minReadySeconds === 0) return undefined
  const times = owned
    .filter(isActive)
    .map((pod) => availableAtMs(pod, minReadySeconds, nowMs))
    .filter((atMs) => atMs !== undefined)
  return times.length === 0 ? undefined : Math.min(...times) - nowMs
}
