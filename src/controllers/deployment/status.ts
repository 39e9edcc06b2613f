import { msOf, timestampOf } from '../../machinery/index.ts'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../resources/index.ts'
import { withoutCondition } from '../runtime/conditions.ts'
import { askedFor, limitsOf, replicasOf } from './sizes.ts'

type Conditions = readonly DeploymentCondition[]
type Said = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>

/** Kubernetes: the largest number stands for no deadline. */
export const hasDeadline = ({ spec }: Deployment): boolean =>
  spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds < 2 ** 31 - 1

export const progressingOf = (conditions: Conditions | undefined) =>
  conditions?.find(({ type }) => type === 'Progressing')

/** Conditions with this one said. Kubernetes: where status and reason stay, the whole condition stays. */
export function sayCondition(conditions: Conditions | undefined, said: Said, nowMs: number): Conditions {
  const known = conditions?.find(({ type }) => type === said.type)
  if (known !== undefined && known.status === said.status && known.reason === said.reason) return conditions ?? []
  const now = timestampOf(nowMs)
  const lastTransitionTime = known?.status === said.status ? (known.lastTransitionTime ?? now) : now
  return [...withoutCondition(conditions, said.type), { ...said, lastUpdateTime: now, lastTransitionTime }]
}

/** The status the sets make, with Available said, and Progressing as it was. */
export function observedStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  nowMs: number,
): DeploymentStatus {
  const all = [...oldSets, ...(newSet === undefined ? [] : [newSet])]
  const sum = (count: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas') =>
    all.reduce((total, { status }) => total + (status[count] ?? 0), 0)
  const available = sum('availableReplicas')
  const { collisionCount } = deployment.status
  const enough = available >= replicasOf(deployment) - limitsOf(deployment).maxUnavailable
  const said: Said = enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum('replicas'),
    updatedReplicas: newSet?.status.replicas ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, askedFor(all) - available),
    terminatingReplicas: sum('terminatingReplicas'),
    conditions: sayCondition(deployment.status.conditions, said, nowMs),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  }
}

/** The same, with what it says of the roll-out's progress. */
export function rolloutStatus(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  nowMs: number,
): DeploymentStatus {
  const status = observedStatus(deployment, newSet, oldSets, nowMs)
  const conditions = withFailure(progress(deployment, newSet, status, nowMs), newSet, oldSets, nowMs)
  return { ...status, conditions }
}

function progress(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  status: DeploymentStatus,
  nowMs: number,
): Conditions {
  const conditions = status.conditions ?? []
  if (!hasDeadline(deployment)) return withoutCondition(conditions, 'Progressing')
  const current = progressingOf(deployment.status.conditions)
  if (status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable') return conditions
  const what =
    newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`
  if (isComplete(deployment, status)) {
    const message = `${what} has successfully progressed.`
    return sayCondition(
      conditions,
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message },
      nowMs,
    )
  }
  if (hasProgressed(deployment.status, status)) {
    const now = timestampOf(nowMs)
    const lastTransitionTime = current?.status === 'True' ? (current.lastTransitionTime ?? now) : now
    const said = {
      type: 'Progressing',
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `${what} is progressing.`,
    }
    // Kubernetes: each step of progress moves the update time, from which the deadline counts.
    return [...withoutCondition(conditions, 'Progressing'), { ...said, lastUpdateTime: now, lastTransitionTime }]
  }
  if (hasTimedOut(deployment, status, nowMs)) {
    const message = `${what} has timed out progressing.`
    return sayCondition(
      conditions,
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message },
      nowMs,
    )
  }
  return conditions
}

/** Whether all wanted pods are of the new template and available, and no other is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment)
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const oldOf = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldOf(after) < oldOf(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, nowMs: number): boolean {
  const current = progressingOf(status.conditions)
  if (current === undefined || current.reason === 'NewReplicaSetAvailable') return false
  if (current.reason === 'ProgressDeadlineExceeded') return true
  return msOf(current.lastUpdateTime) + deployment.spec.progressDeadlineSeconds! * 1000 < nowMs
}

/** When to look whether the deadline has passed; undefined when nothing is waited for. */
export function deadlineInMs(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const current = progressingOf(status.conditions)
  if (!hasDeadline(deployment) || current === undefined) return undefined
  if (isComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return undefined
  // Kubernetes: a second late, so that the deadline has surely passed in whole seconds.
  const leftMs = msOf(current.lastUpdateTime) + deployment.spec.progressDeadlineSeconds! * 1000 - nowMs
  return Math.max(0, leftMs) + 1000
}

/** Kubernetes: why a set cannot make pods is said by the Deployment too, the new set's reason first. */
function withFailure(
  conditions: Conditions,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  nowMs: number,
): Conditions {
  const failures = (newSet === undefined ? oldSets : [newSet, ...oldSets])
    .map(({ status }) => status.conditions?.find(({ type }) => type === 'ReplicaFailure'))
    .filter((failure) => failure !== undefined)
  const failure = failures[0]
  if (failure === undefined) return withoutCondition(conditions, 'ReplicaFailure')
  const { type, status, reason, message } = failure
  return sayCondition(
    conditions,
    { type, status, ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) },
    nowMs,
  )
}
