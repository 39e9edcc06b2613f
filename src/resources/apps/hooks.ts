import type { HooksFor } from '../define.ts'
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../generated/types.ts'
import { controllerRevisionCells, daemonSetCells, deploymentCells, replicaSetCells, statefulSetCells } from './cells.ts'

export const controllerRevisionHooks: HooksFor<ControllerRevision> = { cells: controllerRevisionCells }
export const daemonSetHooks: HooksFor<DaemonSet> = { cells: daemonSetCells }
export const deploymentHooks: HooksFor<Deployment> = { cells: deploymentCells }
export const replicaSetHooks: HooksFor<ReplicaSet> = { cells: replicaSetCells }
export const statefulSetHooks: HooksFor<StatefulSet> = { cells: statefulSetCells }
