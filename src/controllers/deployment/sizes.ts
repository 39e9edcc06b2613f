import { msOf, scaledValue } from '../../machinery/index.ts'
import type { Deployment, ReplicaSet } from '../../resources/index.ts'

export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas'
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas'

export const replicasOf = (object: { readonly spec: { readonly replicas?: number } }): number =>
  object.spec.replicas ?? 1
export const isActiveSet = (set: ReplicaSet): boolean => replicasOf(set) > 0
export const isRolling = ({ spec }: Deployment): boolean => spec.strategy?.type !== 'Recreate'

/** Pods that the sets ask for. */
export const askedFor = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + replicasOf(set), 0)

/** How many pods may be there beyond, and may be missing below, the wanted number while it rolls. */
export function limitsOf(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 }
  const replicas = replicasOf(deployment)
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {}
  const surge = scaledValue(maxSurge, replicas, 'up')
  const missing = scaledValue(maxUnavailable, replicas, 'down')
  // Kubernetes: both may round to zero, and then nothing could ever move.
  const unavailable = surge === 0 && missing === 0 ? 1 : missing
  return { maxSurge: surge, maxUnavailable: replicas === 0 ? 0 : Math.min(unavailable, replicas) }
}

/** The size the new set may have now: as much as the surge leaves room for. */
export function newSetSize(deployment: Deployment, all: readonly ReplicaSet[], newSetReplicas: number): number {
  const wanted = replicasOf(deployment)
  if (!isRolling(deployment)) return wanted
  const room = wanted + limitsOf(deployment).maxSurge - askedFor(all)
  return room <= 0 ? newSetReplicas : newSetReplicas + Math.min(room, wanted - newSetReplicas)
}

export interface Scale {
  readonly set: ReplicaSet
  readonly to: number
}

/**
 * The one next step of a rolling update: the new set grows as far as the surge allows; when it cannot, old ones shrink as
 * far as availability allows, their unhealthy pods first.
 */
export function planRolling(
  deployment: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): readonly Scale[] {
  const wanted = replicasOf(deployment)
  const size = replicasOf(newSet)
  const to = size > wanted ? wanted : newSetSize(deployment, [...oldSets, newSet], size)
  if (to !== size) return [{ set: newSet, to }]
  return planShrinking(deployment, newSet, oldSets.filter(isActiveSet))
}

/** Worked example: 10 wanted, 2 may be missing, old 8 (all available), new 5 (2 available): 13 - 8 - 3 = 2 may go. */
function planShrinking(deployment: Deployment, newSet: ReplicaSet, oldSets: readonly ReplicaSet[]): readonly Scale[] {
  if (oldSets.length === 0) return []
  const minAvailable = replicasOf(deployment) - limitsOf(deployment).maxUnavailable
  const all = [...oldSets, newSet]
  const newUnavailable = replicasOf(newSet) - (newSet.status.availableReplicas ?? 0)
  let unhealthyLeft = askedFor(all) - minAvailable - newUnavailable
  if (unhealthyLeft <= 0) return []
  const oldestFirst = oldSets.toSorted(byCreation)
  const sizes = new Map(oldestFirst.map((set) => [set, replicasOf(set)]))
  for (const set of oldestFirst) {
    const unhealthy = Math.min(unhealthyLeft, Math.max(0, sizes.get(set)! - (set.status.availableReplicas ?? 0)))
    sizes.set(set, sizes.get(set)! - unhealthy)
    unhealthyLeft -= unhealthy
  }
  let healthyLeft = all.reduce((sum, set) => sum + (set.status.availableReplicas ?? 0), 0) - minAvailable
  for (const set of oldestFirst) {
    const healthy = Math.min(Math.max(0, healthyLeft), sizes.get(set)!)
    sizes.set(set, sizes.get(set)! - healthy)
    healthyLeft -= healthy
  }
  return oldestFirst.filter((set) => sizes.get(set) !== replicasOf(set)).map((set) => ({ set, to: sizes.get(set)! }))
}

/** What changes when the wanted number itself changed: while several sets are active, each in proportion to its size. */
export function planScaling(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): readonly Scale[] {
  const wanted = replicasOf(deployment)
  const only = activeOrLatest(newSet, oldSets)
  if (only !== undefined) return replicasOf(only) === wanted ? [] : [{ set: only, to: wanted }]
  const oldActive = oldSets.filter(isActiveSet)
  if (newSet !== undefined && isSaturated(deployment, newSet)) return oldActive.map((set) => ({ set, to: 0 }))
  if (!isRolling(deployment)) return []
  const all = [...oldActive, ...(newSet !== undefined && isActiveSet(newSet) ? [newSet] : [])]
  const allowed = wanted > 0 ? wanted + limitsOf(deployment).maxSurge : 0
  const toAdd = allowed - askedFor(all)
  // The largest gets what rounding leaves; of equal ones the newer when growing, the older when shrinking.
  const ordered = all.toSorted(
    (left, right) =>
      replicasOf(right) - replicasOf(left) || (toAdd > 0 ? byCreation(right, left) : byCreation(left, right)),
  )
  let added = 0
  const sizes = ordered.map((set) => {
    const share = toAdd === 0 ? 0 : shareOf(deployment, set, toAdd, added)
    added += share
    return replicasOf(set) + share
  })
  if (toAdd !== 0) sizes[0] = Math.max(0, sizes[0]! + toAdd - added)
  return ordered.map((set, index) => ({ set, to: sizes[index]! }))
}

/** The one set that follows the wanted number: the only active one, or, when none is, the newest. */
function activeOrLatest(newSet: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const active = [...oldSets, ...(newSet === undefined ? [] : [newSet])].filter(isActiveSet)
  if (active.length > 1) return undefined
  return active[0] ?? newSet ?? oldSets.toSorted(byCreation).at(-1)
}

/** Whether the new set has all its pods, available, for the number wanted now. */
function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = replicasOf(deployment)
  return (
    replicasOf(set) === wanted &&
    Number(set.metadata.annotations?.[desiredReplicasAnnotation]) === wanted &&
    (set.status.availableReplicas ?? 0) === wanted
  )
}

function shareOf(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  if (replicasOf(set) === 0 || toAdd === added) return 0
  const share = fractionOf(deployment, set)
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added)
}

function fractionOf(deployment: Deployment, set: ReplicaSet): number {
  const wanted = replicasOf(deployment)
  if (wanted === 0) return -replicasOf(set)
  const noted = Number(set.metadata.annotations?.[maxReplicasAnnotation])
  const before = Number.isInteger(noted) && noted > 0 ? noted : (deployment.status.replicas ?? 0)
  if (before === 0) return 0
  return Math.round((replicasOf(set) * (wanted + limitsOf(deployment).maxSurge)) / before) - replicasOf(set)
}

/** Oldest first, by name where times are the same. */
export function byCreation(left: ReplicaSet, right: ReplicaSet): number {
  const difference = msOf(left.metadata.creationTimestamp) - msOf(right.metadata.creationTimestamp)
  return difference || (left.metadata.name < right.metadata.name ? -1 : 1)
}

/** Whether the wanted number changed since the sets were last sized for it. */
export function isScalingEvent(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return all.filter(isActiveSet).some(({ metadata }) => {
    const noted = metadata.annotations?.[desiredReplicasAnnotation]
    return noted !== undefined && Number(noted) !== replicasOf(deployment)
  })
}
