import type { Pod, PodDisruptionBudget, PodGroup } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import { disruptionsLeft, priorityOf, startedMs } from '../preemption/plan.ts'
import { groupNameOf } from './pod-groups.ts'

export interface GroupPreemptionInput {
  readonly group: PodGroup
  /** The pods of the group that have no node. */
  readonly members: readonly Pod[]
  readonly columns: NodeColumns
  readonly budgets: readonly PodDisruptionBudget[]
  readonly groupOf: (namespace: string, name: string) => PodGroup | undefined
  /** The nodes that the group would take as the columns are; undefined when it does not fit. */
  readonly fits: () => ReadonlySet<string> | undefined
  /** Whether what happens on nodes that the group does not take is all the same to it. */
  readonly asksOnlyForRoom: boolean
}
/** Pods that are evicted together or not at all. */
interface Unit {
  readonly pods: { readonly facts: PodFacts; readonly pod: Pod; readonly nodeName: string }[]
  readonly priority: number
  /** The uid of the group that they are of. */
  readonly group: string | undefined
}

/** Kubernetes: a group without a priority has that of pods without one. */
export const groupPriority = ({ spec }: PodGroup): number => spec.priority ?? 0

/**
 * Whom to evict so that a whole group fits, or why nobody is: all of lower priority go, and as many as can stay come back, those
 * beyond a budget first. The columns are left as they were.
 */
export function planGroupPreemption(input: GroupPreemptionInput): readonly Pod[] | string {
  const { group, members, columns, fits } = input
  if (members.some(({ spec }) => spec?.preemptionPolicy === 'Never'))
    return 'not eligible due to preemptionPolicy=Never.'
  const { uid } = group.metadata
  // Unlike Kubernetes: those of the group that have a node already stay, whatever their own priority.
  const units = unitsOf(input).filter((unit) => unit.group !== uid && unit.priority < groupPriority(group))
  if (units.length === 0) return 'No preemption victims found for incoming preemptor'
  const gone = new Set<Unit>()
  const take = (unit: Unit) => {
    for (const { facts } of unit.pods) columns.removePod(facts.pod.metadata.uid)
    gone.add(unit)
  }
  const putBack = (unit: Unit) => {
    for (const { facts, nodeName } of unit.pods) columns.addPod(facts, nodeName)
    gone.delete(unit)
  }
  try {
    for (const unit of units) take(unit)
    let used = fits()
    if (used === undefined) return 'pod group is unschedulable'
    // Unlike Kubernetes: who is on the way out already makes room first, so that nobody else goes for it.
    const staying = units.filter(({ pods }) => pods.some(({ pod }) => pod.metadata.deletionTimestamp === undefined))
    const sorted = staying.sort(byImportance)
    const violating = beyondBudgets(sorted, input.budgets)
    for (const isViolating of [true, false])
      for (const unit of sorted) {
        if (violating.has(unit) !== isViolating) continue
        const isAside: boolean =
          input.asksOnlyForRoom && unit.pods.every(({ nodeName }) => used?.has(nodeName) === false)
        putBack(unit)
        const next: ReadonlySet<string> | undefined = isAside ? used : fits()
        if (next === undefined) take(unit)
        else used = next
      }
    return sorted.filter((unit) => gone.has(unit)).flatMap(({ pods }) => pods.map(({ pod }) => pod))
  } finally {
    for (const unit of [...gone]) putBack(unit)
  }
}

/** Everybody on a node: one by one, but for groups that say that they go as a whole. */
function unitsOf({ columns, groupOf }: GroupPreemptionInput): readonly Unit[] {
  const units: Unit[] = []
  const byGroup = new Map<string, Unit>()
  for (let place = 0; place < columns.size; place++) {
    if (columns.alive[place] === 0) continue
    const nodeName = columns.nodes[place]!.metadata.name
    for (const facts of columns.podsAt(place)) {
      const one = { facts, pod: facts.pod, nodeName }
      const { namespace = '' } = facts.pod.metadata
      const name = groupNameOf(facts.pod)
      const group = name === undefined ? undefined : groupOf(namespace, name)
      if (group?.spec.disruptionMode !== 'PodGroup') {
        units.push({ pods: [one], priority: priorityOf(facts.pod), group: group?.metadata.uid })
        continue
      }
      const known = byGroup.get(group.metadata.uid)
      if (known !== undefined) {
        known.pods.push(one)
        continue
      }
      const unit = { pods: [one], priority: groupPriority(group), group: group.metadata.uid }
      byGroup.set(group.metadata.uid, unit)
      units.push(unit)
    }
  }
  return units
}

/** Kubernetes: higher priority first, groups before pods, of groups the larger, and then who has run longest. */
function byImportance(left: Unit, right: Unit): number {
  if (left.priority !== right.priority) return right.priority - left.priority
  const isOfGroup = ({ pods }: Unit) => groupNameOf(pods[0]!.pod) !== undefined
  if (isOfGroup(left) !== isOfGroup(right)) return isOfGroup(left) ? -1 : 1
  if (isOfGroup(left) && left.pods.length !== right.pods.length) return right.pods.length - left.pods.length
  const earliest = ({ pods }: Unit) => Math.min(...pods.map(({ pod }) => startedMs(pod)))
  const [a, b] = [earliest(left), earliest(right)]
  return a === b ? 0 : a < b ? -1 : 1
}

function beyondBudgets(units: readonly Unit[], budgets: readonly PodDisruptionBudget[]): ReadonlySet<Unit> {
  const left = disruptionsLeft(budgets)
  // Kubernetes: what the others of a unit would need is not looked at any more once one of them is beyond.
  return new Set(units.filter(({ pods }) => pods.some(({ pod }) => left.takesBeyond(pod, true))))
}
