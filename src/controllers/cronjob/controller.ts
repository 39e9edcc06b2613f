import {
  controllerOf,
  type Histogram,
  isAlreadyExists,
  msOf,
  nameOf,
  sameJson,
  timestampOf,
  type Unsaved,
} from '../../machinery/index.ts'
import { type CronJob, cronJobs, type Job, jobs } from '../../resources/index.ts'
import type { Controller, Tools, Turn } from '../runtime/controller.ts'
import { isNamespaceGoing } from '../runtime/namespaces.ts'
import { ownerReference } from '../runtime/owner-reference.ts'
import { each, ownedBy } from '../runtime/watches.ts'
import { dueTime, excessHistory, observeJobs } from './plan.ts'

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
/** Kubernetes: a little after its time, so that the time has surely come. */
const lateMs = 100
/** Kubernetes: a schedule that never comes, such as one for the 31st of February, is told of in these words. */
const neverComes = 'time difference between two schedules is less than 1 second'

/** Makes a Job each time a CronJob's schedule comes round. */
export const cronJobController: Controller = {
  name: 'cronjob-controller',
  account: 'cronjob-controller',
  watches: [each(cronJobs), ownedBy(cronJobs, jobs)],
  start(tools) {
    const { cached, clock, record, metrics } = tools
    const all = cached(cronJobs)
    const allJobs = cached(jobs)
    const skew = metrics.histogram(
      'cronjob_controller_job_creation_skew_duration_seconds',
      'Time between when a cronjob is scheduled to be run, and when the corresponding job is created',
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    )
    return async function reconcile(name, turn) {
      const cronJob = all.get(name)
      if (cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined) return undefined
      const owned = allJobs.by('controller', cronJob.metadata.uid)
      const { status, told } = observeJobs(cronJob, owned)
      for (const { type, reason, message } of told) record(cronJob, type, reason, message)
      for (const job of excessHistory(cronJob, owned)) {
        await turn.client.delete(jobs, nameOf(job), {
          propagationPolicy: 'Background',
          preconditions: { uid: job.metadata.uid },
        })
        record(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`)
      }
      const nowMs = clock.now()
      const due = dueTime(cronJob, nowMs)
      const isSuspended = cronJob.spec.suspend === true
      if (!isSuspended && due.atMs === undefined && due.nextMs === undefined) {
        const { schedule } = cronJob.spec
        record(cronJob, 'Warning', 'InvalidSchedule', `invalid schedule: ${schedule} : ${neverComes}`)
      }
      const next =
        isSuspended || due.atMs === undefined
          ? status
          : await serve(cronJob, { ...due, atMs: due.atMs }, status, owned, tools, turn, skew)
      if (!sameJson(cronJob.status, next)) await turn.client.update(cronJobs, { ...cronJob, status: next }, 'status')
      return isSuspended || due.nextMs === undefined ? undefined : { againInMs: due.nextMs - nowMs + lateMs }
    }
  },
}

/** Makes the Job of a time that has come, as far as others that still run allow it. */
async function serve(
  cronJob: CronJob,
  due: { readonly atMs: number; readonly missed: number },
  status: CronJob['status'],
  owned: readonly Job[],
  { record }: Tools,
  { client, because }: Turn,
  skew: Histogram,
): Promise<CronJob['status']> {
  if (due.missed > 100) {
    const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'
    record(cronJob, 'Warning', 'TooManyMissedTimes', message)
  }
  const wanted = jobOf(cronJob, due.atMs)
  if (owned.some(({ metadata }) => metadata.name === wanted.metadata.name))
    return { ...status, lastScheduleTime: timestampOf(due.atMs) }
  const active = status.active ?? []
  const { concurrencyPolicy } = cronJob.spec
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    record(
      cronJob,
      'Normal',
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    )
    return status
  }
  if (concurrencyPolicy === 'Replace') {
    for (const { name = '', uid } of active) {
      const preconditions = uid === undefined ? {} : { preconditions: { uid } }
      await client.delete(jobs, { ...nameOf(cronJob), name }, { propagationPolicy: 'Background', ...preconditions })
      record(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`)
    }
  }
  because(`its time came: ${timestampOf(due.atMs)}`)
  let created: Job
  try {
    created = await create(cronJob, wanted, client)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    if (!isNamespaceGoing(error)) record(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${why}`)
    throw error
  }
  record(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${created.metadata.name}`)
  const { apiVersion, kind, metadata } = created
  skew.observe((msOf(metadata.creationTimestamp) - due.atMs) / 1000)
  const reference = {
    kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    apiVersion,
    resourceVersion: metadata.resourceVersion,
  }
  return {
    ...status,
    active: [...(concurrencyPolicy === 'Replace' ? [] : active), reference],
    lastScheduleTime: timestampOf(due.atMs),
  }
}

/** Kubernetes: the name says the time, so the same time never makes two. */
async function create(
  cronJob: CronJob,
  wanted: Unsaved<Job> & { readonly metadata: { readonly name: string } },
  client: Turn['client'],
): Promise<Job> {
  try {
    return await client.create(jobs, wanted)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    const there = await client.get(jobs, { ...nameOf(cronJob), name: wanted.metadata.name })
    if (controllerOf(there)?.uid !== cronJob.metadata.uid) throw error
    return there
  }
}

function jobOf(cronJob: CronJob, atMs: number): Unsaved<Job> & { readonly metadata: { readonly name: string } } {
  const { jobTemplate } = cronJob.spec
  const { labels, annotations } = jobTemplate.metadata ?? {}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...nameOf(cronJob),
      name: `${cronJob.metadata.name}-${Math.floor(atMs / 60_000)}`,
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [scheduledAnnotation]: timestampOf(atMs) },
      ownerReferences: [ownerReference(cronJobs, cronJob)],
    },
    spec: jobTemplate.spec,
  }
}
