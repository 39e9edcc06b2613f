import type { Node, Pod, PodDisruptionBudget } from '../../resources/index.ts'
import type { Trial } from '../../scheduler/index.ts'
import { BudgetsLeft, type DrainOptions, planDrain } from './drain.ts'
import { scaleDownDisabledAnnotation } from './nodes.ts'

export interface CandidateNode {
  readonly node: Node
  readonly group: string
}
export interface ScaleDownInput {
  readonly trial: Trial
  /** The nodes of groups that are up and not on their way out. */
  readonly candidates: readonly CandidateNode[]
  /** By group, how many nodes may go. */
  readonly spare: ReadonlyMap<string, number>
  readonly podsOn: (nodeName: string) => readonly Pod[]
  readonly budgets: readonly PodDisruptionBudget[]
  /** Since when a node has been unneeded; undefined: it was needed when it was last looked at. */
  readonly unneededSince: (nodeName: string) => number | undefined
  readonly options: DrainOptions
  readonly nowMs: number
}
/** A node that could go now, and the pods that would move to others. */
export interface RemovableNode extends CandidateNode {
  readonly moves: readonly Pod[]
}
/** Why a node stays: one word for programs, and the same for people. */
export interface KeptNode {
  readonly node: Node
  readonly reason:
    | 'ScaleDownDisabledAnnotation'
    | 'NodeGroupMinSizeReached'
    | 'BlockedByPod'
    | 'NotEnoughPdb'
    | 'NoPlaceToMovePods'
    | 'TakesPodsOfOthers'
  readonly text: string
}
export interface ScaleDownPlan {
  readonly removable: readonly RemovableNode[]
  readonly kept: readonly KeptNode[]
}

/**
 * Which nodes are not needed: those that are empty, and those whose pods all have a place on others, all of them together.
 * Nodes that were unneeded before come first, so that they stay so.
 */
export function planScaleDown(input: ScaleDownInput): ScaleDownPlan {
  const { trial, spare, options, nowMs } = input
  const budgets = new BudgetsLeft(input.budgets)
  const left = new Map(spare)
  const receivers = new Set<string>()
  const removable: RemovableNode[] = []
  const kept: KeptNode[] = []

  function look({ node, group }: CandidateNode): RemovableNode | Omit<KeptNode, 'node'> {
    const { name, annotations } = node.metadata
    if (annotations?.[scaleDownDisabledAnnotation] === 'true')
      return { reason: 'ScaleDownDisabledAnnotation', text: `the node is annotated ${scaleDownDisabledAnnotation}` }
    if ((left.get(group) ?? 0) <= 0)
      return { reason: 'NodeGroupMinSizeReached', text: `min size of node group ${group} reached` }
    if (receivers.has(name)) return { reason: 'TakesPodsOfOthers', text: 'pods of other nodes are to move here' }
    const drain = planDrain(input.podsOn(name), budgets, options, nowMs)
    if ('blocked' in drain) return { reason: 'BlockedByPod', text: drain.blocked }
    const { moves } = drain
    const short = budgets.take(moves)
    if (short !== undefined)
      return { reason: 'NotEnoughPdb', text: `not enough pod disruption budget to move ${nameOf(short)}` }
    const mark = trial.mark
    trial.removeNode(name)
    const targets: string[] = []
    for (const pod of moves) {
      const target = trial.place(pod)
      if (target === undefined) {
        trial.undo(mark)
        budgets.give(moves)
        return { reason: 'NoPlaceToMovePods', text: `no place to move ${nameOf(pod)} to` }
      }
      targets.push(target)
    }
    for (const target of targets) receivers.add(target)
    return { node, group, moves }
  }

  return trial.try(() => {
    for (const candidate of inOrder(input)) {
      const found = look(candidate)
      if ('moves' in found) {
        removable.push(found)
        left.set(found.group, left.get(found.group)! - 1)
      } else kept.push({ node: candidate.node, ...found })
    }
    return { removable, kept }
  })
}

const nameOf = ({ metadata }: Pod) => `${metadata.namespace}/${metadata.name}`

function inOrder({ candidates, unneededSince, podsOn }: ScaleDownInput): readonly CandidateNode[] {
  const keyed = candidates.map((candidate) => ({
    candidate,
    since: unneededSince(candidate.node.metadata.name) ?? Number.POSITIVE_INFINITY,
    pods: podsOn(candidate.node.metadata.name).length,
  }))
  return keyed
    .toSorted(
      (a, b) =>
        (a.since === b.since ? 0 : a.since - b.since) ||
        a.pods - b.pods ||
        (a.candidate.node.metadata.name < b.candidate.node.metadata.name ? -1 : 1),
    )
    .map(({ candidate }) => candidate)
}
