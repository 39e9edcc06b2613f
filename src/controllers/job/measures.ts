import { conditionOf, type Metrics } from '../../machinery/index.ts'
import type { Job } from '../../resources/index.ts'
import type { JobPlan } from './plan.ts'

/** What is measured of Jobs. */
export interface JobMeasures {
  /** One turn of a Job is over. */
  synced(job: Job, plan: JobPlan | undefined, seconds: number, result: 'success' | 'error'): void
  /** A pod was asked for, for whatever reason it is needed, and made or not. */
  created(job: Job, result: 'succeeded' | 'failed'): void
  /** An ended pod was let go. */
  released(): void
  /** A Job is somebody else's to run. */
  external(controllerName: string): void
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
  const creations = metrics.counter(
    'job_controller_job_pods_creation_total',
    'The number of Pods created by the Job controller labelled with a reason for the Pod creation.',
  )
  const tracked = metrics.counter(
    'job_controller_terminated_pods_tracking_finalizer_total',
    'The number of terminated pods (phase=Failed|Succeeded) that have the finalizer batch.kubernetes.io/job-tracking. The event label can be "add" or "delete".',
  )
  const elsewhere = metrics.counter(
    'job_controller_jobs_by_external_controller_total',
    'The number of Jobs managed by an external controller',
  )
  const indexes = metrics.counter('job_controller_job_finished_indexes_total', 'The number of finished indexes.')
  return {
    created({ spec, status }, result) {
      const isNew = (status.failed ?? 0) === 0 && (status.terminating ?? 0) === 0
      const again = spec.podReplacementPolicy === 'Failed' ? 'recreate_failed' : 'recreate_terminating_or_failed'
      creations.inc({ reason: isNew ? 'new' : again, status: result })
    },
    released: () => tracked.inc({ event: 'delete' }),
    external: (controller_name) => elsewhere.inc({ controller_name }),
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
      const backoffLimit = job.spec.backoffLimitPerIndex === undefined ? 'global' : 'perIndex'
      for (const [status, field] of [
        ['succeeded', 'completedIndexes'],
        ['failed', 'failedIndexes'],
      ] as const) {
        const more = indexesIn(next[field]) - indexesIn(job.status[field])
        if (more > 0) indexes.inc({ backoffLimit, status }, more)
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

/** How many indexes a text like `1,3-5` names. */
function indexesIn(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  return text.split(',').reduce((sum, part) => {
    const [from, to = from] = part.split('-').map(Number)
    return sum + to! - from! + 1
  }, 0)
}

function actionOf(plan: JobPlan | undefined): string {
  if (plan === undefined) return 'reconciling'
  if (plan.create.length > 0) return 'pods_created'
  return plan.remove.length + plan.stop.length > 0 ? 'pods_deleted' : 'tracking'
}
