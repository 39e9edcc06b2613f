import { conditionOf, type Metrics } from '../../machinery/index.ts'
import type { Job } from '../../resources/index.ts'
import type { JobPlan } from './plan.ts'

/** What is measured of Jobs. */
export interface JobMeasures {
  /** One turn of a Job is over. */
  synced(job: Job, plan: JobPlan | undefined, seconds: number, result: 'success' | 'error'): void
  /** A Job's status was written in place of its last one. */
  told(job: Job, next: Job['status']): void
}

const buckets = Array.from({ length: 15 }, (_, index) => 0.004 * 2 ** index)
const modeOf = ({ spec }: Job) => spec.completionMode ?? 'NonIndexed'

/** The measures under Kubernetes' names. */
export function jobMeasures(metrics: Metrics): JobMeasures {
  const syncs = metrics.counter('job_controller_job_syncs_total', 'The number of job syncs')
  const seconds = metrics.histogram(
    'job_controller_job_sync_duration_seconds',
    'The time it took to sync a job',
    buckets,
  )
  const finished = metrics.counter('job_controller_jobs_finished_total', 'The number of finished jobs')
  const pods = metrics.counter(
    'job_controller_job_pods_finished_total',
    'The number of finished Pods that are fully tracked',
  )
  return {
    synced(job, plan, duration, result) {
      const labels = { completion_mode: modeOf(job), result, action: actionOf(plan) }
      syncs.inc(labels)
      seconds.observe(duration, labels)
    },
    told(job, next) {
      const completion_mode = modeOf(job)
      for (const result of ['succeeded', 'failed'] as const) {
        const more = (next[result] ?? 0) - (job.status[result] ?? 0)
        if (more > 0) pods.inc({ completion_mode, result }, more)
      }
      for (const [type, result] of [
        ['Complete', 'succeeded'],
        ['Failed', 'failed'],
      ] as const) {
        const now = conditionOf({ ...job, status: next }, type)
        if (now?.status !== 'True' || conditionOf(job, type)?.status === 'True') continue
        finished.inc({ completion_mode, result, reason: now.reason ?? '' })
      }
    },
  }
}

function actionOf(plan: JobPlan | undefined): string {
  if (plan === undefined) return 'reconciling'
  if (plan.create.length > 0) return 'pods_created'
  return plan.remove.length + plan.stop.length > 0 ? 'pods_deleted' : 'tracking'
}
