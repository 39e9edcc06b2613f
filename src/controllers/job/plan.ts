import { conditionOf, isReady, msOf, timestampOf } from '../../machinery/index.ts'
import {
  hasStarted,
  type Job,
  type JobCondition,
  type JobOrder,
  type JobStatus,
  type Pod,
} from '../../resources/index.ts'
import { setCondition } from '../runtime/conditions.ts'
import { countsAfter, type FailureCounts, limitsEachIndex } from './index-failures.ts'
import { freeIndexes, indexesText, indexOfPod } from './indexes.ts'
import { matchSuccessPolicy } from './policies.ts'
import { endedMs, failureTimes, isIndexed, type Tally, tallyOf } from './tally.ts'

export interface JobPlan {
  readonly status: JobStatus
  /** One for each pod to create: its index, or undefined where there are none. */
  readonly create: readonly (number | undefined)[]
  /** For Jobs that limit the failures of each index: how often those of the indexes to create have failed. */
  readonly failures: ReadonlyMap<number, FailureCounts>
  /** Not needed any more; they do not count as failed. */
  readonly remove: readonly Pod[]
  /** The Job has failed: what still runs is stopped, and counts as failed. */
  readonly stop: readonly Pod[]
  readonly release: readonly Pod[]
  readonly events: readonly { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }[]
  readonly againInMs: number | undefined
}

/** Kubernetes: at most this many pods at once, and this long to wait after failures. */
const burst = 500
const backoffMsFirst = 10_000
const backoffMsMax = 600_000

type Verdict = Pick<JobCondition, 'reason' | 'message'>
const nothing = {
  create: [],
  failures: new Map(),
  remove: [],
  stop: [],
  release: [],
  events: [],
  againInMs: undefined,
} as const

export const isFinished = (job: Job): boolean =>
  conditionOf(job, 'Complete')?.status === 'True' || conditionOf(job, 'Failed')?.status === 'True'

/** What is next for a Job with these pods, and those that failed before. */
export function planJob(
  job: Job,
  pods: readonly Pod[],
  nowMs: number,
  order: JobOrder = inNoOrder,
  failedAt: ReadonlyMap<string, number> = failureTimes(job, pods, new Map()),
): JobPlan {
  const tally = tallyOf(job, pods)
  if (isFinished(job)) return { ...nothing, status: job.status, release: allOf(tally) }
  const failure = failureOf(job, tally, pods, nowMs) ?? failurePassedOn(job, order)
  if (failure !== undefined) return ending(job, tally, 'Failed', failure, nowMs)
  const success = successOf(job, tally)
  if (success !== undefined) return ending(job, tally, 'Complete', success, nowMs)
  if (job.metadata.deletionTimestamp !== undefined)
    return { ...nothing, status: statusOf(job, tally, 0), release: allOf(tally) }
  const isHeld = order.waitsFor.length > 0 && !hasStarted(job)
  if (job.spec.suspend === true) return inOrder(job, suspended(job, tally, nowMs), isHeld ? order : inNoOrder, nowMs)
  if (isHeld) return inOrder(job, { ...nothing, status: statusOf(job, tally, 0), release: tally.release }, order, nowMs)
  return inOrder(job, working(job, tally, failedAt, nowMs), inNoOrder, nowMs)
}
const inNoOrder: JobOrder = { waitsFor: [], failed: undefined }

/** Unlike Kubernetes: a Job whose predecessor failed fails as well, before it has started. */
function failurePassedOn(job: Job, { failed }: JobOrder): Verdict | undefined {
  if (failed === undefined || hasStarted(job)) return undefined
  return { reason: 'PredecessorFailed', message: `Job ${failed}, which this one waits for, failed` }
}

