import type { Client, RecordAction } from '../../client/index.ts'
import type { Clock } from '../../machinery/index.ts'
import type { Node, Pod, PodGroup } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import type { PodFacts } from './pod-facts.ts'

/** What may happen in the cluster, in the terms plugins wait for. */
export const everyChange = [
  'Node/Add',
  'Node/UpdateAllocatable',
  'Node/UpdateLabel',
  'Node/UpdateTaint',
  'Node/UpdateDeclaredFeature',
  'Node/UpdateOther',
  'AssignedPod/Add',
  'AssignedPod/Update',
  'AssignedPod/Delete',
  'Pod/UpdateSchedulingGates',
  'Pod/Update',
  'PersistentVolumeClaim/Add',
  'PersistentVolumeClaim/Update',
  'PersistentVolume/Add',
  'PersistentVolume/Update',
  'StorageClass/Add',
  'StorageClass/Update',
  'CSINode/Add',
  'CSINode/Update',
  'CSIDriver/Update',
  'CSIStorageCapacity/Add',
  'CSIStorageCapacity/Update',
  'VolumeAttachment/Delete',
  'ResourceClaim/Add',
  'ResourceClaim/Update',
  'Pod/UpdateGeneratedResourceClaim',
  'DeviceClass/Add',
  'DeviceClass/Update',
  'ResourceSlice/Add',
  'ResourceSlice/Update',
  'PodGroup/Add',
  'UnscheduledPod/Add',
] as const
export type ClusterChange = (typeof everyChange)[number]

/** Something that happened in the cluster: to a node, or to a pod that has one. */
export interface Happened {
  readonly change: ClusterChange
  readonly node?: Node
  readonly pod?: PodFacts
}

/** A plugin's answer for one pod and one node. A reason is worded as Kubernetes words it. */
export type Verdict =
  | { readonly fits: true }
  | { readonly fits: false; readonly reason: string; readonly evenAfterPreemption: boolean }
type Refused = Extract<Verdict, { readonly fits: false }>
export const fits: Verdict = Object.freeze({ fits: true })
export const refuse = (reason: string): Refused => ({ fits: false, reason, evenAfterPreemption: false })
export const refuseAlways = (reason: string): Refused => ({ fits: false, reason, evenAfterPreemption: true })

/** Some of the nodes, where only those are looked at. */
export interface Within {
  /** 1 at the places of those nodes. */
  readonly isIn: Uint8Array
  readonly count: number
}
/** Nodes that a group of pods may be placed on together (Kubernetes: Placement); without `within` all nodes. */
export interface GroupPlacement {
  readonly name: string
  readonly within: Within | undefined
}
/** A group of pods that is about to be placed, with those of its pods that have a node already. */
export interface PlacedGroup {
  readonly name: string
  readonly group: PodGroup | undefined
  readonly scheduled: readonly { readonly pod: Pod; readonly nodeName: string }[]
  readonly columns: NodeColumns
}

/** One node as a cycle sees it: the object and everything counted on it. */
export interface NodeView {
  readonly index: number
  readonly node: Node
  readonly columns: NodeColumns
}

/**
 * A scheduler plugin implements only the points it needs, under Kubernetes' names. `filter` and `score` are pure and
 * look at one node; they are the meaning of the plugin. `fits` is `filter` without words, for speed.
 */
