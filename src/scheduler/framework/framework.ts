import type { Node, Pod } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import type { PodFacts } from './pod-facts.ts'

/** What happened in the cluster, in the terms plugins wait for. */
export type ClusterChange =
  | 'Node/Add'
  | 'Node/UpdateAllocatable'
  | 'Node/UpdateLabel'
  | 'Node/UpdateTaint'
  | 'Node/UpdateOther'
  | 'AssignedPod/Add'
  | 'AssignedPod/Update'
  | 'AssignedPod/Delete'
  | 'Pod/UpdateSchedulingGates'
  | 'Pod/Update'

/** A plugin's answer for one pod and one node. A reason is worded as Kubernetes words it. */
export type Verdict =
  | { readonly fits: true }
  | { readonly fits: false; readonly reason: string; readonly evenAfterPreemption: boolean }
export const fits: Verdict = Object.freeze({ fits: true })
export const refuse = (reason: string): Verdict => ({ fits: false, reason, evenAfterPreemption: false })
export const refuseAlways = (reason: string): Verdict => ({ fits: false, reason, evenAfterPreemption: true })

/** One node as a cycle sees it: the object and everything counted on it. */
export interface NodeView {
  readonly index: number
  readonly node: Node
  readonly columns: NodeColumns
}

/**
 * A scheduler plugin implements only the points it needs, under Kubernetes' names. `filter` and `score` are pure and
 * look at one node; they are the meaning of the plugin. What it adds as columns is the same, many nodes at a time.
 */
export interface SchedulerPlugin {
  readonly name: string
  /** What could make a refused pod fit. */
  readonly wakeOn?: readonly ClusterChange[]
  /** Whether the pod may enter the queue of those to be placed. */
  preEnqueue?(pod: Pod): Verdict
  preFilter?(facts: PodFacts, columns: NodeColumns): Verdict
  filter?(facts: PodFacts, node: NodeView): Verdict
  /** Marks unfit nodes of `candidates` with 0; the same answer as `filter`, for all of them. */
  filterColumns?(facts: PodFacts, columns: NodeColumns, candidates: Uint8Array): void
  /** For plugins that look beyond the node: what they found out once for the pod; undefined when it does not concern them. */
  prepare?(facts: PodFacts, columns: NodeColumns): Prepared | undefined
  /** Whether this pod cannot be refused by the plugin, so that it need not be asked at all. */
  skips?(facts: PodFacts): boolean
  /** A number of any size; `normalize` brings all of a pod's into 0 to 100. */
  score?(facts: PodFacts, node: NodeView): number
  normalize?(scores: Float64Array): void
  readonly weight?: number
  reserve?(pod: Pod, nodeName: string): Disposable
  permit?(pod: Pod, nodeName: string, signal: AbortSignal): Promise<Verdict>
  preBind?(pod: Pod, nodeName: string, signal: AbortSignal): Promise<void>
  /** False: not mine, ask the next. */
  bind?(pod: Pod, nodeName: string): Promise<boolean>
}

/** A plugin's answers about one pod, by the node's place in the columns. */
export interface Prepared {
  filter(place: number): Verdict
  score?(place: number): number
  normalize?(scores: Float64Array): void
}

/** Kubernetes: the highest becomes 100, the others in proportion; reversed where less is better. */
export function normalizeToMax(scores: Float64Array, reverse: boolean): void {
  let highest = 0
  for (const score of scores) highest = Math.max(highest, score)
  for (let at = 0; at < scores.length; at++) {
    if (highest === 0) scores[at] = reverse ? 100 : 0
    else {
      const scaled = Math.floor((scores[at]! * 100) / highest)
      scores[at] = reverse ? 100 - scaled : scaled
    }
  }
}