/** The plan with what the status says of the Jobs that this one waits for. */
function inOrder(job: Job, plan: JobPlan, { waitsFor }: JobOrder, nowMs: number): JobPlan {
  const known = conditionOf(job, waiting)
  if (waitsFor.length === 0 && known?.status !== 'True') return plan
  const isOver = waitsFor.length === 0
  const verdict = isOver
    ? { reason: 'JobsComplete', message: 'the Jobs that this one waited for are complete' }
    : {
        reason: 'JobsNotComplete',
        message: `waits for ${waitsFor.map(({ name, says }) => `Job ${name}, which ${says}`).join(', and for ')}`,
      }
  const status = isOver ? 'False' : 'True'
  if (known?.status === status && known.message === verdict.message) return plan
  const conditions = condition(plan.status.conditions, waiting, status, verdict, nowMs)
  return {
    ...plan,
    status: { ...plan.status, conditions },
    events: [...plan.events, { type: 'Normal', reason: verdict.reason, message: verdict.message }],
  }
}
const waiting = 'WaitingForJobs'

const allOf = ({ release, held }: Tally): readonly Pod[] => [...release, ...held]

/** The status of the counts, with what changes the number of active pods taken in. */
function statusOf(job: Job, tally: Tally, activeChange: number): JobStatus {
  const {
    active: _a,
    succeeded: _s,
    failed: _f,
    ready: _r,
    terminating: _t,
    completedIndexes: _c,
    failedIndexes: _i,
    uncountedTerminatedPods: _u,
    ...kept
  } = job.status
  const { succeeded, failed } = tally.uncounted
  return {
    ...kept,
    ...positive('active', tally.active.length + activeChange),
    ...positive('succeeded', tally.succeeded),
    ...positive('failed', tally.failed),
    ready: tally.ready,
    terminating: tally.terminating,
    ...(isIndexed(job) ? { completedIndexes: indexesText(tally.completed) } : {}),
    ...(limitsEachIndex(job) ? { failedIndexes: indexesText(tally.failedIndexes) } : {}),
    uncountedTerminatedPods: {
      ...(succeeded.length === 0 ? {} : { succeeded }),
      ...(failed.length === 0 ? {} : { failed }),
    },
  }
}
const positive = (name: string, count: number) => (count > 0 ? { [name]: count } : {})

function working(job: Job, tally: Tally, failedAt: ReadonlyMap<string, number>, nowMs: number): JobPlan {
  const resumed = conditionOf(job, 'Suspended')?.status === 'True'
  const events: JobPlan['events'] = resumed ? [{ type: 'Normal', reason: 'Resumed', message: 'Job resumed' }] : []
  const wanted = wantedActive(job, tally)
  const occupied = tally.active.length + (job.spec.podReplacementPolicy === 'Failed' ? tally.terminating : 0)
  const surplus = Math.max(0, tally.active.length - wanted)
  const remove = tally.active
    .toSorted((left, right) => Number(isReady(left)) - Number(isReady(right)))
    .slice(0, surplus)
  const missing = Math.min(Math.max(0, wanted - occupied), burst)
  const { create, failures, waitMs } = nextPods(job, tally, { missing, failedAt, nowMs })
  const startTime = job.status.startTime === undefined || resumed ? timestampOf(nowMs) : job.status.startTime
  const conditions = resumed
    ? said(job, 'Suspended', 'False', { reason: 'JobResumed', message: 'Job resumed' }, nowMs)
    : job.status.conditions
  const status = {
    ...statusOf(job, tally, create.length - remove.length),
    startTime,
    ...(conditions === undefined ? {} : { conditions }),
  }
  const { activeDeadlineSeconds } = job.spec
  const deadlineMs =
    activeDeadlineSeconds === undefined ? undefined : msOf(startTime) + activeDeadlineSeconds * 1000 - nowMs
  const times = [waitMs > 0 ? waitMs : undefined, deadlineMs].filter((one) => one !== undefined)
  const againInMs = times.length === 0 ? undefined : Math.max(0, Math.min(...times))
  return { status, create, failures, remove, stop: [], release: tally.release, events, againInMs }
}

