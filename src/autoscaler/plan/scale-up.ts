import { milliValueOf, podRequests, wholeValueOf } from '../../machinery/index.ts'
import type { Pod, ResourceSlice } from '../../resources/index.ts'
import type { Trial } from '../../scheduler/index.ts'
import type { NodeGroup } from '../groups.ts'
import { addDaemonPods, asNode } from './nodes.ts'
import { areSimilar } from './similar.ts'

/** A group, and what keeps it from growing now, if anything does. */
export interface GroupView extends NodeGroup {
  readonly blocked?: string
}
export interface ScaleUpInput {
  /** The cluster, with the nodes that are on their way as if they were there. */
  readonly trial: Trial
  readonly groups: readonly GroupView[]
  /** Pods that the scheduler found no node for. */
  readonly pods: readonly Pod[]
  /** The pods of DaemonSets that a new node would have. */
  readonly daemonPods: readonly Pod[]
  /** How many nodes more there may be in all. */
  readonly nodesLeft: number
  /** The devices that drivers will offer on a node of a group; none when left out. */
  readonly slicesFor?: (group: string, nodeName: string) => readonly ResourceSlice[]
  /** Groups whose nodes are alike are kept at about the same size; by which labels they may differ. */
  readonly balanced?: { readonly ignoredLabels: readonly string[] }
}
export interface Growth {
  readonly group: string
  readonly from: number
  readonly to: number
  readonly max: number
}
export interface ScaleUpPlan {
  readonly grow: readonly Growth[]
  /** Pods that new nodes are for, each with the group it is to go to. */
  readonly helped: ReadonlyMap<Pod, string>
  /** Pods that have a place among the nodes there are, or that are on their way. */
  readonly placed: readonly Pod[]
  /** Pods that no group helps, each with why not. */
  readonly unhelped: ReadonlyMap<Pod, string>
}

const maxSizeReached = 'max node group size reached'
const maxTotalReached = 'max total nodes in cluster reached'
/** Of the new nodes, a pod is tried on the latest ones: those before are full of pods like it. */
const nodesTried = 5
const roundsMax = 200

/**
 * Which groups grow, and by how much. Pods that the fewest groups can take come first; of the groups that can take the same
 * pods, the one where that costs least grows, with those like it if they are to be balanced; what is left over on the new nodes
 * is there for others.
 */
export function planScaleUp(input: ScaleUpInput): ScaleUpPlan {
  return input.trial.try(() => new ScaleUp(input).plan())
}

class ScaleUp {
  readonly #input: ScaleUpInput
  readonly #added = new Map<string, number>()
  readonly #groupOfNode = new Map<string, string>()
  readonly #helped = new Map<Pod, string>()
  #nodesLeft: number

  constructor(input: ScaleUpInput) {
    this.#input = input
    this.#nodesLeft = input.nodesLeft
  }

