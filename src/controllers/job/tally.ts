import { isReady, isTerminal, msOf } from '../../machinery/index.ts'
import type { Job, Pod } from '../../resources/index.ts'
import { failedIndexesOf, latestFailures, limitsEachIndex } from './index-failures.ts'
import { indexOfPod, parseIndexes } from './indexes.ts'
import { matchFailurePolicy } from './policies.ts'

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'

/** What has become of a Job's pods. */
export interface Tally {
  readonly active: readonly Pod[]
  readonly terminating: number
  readonly ready: number
  /** Counted for good: their pods are free to go. */
  readonly succeeded: number
  readonly failed: number
  /** Ended, noted by uid, their pods not yet free to go. */
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] }
  /** For Indexed Jobs: what is done. */
  readonly completed: ReadonlySet<number>
  /** For Jobs that limit the failures of each index: what has failed for good. */
  readonly failedIndexes: ReadonlySet<number>
  /** For such Jobs, the latest failed pod of each index: what follows it takes over its counts. */
  readonly latestFailed: ReadonlyMap<number, Pod>
  /** Why a failed pod ends the Job by its policy; empty when none does. */
  readonly policyFailure: string
  /** Failed pods that stay until others have followed them, or the Job ends. */
  readonly held: readonly Pod[]
  /** Pods to be freed once the status that notes them is written. */
  readonly release: readonly Pod[]
}

export const isTracked = ({ metadata }: Pod): boolean => metadata.finalizers?.includes(trackingFinalizer) === true
export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed'

/**
 * Counts each ended pod once, whatever crashes in between: its uid is noted in the status, then its finalizer goes, then
 * the note becomes part of the number.
 */
export function tallyOf(job: Job, pods: readonly Pod[]): Tally {
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid, pod]))
  const noted = job.status.uncountedTerminatedPods ?? {}
  const isHeld = (uid: string) => {
    const pod = byUid.get(uid)
    return pod !== undefined && isTracked(pod)
  }
  const still = { succeeded: (noted.succeeded ?? []).filter(isHeld), failed: (noted.failed ?? []).filter(isHeld) }
  const succeeded = (job.status.succeeded ?? 0) + (noted.succeeded ?? []).length - still.succeeded.length
  const failed = (job.status.failed ?? 0) + (noted.failed ?? []).length - still.failed.length
  const completed = parseIndexes(job.status.completedIndexes, job.spec.completions ?? 0)
  const release: Pod[] = []
  const held: Pod[] = []
  const failedPods = pods.filter((pod) => isFailed(job, pod))
  const active = pods.filter((pod) => !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined)
  for (const pod of pods) if (pod.status.phase === 'Succeeded' && isIndexed(job)) noteIndex(job, pod, completed)
  const failedIndexes = failedIndexesOf(job, failedPods, completed)
  const latestFailed = limitsEachIndex(job) ? latestFailures(failedPods) : new Map<number, Pod>()
  const over = new Set([...completed, ...failedIndexes, ...active.map((pod) => indexOfPod(pod) ?? -1)])
  const mustStay = (pod: Pod) => {
    const index = indexOfPod(pod)
    return index !== undefined && latestFailed.get(index) === pod && !over.has(index)
  }
  for (const pod of pods) {
    const { uid } = pod.metadata
    const hasFailed = isFailed(job, pod)
    if (!isTracked(pod) || !(hasFailed || pod.status.phase === 'Succeeded')) continue
    if (mustStay(pod)) held.push(pod)
    else release.push(pod)
    if (hasFailed && matchFailurePolicy(job, pod).action === 'Ignore') continue
    const list = hasFailed ? still.failed : still.succeeded
    // Indexes are their own account.
    if (!list.includes(uid) && (hasFailed || !isIndexed(job))) list.push(uid)
  }
  return {
    active,
    terminating: pods.filter((pod) => !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined).length,
    ready: active.filter(isReady).length,
    succeeded: isIndexed(job) ? completed.size : succeeded,
    failed,
    uncounted: still,
    completed,
    failedIndexes,
    latestFailed,
    policyFailure: failedPods.map((pod) => matchFailurePolicy(job, pod).message).find((text) => text !== '') ?? '',
    held,
    release,
  }
}

function noteIndex(job: Job, pod: Pod, completed: Set<number>): void {
  const index = indexOfPod(pod)
  if (index !== undefined && index < (job.spec.completions ?? 0)) completed.add(index)
}

/** Kubernetes: unless told to wait for the end, a pod that is going counts as failed: it might never say how it ended. */
function isFailed({ spec }: Job, pod: Pod): boolean {
  if (pod.status.phase === 'Failed') return true
  return (
    pod.metadata.deletionTimestamp !== undefined &&
    pod.status.phase !== 'Succeeded' &&
    spec.podReplacementPolicy !== 'Failed'
  )
}

/** When a pod ended, as well as it can be known. */
export function endedMs(pod: Pod): number {
  const ends = (pod.status.containerStatuses ?? [])
    .map(({ state }) => msOf(state?.terminated?.finishedAt))
    .filter((ms) => !Number.isNaN(ms))
  if (ends.length > 0) return Math.max(...ends)
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata
  const unready = pod.status.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False')
  if (unready?.lastTransitionTime !== undefined) return msOf(unready.lastTransitionTime)
  return deletionTimestamp === undefined
    ? msOf(creationTimestamp)
    : msOf(deletionTimestamp) - deletionGracePeriodSeconds * 1000
}

/** When pods failed since the last one that succeeded, by uid, with those that are remembered and gone by now. */
export function failureTimes(
  job: Job,
  pods: readonly Pod[],
  remembered: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const succeeded = pods.filter(({ status }) => status.phase === 'Succeeded').map(endedMs)
  const lastSuccessMs = Math.max(Number.NEGATIVE_INFINITY, ...succeeded)
  const times = new Map(remembered)
  for (const pod of pods) if (isFailed(job, pod)) times.set(pod.metadata.uid, endedMs(pod))
  return new Map([...times].filter(([, ms]) => ms > lastSuccessMs))
}