function suspended(job: Job, tally: Tally, nowMs: number): JobPlan {
  const isNews = conditionOf(job, 'Suspended')?.status !== 'True'
  const { startTime: _, ...status } = statusOf(job, tally, -tally.active.length)
  const conditions = isNews
    ? said(job, 'Suspended', 'True', { reason: 'JobSuspended', message: 'Job suspended' }, nowMs)
    : job.status.conditions
  return {
    ...nothing,
    status: { ...status, ...(conditions === undefined ? {} : { conditions }) },
    remove: tally.active,
    release: tally.release,
    events: isNews ? [{ type: 'Normal', reason: 'Suspended', message: 'Job suspended' }] : [],
  }
}

/** Kubernetes: that it will end is said at once, that it has ended when no pod is left and every one is counted. */
function ending(job: Job, tally: Tally, type: 'Complete' | 'Failed', verdict: Verdict, nowMs: number): JobPlan {
  const target = type === 'Failed' ? 'FailureTarget' : 'SuccessCriteriaMet'
  const isOver =
    tally.active.length === 0 &&
    tally.terminating === 0 &&
    tally.uncounted.succeeded.length + tally.uncounted.failed.length === 0
  const announced = said(job, target, 'True', verdict, nowMs)
  const conditions = isOver ? condition(announced, type, 'True', verdict, nowMs) : announced
  const startTime = job.status.startTime ?? timestampOf(nowMs)
  const event =
    type === 'Complete'
      ? ({ type: 'Normal', reason: 'Completed', message: 'Job completed' } as const)
      : ({ type: 'Warning', reason: verdict.reason ?? '', message: verdict.message ?? '' } as const)
  return {
    ...nothing,
    status: {
      ...statusOf(job, tally, type === 'Complete' ? -tally.active.length : 0),
      startTime,
      ...(isOver && type === 'Complete' ? { completionTime: timestampOf(nowMs) } : {}),
      conditions,
    },
    remove: type === 'Complete' ? tally.active : [],
    stop: type === 'Failed' ? tally.active : [],
    release: allOf(tally),
    events: isOver ? [event] : [],
  }
}

function said(
  job: Job,
  type: string,
  status: 'True' | 'False',
  verdict: Verdict,
  nowMs: number,
): readonly JobCondition[] {
  if (conditionOf(job, type)?.status === status) return job.status.conditions ?? []
  return condition(job.status.conditions, type, status, verdict, nowMs)
}

const condition = (known: Job['status']['conditions'], type: string, status: string, verdict: Verdict, nowMs: number) =>
  setCondition<JobCondition>(known, { type, status, lastProbeTime: timestampOf(nowMs), ...verdict }, nowMs)

/** Why the Job must fail; undefined when it need not. What was once said holds. */
function failureOf(job: Job, tally: Tally, pods: readonly Pod[], nowMs: number): Verdict | undefined {
  const known = conditionOf(job, 'FailureTarget')
  if (known?.status === 'True') return { reason: known.reason ?? '', message: known.message ?? '' }
  if (conditionOf(job, 'SuccessCriteriaMet')?.status === 'True') return undefined
  if (tally.policyFailure !== '') return { reason: 'PodFailurePolicy', message: tally.policyFailure }
  const { backoffLimit = backoffLimitDefault(job), activeDeadlineSeconds, template } = job.spec
  const failed = tally.failed + tally.uncounted.failed.length
  const restarts = template.spec.restartPolicy === 'OnFailure' ? restartsOf(pods) : 0
  const isRestartedTooOften = backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
  if (failed > backoffLimit || (restarts > 0 && isRestartedTooOften))
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  const { startTime } = job.status
  const isLate =
    activeDeadlineSeconds !== undefined &&
    startTime !== undefined &&
    nowMs >= msOf(startTime) + activeDeadlineSeconds * 1000
  if (isLate && job.spec.suspend !== true)
    return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  return indexFailureOf(job, tally)
}
const backoffLimitDefault = (job: Job) => (limitsEachIndex(job) ? 2 ** 31 - 1 : 6)

