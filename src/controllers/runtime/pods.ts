import { conditionOf, isReady, type KubeObject, msOf, sameJson, type Unsaved } from '../../machinery/index.ts'
import type { Pod, PodTemplateSpec, ResourceDefinition } from '../../resources/index.ts'
import { ownerReference } from './owner-reference.ts'

/** A pod as a controller's template asks for it. */
export function podFromTemplate(
  owners: ResourceDefinition<any>,
  owner: KubeObject,
  template: PodTemplateSpec,
): Unsaved<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: podPrefix(owner.metadata.name),
      namespace: owner.metadata.namespace ?? '',
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [ownerReference(owners, owner)],
    },
    spec: template.spec,
  } as Unsaved<Pod>
}

/** Kubernetes: the dash is left out where it would make the name invalid. */
function podPrefix(ownerName: string): string {
  return ownerName.length > 252 ? ownerName : `${ownerName}-`
}

/** Whether a change of a pod changes whose it is, or what it counts as for those it belongs to. */
export function countsOtherwise(next: Pod, previous: Pod): boolean {
  const [is, was] = [conditionOf(next, 'Ready'), conditionOf(previous, 'Ready')]
  return (
    next.status?.phase !== previous.status?.phase ||
    is?.status !== was?.status ||
    is?.lastTransitionTime !== was?.lastTransitionTime ||
    next.metadata.uid !== previous.metadata.uid ||
    next.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
    !sameJson(next.metadata.labels, previous.metadata.labels) ||
    !sameJson(next.metadata.ownerReferences, previous.metadata.ownerReferences)
  )
}

export const podDeletionCost = 'controller.kubernetes.io/pod-deletion-cost'

/**
 * Which pod goes first when a set shrinks: unassigned, pending or unknown, not ready, cheaper to delete, with more
 * related pods on its node, ready for a shorter time, restarted more often, younger.
 */
export function cheapestToLoseFirst(relatedOnNode: (pod: Pod) => number, nowMs: number) {
  return (left: Pod, right: Pod): number => {
    const leftReady = isReady(left)
    const rightReady = isReady(right)
    return (
      Number(isAssigned(left)) - Number(isAssigned(right)) ||
      phaseWorth(left) - phaseWorth(right) ||
      Number(leftReady) - Number(rightReady) ||
      deletionCostOf(left) - deletionCostOf(right) ||
      relatedOnNode(right) - relatedOnNode(left) ||
      (leftReady && rightReady ? byAge(readySinceMs(left), readySinceMs(right), nowMs) : 0) ||
      restartsOf(right) - restartsOf(left) ||
      byAge(msOf(left.metadata.creationTimestamp), msOf(right.metadata.creationTimestamp), nowMs) ||
      (left.metadata.uid < right.metadata.uid ? -1 : 1)
    )
  }
}

const isAssigned = (pod: Pod) => (pod.spec.nodeName ?? '') !== ''
const phaseWorth = (pod: Pod) => ({ Pending: 0, Unknown: 1, Running: 2 })[pod.status?.phase as string] ?? 0

function deletionCostOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[podDeletionCost]
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : 0
}
function readySinceMs(pod: Pod): number {
  return msOf(
    pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True')?.lastTransitionTime,
  )
}
function restartsOf(pod: Pod): number {
  const statuses = pod.status?.containerStatuses ?? []
  return statuses.reduce((most, { restartCount }) => Math.max(most, restartCount), 0)
}

/** Younger first. Kubernetes: ages are compared on a logarithmic scale, so that near ones count as equal. */
function byAge(leftMs: number, rightMs: number, nowMs: number): number {
  if (Number.isNaN(leftMs) || Number.isNaN(rightMs))
    return Number(!Number.isNaN(leftMs)) - Number(!Number.isNaN(rightMs))
  const magnitude = (ms: number) => Math.floor(Math.log2(Math.max(1, (nowMs - ms) * 1e6)))
  return magnitude(leftMs) - magnitude(rightMs)
}
