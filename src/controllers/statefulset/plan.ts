import { isAvailable, isReady, isTerminal, scaledValue } from '../../machinery/index.ts'
import type { Pod, StatefulSet, StatefulSetStatus } from '../../resources/index.ts'
import { revisionHashLabel } from '../runtime/revisions.ts'

export interface Creation {
  readonly ordinal: number
  readonly revision: 'current' | 'update'
}
export interface StatefulPlan {
  readonly create: readonly Creation[]
  readonly remove: readonly Pod[]
  /** Ended pods that are removed so that their name is free again. */
  readonly recreate: readonly Pod[]
}
/** The names of the revision that is being left and of the one that is being reached. */
export interface RevisionNames {
  readonly current: string
  readonly update: string
}

const isGoing = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined
const revisionOf = ({ metadata }: Pod): string | undefined => metadata.labels?.[revisionHashLabel]

/** The number at the end of a pod's name; undefined when the name is not one of the set's. */
export function ordinalOf(set: StatefulSet, { metadata }: Pod): number | undefined {
  const match = /^(.+)-(\d+)$/.exec(metadata.name)
  return match?.[1] === set.metadata.name ? Number(match[2]) : undefined
}

/**
 * The next step. Kubernetes: in order, each pod waits for all before it to be ready, up and down; in parallel, all are
 * made and removed at once. Updates go one by one, from the highest ordinal down to the partition, or, with
 * `mayLackSeveral` (MaxUnavailableStatefulSet), as many at once as may be missing.
 */
export function planStatefulSet(
  set: StatefulSet,
  pods: readonly Pod[],
  names: RevisionNames,
  nowMs: number,
  mayLackSeveral = false,
): StatefulPlan {
  const inOrder = set.spec.podManagementPolicy !== 'Parallel'
  const first = set.spec.ordinals?.start ?? 0
  const end = first + (set.spec.replicas ?? 1)
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod) ?? -1, pod]))
  const healthy = (pod: Pod) =>
    pod.status.phase === 'Running' &&
    isReady(pod) &&
    !isGoing(pod) &&
    isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)
  const ofCurrent = pods.filter((pod) => revisionOf(pod) === names.current && !isGoing(pod)).length
  const plan = { create: [] as Creation[], remove: [] as Pod[], recreate: [] as Pod[] }
  for (let ordinal = first; ordinal < end; ordinal++) {
    const pod = byOrdinal.get(ordinal)
    if (pod === undefined) plan.create.push({ ordinal, revision: revisionFor(set, ordinal - first, ofCurrent) })
    else if (isTerminal(pod) && !isGoing(pod)) plan.recreate.push(pod)
    const acts = plan.create.length + plan.recreate.length > 0
    if (inOrder && (acts || pod === undefined || !healthy(pod))) return acts ? plan : condemn(plan, [])
  }
  const condemned = [...byOrdinal.entries()].filter(([ordinal]) => ordinal >= 0 && (ordinal < first || ordinal >= end))
  const doomed = condemned.toSorted(([left], [right]) => right - left).map(([, pod]) => pod)
  if (doomed.length > 0 || plan.create.length + plan.recreate.length > 0)
    return condemn(plan, nextDoomed(doomed, { inOrder, healthy }))
  const range = { byOrdinal, first, end, names, healthy }
  return condemn(plan, mayLackSeveral ? outdatedTogether(set, range) : outdated(set, range))
}

const condemn = (plan: StatefulPlan, remove: readonly Pod[]): StatefulPlan => ({ ...plan, remove })

/** Highest first. Kubernetes: in order, one that is going is waited for, and so is one that is not well, but the last. */
function nextDoomed(
  doomed: readonly Pod[],
  { inOrder, healthy }: { readonly inOrder: boolean; readonly healthy: (pod: Pod) => boolean },
): readonly Pod[] {
  if (!inOrder) return doomed.filter((pod) => !isGoing(pod))
  const next = doomed[0]
  if (next === undefined || isGoing(next)) return []
  const firstUnhealthy = doomed.toReversed().find((pod) => !healthy(pod))
  return healthy(next) || next === firstUnhealthy ? [next] : []
}

interface Range {
  readonly byOrdinal: ReadonlyMap<number, Pod>
  readonly first: number
  readonly end: number
  readonly names: RevisionNames
  readonly healthy: (pod: Pod) => boolean
}
function outdated(set: StatefulSet, { byOrdinal, first, end, names, healthy }: Range): readonly Pod[] {
  if (set.spec.updateStrategy?.type === 'OnDelete') return []
  const least = first + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0)
  for (let ordinal = end - 1; ordinal >= least; ordinal--) {
    const pod = byOrdinal.get(ordinal)
    if (pod === undefined) return []
    if (revisionOf(pod) !== names.update && !isGoing(pod)) return [pod]
    if (!healthy(pod)) return []
  }
  return []
}

/** The highest pods of another revision, as many as may be missing beyond those that are not well already. */
function outdatedTogether(set: StatefulSet, { byOrdinal, first, end, names, healthy }: Range): readonly Pod[] {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return []
  const ordinals = Array.from({ length: end - first }, (_, index) => end - 1 - index)
  const there = ordinals.map((ordinal) => byOrdinal.get(ordinal))
  const missing = there.filter((pod) => pod === undefined || !healthy(pod)).length
  // Kubernetes: a share that comes to less than one pod is one pod.
  const mayLack = Math.max(1, scaledValue(rollingUpdate?.maxUnavailable ?? 1, ordinals.length, 'down'))
  const least = first + (rollingUpdate?.partition ?? 0)
  const old = there.filter(
    (pod, index): pod is Pod =>
      pod !== undefined && ordinals[index]! >= least && revisionOf(pod) !== names.update && !isGoing(pod),
  )
  return old.slice(0, Math.max(0, mayLack - missing))
}

/** Kubernetes: below the partition, and below the pods still of the current revision, that revision is made again. */
function revisionFor(set: StatefulSet, index: number, ofCurrent: number): Creation['revision'] {
  const { updateStrategy } = set.spec
  if (updateStrategy?.type === 'OnDelete') return 'update'
  const partition = updateStrategy?.rollingUpdate?.partition
  const keeps = partition === undefined || partition === 0 ? ofCurrent : partition
  return index < keeps ? 'current' : 'update'
}

/** The status these pods make. */
export function statefulStatus(
  set: StatefulSet,
  pods: readonly Pod[],
  names: RevisionNames,
  collisionCount: number | undefined,
  nowMs: number,
): StatefulSetStatus {
  const standing = pods.filter((pod) => !isGoing(pod))
  const running = pods.filter(({ status }) => status.phase === 'Running')
  const ofRevision = (name: string) => standing.filter((pod) => revisionOf(pod) === name).length
  const ready = running.filter(isReady)
  const { conditions } = set.status
  const status = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)).length,
    currentReplicas: ofRevision(names.current),
    updatedReplicas: ofRevision(names.update),
    currentRevision: names.current,
    updateRevision: names.update,
    collisionCount: collisionCount ?? 0,
    ...(conditions === undefined ? {} : { conditions }),
  }
  const isThere =
    status.updatedReplicas === status.replicas &&
    status.readyReplicas === status.replicas &&
    status.replicas === (set.spec.replicas ?? 1)
  // Kubernetes: the new revision becomes the current one when all pods have it and are ready.
  if (set.spec.updateStrategy?.type === 'OnDelete' || !isThere) return status
  return { ...status, currentReplicas: status.updatedReplicas, currentRevision: names.update }
}