  plan(): ScaleUpPlan {
    const { trial, pods, groups } = this.#input
    for (const group of groups) this.#reachMinimum(group)
    const placed: Pod[] = []
    let waiting = largestFirst(pods).filter((pod) => {
      const nodeName = trial.place(pod)
      if (nodeName === undefined) return true
      this.#found(pod, nodeName, placed)
      return false
    })
    for (let round = 0; round < roundsMax; round++) {
      const next = this.#mostConstrained(waiting)
      if (next === undefined) break
      const best = this.#cheapest(next)
      if (best === undefined) break
      for (const [pod, group] of this.#fill(this.#likeIt(best, next.groups), next.pods)) this.#helped.set(pod, group)
      // What is left over is there for others.
      waiting = waiting.filter((pod) => {
        if (this.#helped.has(pod)) return false
        const nodeName = trial.place(pod)
        if (nodeName === undefined) return true
        this.#found(pod, nodeName, placed)
        return false
      })
    }
    return {
      grow: groups.flatMap((group) => {
        const added = this.#added.get(group.id) ?? 0
        const { id, targetSize: from, maxSize: max } = group
        return added === 0 ? [] : [{ group: id, from, to: from + added, max }]
      }),
      helped: this.#helped,
      placed,
      unhelped: new Map(waiting.map((pod) => [pod, this.#whyNot(pod)])),
    }
  }

  #found(pod: Pod, nodeName: string, placed: Pod[]): void {
    const group = this.#groupOfNode.get(nodeName)
    if (group === undefined) placed.push(pod)
    else this.#helped.set(pod, group)
  }

  #reachMinimum(group: GroupView): void {
    if (group.blocked !== undefined) return
    for (let size = group.targetSize; size < group.minSize && this.#nodesLeft > 0; size++) this.#addNode(group)
  }

  #room(group: GroupView): number {
    if (group.blocked !== undefined) return 0
    const room = group.maxSize - group.targetSize - (this.#added.get(group.id) ?? 0)
    return Math.max(0, Math.min(room, this.#nodesLeft))
  }

  /** The pods that the fewest groups can take, and those groups. */
  #mostConstrained(
    waiting: readonly Pod[],
  ): { readonly pods: readonly Pod[]; readonly groups: readonly GroupView[] } | undefined {
    const { trial } = this.#input
    const open = this.#input.groups.filter((group) => this.#room(group) > 0)
    const takers = new Map<Pod, GroupView[]>()
    for (const group of open)
      trial.try(() => {
        const name = this.#addNode(group)
        for (const pod of waiting)
          if (trial.refusal(pod, name) === undefined) takers.set(pod, [...(takers.get(pod) ?? []), group])
        this.#forget(group)
      })
    let fewest: readonly GroupView[] | undefined
    for (const groups of takers.values()) if (fewest === undefined || groups.length < fewest.length) fewest = groups
    if (fewest === undefined) return undefined
    const key = (groups: readonly GroupView[]) => groups.map(({ id }) => id).join('\n')
    const wanted = key(fewest)
    return { groups: fewest, pods: waiting.filter((pod) => key(takers.get(pod) ?? []) === wanted) }
  }

  /** The group that helps the most of the pods, and of those the one where that costs least. */
  #cheapest({
    pods,
    groups,
  }: {
    readonly pods: readonly Pod[]
    readonly groups: readonly GroupView[]
  }): GroupView | undefined {
    const { trial } = this.#input
    const options = groups.map((group) => {
      const before = this.#added.get(group.id) ?? 0
      return trial.try(() => {
        const helped = this.#fill([group], pods).size
        const nodes = (this.#added.get(group.id) ?? 0) - before
        this.#added.set(group.id, before)
        this.#nodesLeft += nodes
        return { group, helped, nodes, cost: nodes * group.pricePerHour }
      })
    })
    const [best] = options
      .filter(({ helped }) => helped > 0)
      .toSorted(
        (a, b) => b.helped - a.helped || a.cost - b.cost || a.nodes - b.nodes || (a.group.id < b.group.id ? -1 : 1),
      )
    return best?.group
  }

  /** A group, and those that take the same pods and whose nodes are like its own, where they are to be balanced. */
  #likeIt(group: GroupView, takers: readonly GroupView[]): readonly GroupView[] {
    const { balanced } = this.#input
    if (balanced === undefined) return [group]
    const isLike = (one: GroupView) => areSimilar(group.template, one.template, balanced.ignoredLabels)
    return [group, ...takers.filter((one) => one !== group && isLike(one))]
  }

  /** Puts pods on new nodes of groups, the smallest of which grows first; answers which groups took which pods. */
  #fill(groups: readonly GroupView[], pods: readonly Pod[]): ReadonlyMap<Pod, string> {
    const { trial } = this.#input
    const names: string[] = []
    const taken = new Map<Pod, string>()
    for (const pod of pods) {
      let name = names.slice(-nodesTried * groups.length).find((one) => trial.refusal(pod, one) === undefined)
      if (name === undefined) {
        name = this.#nodeFor(pod, groups)
        if (name === undefined) continue
        names.push(name)
      }
      trial.addPod(pod, name)
      taken.set(pod, this.#groupOfNode.get(name)!)
    }
    return taken
  }

  /** A new node that takes the pod, of the smallest of the groups that have one. */
  #nodeFor(pod: Pod, groups: readonly GroupView[]): string | undefined {
    const { trial } = this.#input
    const sizeOf = (group: GroupView) => group.targetSize + (this.#added.get(group.id) ?? 0)
    const open = groups.filter((group) => this.#room(group) > 0)
    for (const group of open.toSorted((a, b) => sizeOf(a) - sizeOf(b))) {
      const mark = trial.mark
      const name = this.#addNode(group)
      if (trial.refusal(pod, name) === undefined) return name
      trial.undo(mark)
      this.#forget(group)
    }
    return undefined
  }

  #addNode(group: GroupView): string {
    const { trial, daemonPods } = this.#input
    const count = (this.#added.get(group.id) ?? 0) + 1
    this.#added.set(group.id, count)
    this.#nodesLeft--
    const node = asNode(group.template, `template-node-for-${group.id}-${group.targetSize + count}`)
    const { name } = node.metadata
    this.#groupOfNode.set(name, group.id)
    trial.setNode(node)
    trial.offer(this.#input.slicesFor?.(group.id, name) ?? [])
    addDaemonPods(trial, daemonPods, name)
    return name
  }
  /** Takes back that a node was added; the trial has undone it, or will. */
  #forget(group: GroupView): void {
    this.#added.set(group.id, (this.#added.get(group.id) ?? 0) - 1)
    this.#nodesLeft++
  }

  /** Per reason, how many groups give it, as cluster-autoscaler words it. */
  #whyNot(pod: Pod): string {
    const { trial, groups } = this.#input
    const counts = new Map<string, number>()
    for (const group of groups) {
      const reasons =
        group.blocked ??
        trial.try(() => {
          const refusal = trial.refusal(pod, this.#addNode(group))
          this.#forget(group)
          return refusal
        }) ??
        (this.#nodesLeft <= 0 ? maxTotalReached : maxSizeReached)
      if (reasons === maxTotalReached) return maxTotalReached
      for (const reason of reasons.split(', ')) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    }
    return [...counts]
      .map(([reason, count]) => `${count} ${reason}`)
      .toSorted()
      .join(', ')
  }
}

/** Those that ask for most first, so that small ones fill what is left over. */
function largestFirst(pods: readonly Pod[]): readonly Pod[] {
  const sizeOf = (pod: Pod) => {
    let size = 0
    for (const [name, amount] of podRequests(pod as never)) {
      if (name === 'cpu') size += milliValueOf(amount) / 1000
      else if (name === 'memory') size += wholeValueOf(amount) / 1024 ** 3 / 4
    }
    return size
  }
  const sizes = new Map(pods.map((pod) => [pod, sizeOf(pod)]))
  return pods.toSorted((a, b) => sizes.get(b)! - sizes.get(a)! || (a.metadata.uid < b.metadata.uid ? -1 : 1))
}