export interface SchedulerPlugin {
  readonly name: string
  /** What could make a refused pod fit. */
  readonly wakeOn?: readonly ClusterChange[]
  /**
   * Whether something of `wakeOn` that happened could make this pod fit that the plugin refused (Kubernetes: a queueing hint).
   * Without it everything could; a plugin that goes by the node alone is asked whether it takes the pod on that node now.
   */
  helps?(facts: PodFacts, happened: Happened, columns: NodeColumns): boolean
  /**
   * What `filter` and `score` go by besides the pod: the node alone, or also what it holds; their answers are then kept for
   * pods of the same signature until that changes. Without it every pod is answered anew.
   */
  readonly goesBy?: 'node' | 'pods'
  /** Whether the pod may enter the queue of those to be placed. */
  preEnqueue?(pod: Pod, columns: NodeColumns): Verdict
  /** The only nodes that can take the pod, by name, where that is known at once (Kubernetes: PreFilterResult). */
  nodeNames?(facts: PodFacts): readonly string[] | undefined
  filter?(facts: PodFacts, node: NodeView): Verdict
  fits?(facts: PodFacts, place: number, columns: NodeColumns): boolean
  /** What would make the pod fit on a node that the plugin refuses, as a phrase: `uncordon the node`. */
  remedy?(facts: PodFacts, node: NodeView): string
  /** For plugins that look beyond the node: what they found out once for the pod; undefined when it does not concern them. */
  prepare?(facts: PodFacts, columns: NodeColumns): Prepared | undefined
  /** What can be done for a pod that no node takes, and what is said of it. */
  postFilter?(facts: PodFacts, columns: NodeColumns): PostFiltered
  /** Whether this pod cannot be refused by the plugin, so that it need not be asked at all. */
  skips?(facts: PodFacts): boolean
  /** Whether nodes may differ in a score that is asked anew or compared; where they do not, it is left out. Default: they may. */
  compares?(facts: PodFacts, columns: NodeColumns): boolean
  /** A number of any size; `normalize` brings all of a pod's into 0 to 100. */
  score?(facts: PodFacts, node: NodeView): number
  /** Changes the first `count` scores. */
  normalize?(scores: Float64Array, count: number): void
  readonly weight?: number
  /** Which nodes a group's pods may be placed on together; throws where that cannot be said. */
  placements?(group: PlacedGroup): readonly GroupPlacement[]
  /** How good it is to place these pods of a group there; `normalizePlacements` brings all into 0 to 100. */
  scorePlacement?(group: PlacedGroup, placement: GroupPlacement, members: readonly PodFacts[]): number
  normalizePlacements?(scores: readonly number[]): readonly number[]
  /** What a score of placements counts for. */
  readonly placementWeight?: number
  /** Counts what the pod takes besides room as taken, until disposed; undefined: nothing, and nothing is to be done before it is bound. */
  reserve?(facts: PodFacts, nodeName: string, columns: NodeColumns): Disposable | undefined
  permit?(pod: Pod, nodeName: string, signal: AbortSignal): Promise<Verdict>
  /** What has to be so before the pod is bound; rejects when it cannot be, and the pod looks for another place. */
  preBind?(facts: PodFacts, nodeName: string, tools: BindTools, signal: AbortSignal): Promise<void>
  /** Takes back what was written for a pod that is not bound after all. */
  unreserve?(facts: PodFacts, nodeName: string, tools: BindTools): Promise<void>
}

/** What a plugin says, and does, where no node takes a pod. */
export interface PostFiltered {
  readonly says: string
  readonly act?: (tools: Pick<BindTools, 'client'>) => Promise<void>
}
/** Something is wrong that no other node would make right: the pod is not placed, and told so. */
export class FilterError extends Error {
  override name = 'FilterError'
}

/** What a plugin may use on the way from a decision to the binding. */
export interface BindTools {
  readonly client: Client
  readonly clock: Clock
  readonly columns: NodeColumns
  readonly record: RecordAction
}

/** A plugin's answers about one pod, by the node's place in the columns. */
export interface Prepared {
  /** The pod goes nowhere, whatever nodes there are, and why. */
  readonly nowhere?: Refused
  filter?(place: number): Verdict
  /** The same as `filter`, where that goes by the domain of a place alone and there are few of them. */
  readonly byDomain?: ByDomain
  remedy?(place: number): string
  /** Told of the nodes that are to be compared, `count` places, before any is scored. */
  compare?(places: Int32Array, count: number): void
  score?(place: number): number
  /** The same as `score`, of many places at once. */
  scoreAll?(places: Int32Array, count: number, scores: Float64Array): void
  normalize?(scores: Float64Array, count: number): void
}

/** Which domains take a pod: 1 at one more than the domain of a place, 0 standing for places that have none. */
export interface ByDomain {
  readonly domainOf: Int32Array
  readonly takes: Uint8Array
}

/** Kubernetes: the highest becomes 100, the others in proportion; reversed where less is better. */
export function normalizeToMax(scores: Float64Array, count: number, reverse: boolean): void {
  let highest = 0
  for (let at = 0; at < count; at++) if (scores[at]! > highest) highest = scores[at]!
  for (let at = 0; at < count; at++) {
    if (highest === 0) scores[at] = reverse ? 100 : 0
    else {
      const scaled = Math.floor((scores[at]! * 100) / highest)
      scores[at] = reverse ? 100 - scaled : scaled
    }
  }
}
