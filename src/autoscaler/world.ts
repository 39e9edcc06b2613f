import type { Tools } from '../controllers/index.ts'
import { configMaps, type Node, type Pod, type ResourceSlice } from '../resources/index.ts'
import type { Trial } from '../scheduler/index.ts'
import type { NodeGroup, NodeGroupProvider } from './groups.ts'
import type { AutoscalerMeasures } from './measures.ts'
import type { AutoscalerOptions } from './options.ts'
import { statusName } from './status.ts'

/** What all parts of the autoscaler work with. */
export interface World {
  readonly tools: Tools
  readonly provider: NodeGroupProvider
  readonly options: AutoscalerOptions
  readonly measures: AutoscalerMeasures
  /** The cluster as its caches have it, to try things in. */
  readonly trial: Trial
  readonly podsOn: (nodeName: string) => readonly Pod[]
  /** What drivers offer on a node alone. */
  readonly slicesOn: (nodeName: string) => readonly ResourceSlice[]
}
/** A group as it is now: its nodes, and those that are asked for. */
export interface GroupNow {
  readonly group: NodeGroup
  readonly nodes: readonly Node[]
  /** There, and not up yet. */
  readonly starting: readonly Node[]
  /** Asked for, and not there yet. */
  readonly missing: number
}

/** What events that are about no pod and no node are about. */
export function statusObject({ cached }: Tools) {
  const none = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...statusName, uid: '', resourceVersion: '' } }
  return cached(configMaps).get(statusName) ?? (none as never)
}
