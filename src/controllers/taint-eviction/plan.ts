import { conditionOf, isTolerated, msOf } from '../../machinery/index.ts'
import type { Node, Pod } from '../../resources/index.ts'

/**
 * When a pod must leave its node for the taints there: undefined when it may stay. Each taint counts from when it was
 * set, or from when the pod came to the node, whichever is later; one that does not say when, from when it was first seen.
 *
 * Unlike Kubernetes: the count does not start again when the controller does.
 */
export function evictionMs(pod: Pod, node: Node, nowMs: number, seenMs = nowMs): number | undefined {
  const cameMs = msOf(conditionOf(pod, 'PodScheduled')?.lastTransitionTime)
  let atMs: number | undefined
  for (const taint of node.spec.taints ?? []) {
    if (taint.effect !== 'NoExecute') continue
    const { tolerations } = pod.spec
    if (!isTolerated(tolerations, taint)) return nowMs
    const seconds = (tolerations ?? [])
      .filter((one) => isTolerated([one], taint))
      .map(({ tolerationSeconds }) => tolerationSeconds)
      .filter((one) => one !== undefined)
    if (seconds.length === 0) continue
    const setMs = msOf(taint.timeAdded)
    const sinceMs = Math.max(Number.isNaN(setMs) ? seenMs : setMs, Number.isNaN(cameMs) ? 0 : cameMs)
    const leavesMs = sinceMs + Math.max(0, Math.min(...seconds)) * 1000
    atMs = atMs === undefined ? leavesMs : Math.min(atMs, leavesMs)
  }
  return atMs
}

export const hasNoExecute = (node: Node): boolean =>
  node.spec.taints?.some(({ effect }) => effect === 'NoExecute') === true
