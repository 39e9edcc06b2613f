import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../generated/types.ts'
import { controllerRevisionHooks, daemonSetHooks, deploymentHooks, replicaSetHooks, statefulSetHooks } from './hooks.ts'

export const controllerRevisions = defineResource<ControllerRevision>(
  'controllerrevisions.v1.apps',
  controllerRevisionHooks,
)
export const daemonSets = defineResource<DaemonSet>('daemonsets.v1.apps', daemonSetHooks)
export const deployments = defineResource<Deployment>('deployments.v1.apps', deploymentHooks)
export const replicaSets = defineResource<ReplicaSet>('replicasets.v1.apps', replicaSetHooks)
export const statefulSets = defineResource<StatefulSet>('statefulsets.v1.apps', statefulSetHooks)

/** Every resource of this group, in the order discovery would list them. */
export const appsResources: readonly ResourceDefinition<any>[] = [
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
]
