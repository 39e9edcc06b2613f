import { conditionOf, timestampOf } from '../../machinery/index.ts'
import type { Node, Taint } from '../../resources/index.ts'
import type { CloudInstance } from '../runtime/cloud-provider.ts'

export const shutdownTaint = 'node.cloudprovider.kubernetes.io/shutdown'

const hasShutdownTaint = ({ spec }: Node) => (spec.taints ?? []).some(({ key }) => key === shutdownTaint)

/** Kubernetes: the cloud is asked only about nodes that are not Ready. */
export const isAsked = (node: Node): boolean => conditionOf(node, 'Ready')?.status !== 'True'

/** What becomes of a node, given the machine behind it where that was asked. */
export type LifecyclePlan = { readonly does: 'delete' } | { readonly does: 'taint'; readonly taints: readonly Taint[] }

/** What is to be done about a node that is Ready: it is not shut down, whatever was said. */
export function planOfReady(node: Node): LifecyclePlan | undefined {
  if (!hasShutdownTaint(node)) return undefined
  return { does: 'taint', taints: (node.spec.taints ?? []).filter(({ key }) => key !== shutdownTaint) }
}

/** What is to be done about a node that is not Ready: it goes with its machine, and says when that is shut down. */
export function planOfUnready(
  node: Node,
  instance: CloudInstance | undefined,
  nowMs: number,
): LifecyclePlan | undefined {
  if (instance === undefined) return { does: 'delete' }
  if (!instance.isShutdown || hasShutdownTaint(node)) return undefined
  const taint: Taint = { key: shutdownTaint, effect: 'NoSchedule', timeAdded: timestampOf(nowMs) }
  return { does: 'taint', taints: [...(node.spec.taints ?? []), taint] }
}
