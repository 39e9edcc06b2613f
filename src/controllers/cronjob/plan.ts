import { conditionOf, msOf } from '../../machinery/index.ts'
import type { CronJob, Job } from '../../resources/index.ts'
import { isFinished } from '../job/plan.ts'
import { nextTimeMs, parseSchedule, zoneOfSchedule } from './schedule.ts'

/** Kubernetes: more missed times than this are told of, and the newest counts all the same. */
const missedMax = 100

export interface Due {
  /** The newest time that has come since the last one that was served; undefined when none has. */
  readonly atMs: number | undefined
  readonly missed: number
  /** When the next one comes. */
  readonly nextMs: number | undefined
}

/** Which time is due, and when to look again. */
export function dueTime(cronJob: CronJob, nowMs: number): Due {
  const { schedule: text, timeZone, startingDeadlineSeconds } = cronJob.spec
  const schedule = parseSchedule(text)
  const zone = zoneOfSchedule(text, timeZone)
  const lastMs = msOf(cronJob.status.lastScheduleTime ?? cronJob.metadata.creationTimestamp)
  const earliestMs =
    startingDeadlineSeconds === undefined ? lastMs : Math.max(lastMs, nowMs - startingDeadlineSeconds * 1000)
  let atMs: number | undefined
  let missed = 0
  let fromMs = earliestMs
  for (;;) {
    const next = nextTimeMs(schedule, zone, fromMs)
    if (next === undefined || next > nowMs) return { atMs, missed, nextMs: next }
    atMs = next
    missed++
    // After so many the rest is jumped over: the newest before now is what matters.
    fromMs = missed === missedMax ? Math.max(next, nowMs - (next - fromMs) * 2) : next
  }
}

/** The finished Jobs that the history has no room for, oldest first. */
export function excessHistory(cronJob: CronJob, jobs: readonly Job[]): readonly Job[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec
  const startedMs = ({ status, metadata }: Job) => msOf(status.startTime ?? metadata.creationTimestamp)
  const excess = (type: string, limit: number | undefined) => {
    if (limit === undefined) return []
    const ended = jobs.filter((job) => conditionOf(job, type)?.status === 'True')
    return ended
      .toSorted((left, right) => startedMs(left) - startedMs(right))
      .slice(0, Math.max(0, ended.length - limit))
  }
  return [...excess('Complete', successfulJobsHistoryLimit), ...excess('Failed', failedJobsHistoryLimit)]
}

export interface Told {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** The status as its Jobs make it, with what is news in it. */
export function observeJobs(
  cronJob: CronJob,
  owned: readonly Job[],
): { readonly status: CronJob['status']; readonly told: readonly Told[] } {
  const told: Told[] = []
  const byUid = new Map(owned.map((job) => [job.metadata.uid, job]))
  const listed = new Set((cronJob.status.active ?? []).map(({ uid }) => uid))
  for (const job of owned) {
    if (isFinished(job) || listed.has(job.metadata.uid)) continue
    const message = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`
    told.push({ type: 'Warning', reason: 'UnexpectedJob', message })
  }
  let lastSuccessMs = msOf(cronJob.status.lastSuccessfulTime)
  let { lastSuccessfulTime } = cronJob.status
  const active = (cronJob.status.active ?? []).filter(({ uid, name }) => {
    const job = byUid.get(uid ?? '')
    if (job === undefined)
      told.push({ type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name}` })
    else if (isFinished(job)) {
      const condition = conditionOf(job, 'Complete')?.status === 'True' ? 'Complete' : 'Failed'
      told.push({
        type: 'Normal',
        reason: 'SawCompletedJob',
        message: `Saw completed job: ${name}, condition: ${condition}`,
      })
    }
    return job !== undefined && !isFinished(job)
  })
  for (const { status } of owned) {
    const endedMs = msOf(status.completionTime)
    if (Number.isNaN(endedMs) || endedMs <= lastSuccessMs) continue
    lastSuccessMs = endedMs
    lastSuccessfulTime = status.completionTime
  }
  const { active: _, lastSuccessfulTime: _last, ...kept } = cronJob.status
  const status = {
    ...kept,
    ...(active.length === 0 ? {} : { active }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
  }
  return { status, told }
}