function indexFailureOf({ spec }: Job, { failedIndexes, completed }: Tally): Verdict | undefined {
  if (spec.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes'
    return { reason: 'MaxFailedIndexesExceeded', message }
  }
  const isOver = failedIndexes.size > 0 && failedIndexes.size + completed.size >= (spec.completions ?? 0)
  return isOver ? { reason: 'FailedIndexes', message: 'Job has failed indexes' } : undefined
}

/** Why the Job is complete; undefined while it is not. What was once said holds. */
function successOf(job: Job, tally: Tally): Verdict | undefined {
  const known = conditionOf(job, 'SuccessCriteriaMet')
  if (known?.status === 'True') return { reason: known.reason ?? '', message: known.message ?? '' }
  const message = isIndexed(job) ? matchSuccessPolicy(job, tally.completed) : undefined
  if (message !== undefined) return { reason: 'SuccessPolicy', message }
  return isDone(job, tally)
    ? { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : undefined
}

function restartsOf(pods: readonly Pod[]): number {
  const counted = pods.filter(({ status }) => status.phase === 'Running' || status.phase === 'Pending')
  return counted
    .flatMap(({ status }) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0)
}

function isDone(job: Job, tally: Tally): boolean {
  const succeeded = succeededOf(tally)
  const { completions } = job.spec
  // Kubernetes: without a number of completions, one success and nobody at work is enough.
  if (completions === undefined) return succeeded > 0 && tally.active.length === 0 && tally.terminating === 0
  return succeeded >= completions
}

function wantedActive({ spec }: Job, tally: Tally): number {
  const { completions, parallelism = 1 } = spec
  const succeeded = succeededOf(tally)
  if (completions === undefined) return succeeded > 0 ? Math.min(tally.active.length, parallelism) : parallelism
  return Math.min(parallelism, Math.max(0, completions - succeeded))
}

const succeededOf = (tally: Tally): number => tally.succeeded + tally.uncounted.succeeded.length

/** The pods to create of those that are missing, and how long to wait for those that failed too lately. */
function nextPods(
  job: Job,
  tally: Tally,
  {
    missing,
    failedAt,
    nowMs,
  }: { readonly missing: number; readonly failedAt: ReadonlyMap<string, number>; readonly nowMs: number },
): Pick<JobPlan, 'create' | 'failures'> & { readonly waitMs: number } {
  const failures = new Map<number, FailureCounts>()
  if (!limitsEachIndex(job)) {
    const waitMs = missing === 0 ? 0 : backoffMs([...failedAt.values()], nowMs)
    return { create: waitMs > 0 ? [] : newIndexes(job, tally, missing), failures, waitMs }
  }
  const waits: number[] = []
  for (const index of newIndexes(job, tally, missing) as readonly number[]) {
    const failed = tally.latestFailed.get(index)
    const counts = countsAfter(job, failed)
    const dueMs = failed === undefined ? 0 : endedMs(failed) + delayMs(counts.counted + counts.ignored) - nowMs
    if (dueMs > 0) waits.push(dueMs)
    else failures.set(index, counts)
  }
  return { create: [...failures.keys()], failures, waitMs: waits.length === 0 ? 0 : Math.min(...waits) }
}

function newIndexes(job: Job, tally: Tally, count: number): readonly (number | undefined)[] {
  if (!isIndexed(job)) return Array.from({ length: count }, () => undefined)
  const taken = new Set([...tally.completed, ...tally.failedIndexes])
  for (const pod of tally.active) taken.add(indexOfPod(pod) ?? -1)
  return freeIndexes(job.spec.completions ?? 0, count, taken)
}

const delayMs = (failures: number) => Math.min(backoffMsMax, backoffMsFirst * 2 ** (failures - 1))

/** How long to wait after the failures since the last success: 10 s, twice as long each time, at most 10 min. */
function backoffMs(failures: readonly number[], nowMs: number): number {
  if (failures.length === 0) return 0
  return Math.max(0, Math.max(...failures) + delayMs(failures.length) - nowMs)
}
