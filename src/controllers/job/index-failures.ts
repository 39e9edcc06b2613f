import { conditionOf } from '../../machinery/index.ts'
import type { Job, Pod } from '../../resources/index.ts'
import { indexOfPod, parseIndexes } from './indexes.ts'
import { matchFailurePolicy } from './policies.ts'

export const failureCountKey = 'batch.kubernetes.io/job-index-failure-count'
export const ignoredFailureCountKey = 'batch.kubernetes.io/job-index-ignored-failure-count'

/** How often an index has failed before a pod, which the pod itself carries on. */
export interface FailureCounts {
  readonly counted: number
  readonly ignored: number
}

/** Whether each index of the Job may fail so often, instead of all together. */
export const limitsEachIndex = ({ spec }: Job): boolean => spec.backoffLimitPerIndex !== undefined

function countsOf({ metadata }: Pod): FailureCounts {
  const read = (key: string) => {
    const text = metadata.annotations?.[key] ?? ''
    return /^\d+$/.test(text) ? Number(text) : 0
  }
  return { counted: read(failureCountKey), ignored: read(ignoredFailureCountKey) }
}
const allOf = ({ counted, ignored }: FailureCounts) => counted + ignored

/** The counts for the pod that follows a failed one; of the first pod when there is none. */
export function countsAfter(job: Job, failed: Pod | undefined): FailureCounts {
  if (failed === undefined) return { counted: 0, ignored: 0 }
  const { counted, ignored } = countsOf(failed)
  return matchFailurePolicy(job, failed).action === 'Ignore'
    ? { counted, ignored: ignored + 1 }
    : { counted: counted + 1, ignored }
}

/** The latest failed pod of each index. */
export function latestFailures(failed: readonly Pod[]): ReadonlyMap<number, Pod> {
  const latest = new Map<number, Pod>()
  for (const pod of failed) {
    const index = indexOfPod(pod)
    if (index === undefined) continue
    const known = latest.get(index)
    if (known === undefined || allOf(countsOf(known)) < allOf(countsOf(pod))) latest.set(index, pod)
  }
  return latest
}

/** The indexes that have failed for good: those known before, and those whose pod failed once too often or must not be tried again. */
export function failedIndexesOf(job: Job, failed: readonly Pod[], completed: ReadonlySet<number>): Set<number> {
  const { backoffLimitPerIndex, completions = 0 } = job.spec
  if (backoffLimitPerIndex === undefined) return new Set()
  const indexes = parseIndexes(job.status.failedIndexes, completions)
  // Kubernetes: what is stopped since the Job must fail does not make its index a failed one.
  if (conditionOf(job, 'FailureTarget')?.status === 'True') return indexes
  for (const pod of failed) {
    const index = indexOfPod(pod)
    if (index === undefined || index >= completions || completed.has(index)) continue
    const { action } = matchFailurePolicy(job, pod)
    if (action === 'FailIndex' || (action !== 'Ignore' && countsOf(pod).counted >= backoffLimitPerIndex))
      indexes.add(index)
  }
  return indexes
}
