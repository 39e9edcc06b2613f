import type { Pod, PodGroup } from '../../resources/index.ts'
import type { Placement, RefusedPlacement } from '../cycle/explain.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { Preemption } from '../preemption/plan.ts'
import type { Waiting } from '../queue/scheduling-queue.ts'

/** What was found for one pod of a group. */
export interface Member {
  readonly waiting: Waiting
  readonly facts: PodFacts
  readonly placement: Placement
  /** Room that could be made for it, where no node takes it as things are. */
  readonly preemption: Preemption | undefined
  /** Why no room was looked for, where that was not to be. */
  readonly why?: string | undefined
}
/** What becomes of a group: its pods are bound, or those that fit wait for the others, or for room that is being made. */
export type GroupVerdict = 'placed' | 'unschedulable' | 'waits for preemption'

/** Kubernetes' words for a group that cannot be placed as a whole. */
export const groupTexts = {
  unschedulable: 'pod group is unschedulable',
  noPlacements: 'no feasible placements found',
  waitsForOthers: 'pod group is unschedulable, waiting for minCount pods from a gang to be scheduled',
  waitsForRoom: 'pod group is unschedulable, pod group is waiting for preemption to complete',
} as const

/** What becomes of a group, of which `scheduled` pods have a node already. */
export function groupVerdict(
  members: readonly Member[],
  gang: { readonly minCount: number } | undefined,
  scheduled: number,
): GroupVerdict {
  const placed = members.filter(({ placement }) => placement.nodeName !== undefined).length
  const withRoom = members.filter(({ preemption }) => preemption !== undefined).length
  // Kubernetes: a group that is no gang is as well off with some of its pods as with all.
  const needed = Math.max(gang === undefined ? 1 : gang.minCount - scheduled, 1)
  if (placed + withRoom < needed) return 'unschedulable'
  // Kubernetes: where room has to be made for one of them, all wait for it.
  return withRoom > 0 ? 'waits for preemption' : 'placed'
}

/** The gang that a group is, where that is looked at. */
export const gangOf = (group: PodGroup | undefined): { readonly minCount: number } | undefined =>
  group?.spec.schedulingPolicy.gang

/** Kubernetes: the pods of a group are placed by priority, and then by age. */
export function byPriorityAndAge(left: Waiting, right: Waiting): number {
  const priority = ({ spec }: Pod) => spec?.priority ?? 0
  const difference = priority(right.pod) - priority(left.pod)
  return difference === 0 ? left.added - right.added : difference
}

/** Why pods of different schedulers cannot be placed together; undefined when they are of one. */
export function mixedSchedulers(members: readonly Waiting[]): string | undefined {
  const [first, ...others] = members.map(({ pod }) => pod.spec?.schedulerName ?? '')
  const other = others.find((name) => name !== first)
  return other === undefined
    ? undefined
    : `all pods in a single pod group should have the same .spec.schedulerName set, got: ${JSON.stringify(other)} and ${JSON.stringify(first)}`
}

/** There is no placement for the group, whatever its pods ask for. */
export function nowhereToGo(message: string): RefusedPlacement {
  return {
    nodeName: undefined,
    message,
    says: () => message,
    reasons: new Map(),
    acts: [],
    by: new Set(['TopologyPlacementGenerator']),
    wakeOn: new Set(['Node/Add', 'Node/UpdateLabel'] as const),
  }
}

/** A refusal in other words, woken by whatever helps the others of the group as well. */
export function waitsWithGroup(message: string, others: readonly RefusedPlacement[]): RefusedPlacement {
  return {
    nodeName: undefined,
    message,
    says: () => message,
    reasons: new Map(),
    acts: [],
    by: new Set(['GangScheduling']),
    wakeOn: new Set([
      ...others.flatMap(({ wakeOn }) => [...wakeOn]),
      'PodGroup/Add',
      'UnscheduledPod/Add',
      'AssignedPod/Delete',
    ] as const),
  }
}
