import { conditionOf, isTolerated, msOf } from '../../machinery/index.ts'
import type { Node, Pod } from '../../resources/index.ts'

const outOfServiceTaint = 'node.kubernetes.io/out-of-service'

/** The ended pods beyond the limit: evicted ones first, then the oldest. */
export function excessTerminated(terminated: readonly Pod[], max: number): readonly Pod[] {
  // Kubernetes: with 0 all are kept.
  const excess = max <= 0 ? 0 : terminated.length - max
  if (excess <= 0) return []
  const evicted = (pod: Pod) => Number(pod.status.reason === 'Evicted')
  const order = (left: Pod, right: Pod) =>
    evicted(right) - evicted(left) ||
    msOf(left.metadata.creationTimestamp) - msOf(right.metadata.creationTimestamp) ||
    (left.metadata.name < right.metadata.name ? -1 : 1)
  return terminated.toSorted(order).slice(0, excess)
}

/** Pods that are going on a node that an administrator has declared dead: nobody will confirm their end. */
export function outOfServicePods(node: Node, onNode: readonly Pod[]): readonly Pod[] {
  const taint = node.spec.taints?.find(({ key }) => key === outOfServiceTaint)
  if (taint === undefined || conditionOf(node, 'Ready')?.status === 'True') return []
  return onNode.filter(
    (pod) => pod.metadata.deletionTimestamp !== undefined && !isTolerated(pod.spec.tolerations, taint),
  )
}
