import { ageText, humanDuration, labelSelectorText, msOf } from '../../machinery/index.ts'
import { ageOf, type Cells, conditionStatus, containerCells } from '../cells.ts'
import type { CronJob, Job } from '../generated/types.ts'

function jobStatusText({ metadata, status }: Job): string {
  const holds = (type: string) => conditionStatus(status?.conditions, type) === 'True'
  if (holds('Complete')) return 'Complete'
  if (holds('Failed')) return 'Failed'
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (holds('Suspended')) return 'Suspended'
  return holds('FailureTarget') ? 'FailureTarget' : 'Running'
}

export const jobCells: Cells<Job> = (job, nowMs) => {
  const { spec, status } = job
  const succeeded = status?.succeeded ?? 0
  const parallelism = spec?.parallelism ?? 0
  const open = parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
  const untilMs = status?.completionTime === undefined ? nowMs : msOf(status.completionTime)
  return [
    job.metadata.name,
    jobStatusText(job),
    spec?.completions === undefined ? open : `${succeeded}/${spec.completions}`,
    status?.startTime === undefined ? '' : humanDuration(untilMs - msOf(status.startTime)),
    ageOf(job, nowMs),
    ...containerCells(spec?.template.spec?.containers),
    labelSelectorText(spec?.selector),
  ]
}

export const cronJobCells: Cells<CronJob> = (cronJob, nowMs) => {
  const { spec, status } = cronJob
  const suspend = spec?.suspend
  return [
    cronJob.metadata.name,
    spec?.schedule ?? '',
    spec?.timeZone ?? '<none>',
    suspend === undefined ? '<unset>' : suspend ? 'True' : 'False',
    status?.active?.length ?? 0,
    status?.lastScheduleTime === undefined ? '<none>' : ageText(status.lastScheduleTime, nowMs),
    ageOf(cronJob, nowMs),
    ...containerCells(spec?.jobTemplate.spec?.template.spec?.containers),
    labelSelectorText(spec?.jobTemplate.spec?.selector),
  ]
}
