import { controllerOf, labelQueryOf, labelQueryText, labelSelectorText, labelsText } from '../../machinery/index.ts'
import { ageOf, type Cells, containerCells } from '../cells.ts'
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../generated/types.ts'

/** Kubernetes: a Deployment's empty selector is shown as nothing, a ReplicaSet's as `<none>`. */
function deploymentSelector(deployment: Deployment): string {
  try {
    return labelQueryText(labelQueryOf(deployment.spec?.selector))
  } catch {
    return '<invalid>'
  }
}

export const deploymentCells: Cells<Deployment> = (deployment, nowMs) => {
  const { spec, status } = deployment
  return [
    deployment.metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    ageOf(deployment, nowMs),
    ...containerCells(spec?.template.spec?.containers),
    deploymentSelector(deployment),
  ]
}

export const replicaSetCells: Cells<ReplicaSet> = (set, nowMs) => [
  set.metadata.name,
  set.spec?.replicas ?? 0,
  set.status?.replicas ?? 0,
  set.status?.readyReplicas ?? 0,
  ageOf(set, nowMs),
  ...containerCells(set.spec?.template?.spec?.containers),
  labelSelectorText(set.spec?.selector),
]

export const daemonSetCells: Cells<DaemonSet> = (set, nowMs) => {
  const { spec, status } = set
  return [
    set.metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    labelsText(spec?.template.spec?.nodeSelector),
    ageOf(set, nowMs),
    ...containerCells(spec?.template.spec?.containers),
    labelSelectorText(spec?.selector),
  ]
}

export const statefulSetCells: Cells<StatefulSet> = (set, nowMs) => [
  set.metadata.name,
  `${set.status?.readyReplicas ?? 0}/${set.spec?.replicas ?? 0}`,
  ageOf(set, nowMs),
  ...containerCells(set.spec?.template.spec?.containers),
]

export const controllerRevisionCells: Cells<ControllerRevision> = (revision, nowMs) => {
  const owner = controllerOf(revision)
  const group = owner?.apiVersion.includes('/') === true ? `.${owner.apiVersion.split('/')[0]}` : ''
  return [
    revision.metadata.name,
    owner === undefined ? '<none>' : `${owner.kind.toLowerCase()}${group}/${owner.name}`,
    revision.revision,
    ageOf(revision, nowMs),
  ]
}
