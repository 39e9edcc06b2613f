import { conditionOf, msOf } from '../../machinery/index.ts'
import type { Node, Pod } from '../../resources/index.ts'
import type { Trial } from '../../scheduler/index.ts'

/** Set on nodes that are about to go, with the second since 1970 as value. */
export const toBeDeletedTaint = 'ToBeDeletedByClusterAutoscaler'
/** Set on nodes that may go: the scheduler had better use others. */
export const candidateTaint = 'DeletionCandidateOfClusterAutoscaler'
export const scaleDownDisabledAnnotation = 'cluster-autoscaler.kubernetes.io/scale-down-disabled'

/** Taints that a node has while it comes up. */
const startupTaints = new Set([
  'node.cloudprovider.kubernetes.io/uninitialized',
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/network-unavailable',
])

export const hasTaint = ({ spec }: Node, key: string): boolean => (spec.taints ?? []).some((one) => one.key === key)
export const isGoing = (node: Node): boolean =>
  node.metadata.deletionTimestamp !== undefined || hasTaint(node, toBeDeletedTaint)
export const isReady = (node: Node): boolean => conditionOf(node, 'Ready')?.status === 'True'

/** Whether a node is there and not up yet: it is young, and not Ready or not to be used. */
export function isStarting(node: Node, nowMs: number, provisionMs: number): boolean {
  if (isGoing(node)) return false
  const isUp = isReady(node) && !(node.spec.taints ?? []).some(({ key }) => startupTaints.has(key))
  return !isUp && nowMs - msOf(node.metadata.creationTimestamp) < provisionMs
}

/** The group's template as the node of a name. */
export function asNode(template: Node, name: string): Node {
  const labels = { ...template.metadata.labels, 'kubernetes.io/hostname': name }
  return { ...template, metadata: { ...template.metadata, name, uid: name, labels } }
}

/** Puts the pods of DaemonSets that a node will have on it, each as one of its own. */
export function addDaemonPods(trial: Trial, daemonPods: readonly Pod[], nodeName: string): void {
  for (const pod of daemonPods) {
    const own = { ...pod, metadata: { ...pod.metadata, uid: `${pod.metadata.uid}@${nodeName}` } }
    if (trial.refusal(own, nodeName) === undefined) trial.addPod(own, nodeName)
  }
}

/** Whether a pod waits because the scheduler has found no node for it. */
export function isUnschedulable({ metadata, spec, status }: Pod): boolean {
  if ((spec.nodeName ?? '') !== '' || metadata.deletionTimestamp !== undefined) return false
  return (
    status?.conditions?.some(
      ({ type, status: value, reason }) => type === 'PodScheduled' && value === 'False' && reason === 'Unschedulable',
    ) === true
  )
}
