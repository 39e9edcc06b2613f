import { isAlreadyExists, isNotFound, nameOf, timestampOf } from '../../machinery/index.ts'
import {
  type CustomResourceDefinition,
  customResourceDefinitions,
  type Job,
  type JobQueue,
  jobQueueDefinition,
  jobQueues,
  jobs,
  type Namespace,
  namespaces,
  priorityClasses,
  queueLabel,
} from '../../resources/index.ts'
import type { Controller, Tools, Turn } from '../runtime/controller.ts'
import { forAll } from '../runtime/slow-start.ts'
import { isTold, planQueues, quotaCondition } from './plan.ts'

/** Whom a Job may start before is a matter of all queues together. */
const everything = { name: 'queues' }
const isQueued = ({ metadata }: Job) => metadata.labels?.[queueLabel] !== undefined
const isOurs = ({ metadata }: CustomResourceDefinition) => metadata.name === jobQueueDefinition.metadata.name

/** Lets suspended Jobs that name a queue start when its quota allows, and has the others say why they wait. */
export function jobQueueController(): Controller {
  return {
    name: 'job-queue-controller',
    account: 'job-queue-controller',
    eventSource: 'job-queue-controller',
    workers: 1,
    about: () => 'JobQueue',
    watches: [
      {
        resource: jobs,
        // A Job that others of a queue wait for need not be in one itself.
        wake: (job: Job, cached) => (isQueued(job) || cached(jobs).by(queued, queued).length > 0 ? [everything] : []),
      },
      { resource: customResourceDefinitions, wake: (one) => (isOurs(one) ? [everything] : []) },
      {
        resource: namespaces,
        wake: (_: Namespace, cached) => (cached(jobs).by(queued, queued).length > 0 ? [everything] : []),
      },
      { resource: priorityClasses, wake: () => [] },
    ],
    start(tools) {
      const { cached, follow } = tools
      cached(jobs).addIndex(queued, (job) => (isQueued(job) ? [queued] : []))
      let following: Disposable | undefined
      return async function reconcile(_name, turn) {
        const waiting = cached(jobs).by(queued, queued)
        const definition = cached(customResourceDefinitions).list().find(isOurs)
        const isServed = definition?.status?.conditions?.some(
          ({ type, status }) => type === 'Established' && status === 'True',
        )
        if (isServed !== true) {
          following?.[Symbol.dispose]()
          following = undefined
          if (definition === undefined && waiting.length > 0) await define(turn)
          if (waiting.length > 0) await act(tools, turn, [], waiting)
          return undefined
        }
        following ??= follow({ resource: jobQueues, wake: () => [everything] })
        await cached(jobQueues).synced(turn.signal)
        await act(tools, turn, cached(jobQueues).list() as readonly JobQueue[], waiting)
        return undefined
      }
    },
  }
}
const queued = 'queued'

async function define({ client }: Turn): Promise<void> {
  try {
    await client.create(customResourceDefinitions, jobQueueDefinition as never)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

async function act(
  { cached, clock, record }: Tools,
  turn: Turn,
  queues: readonly JobQueue[],
  waiting: readonly Job[],
): Promise<void> {
  const { client, because } = turn
  const plan = planQueues({
    queues,
    jobs: waiting,
    findJob: (namespace, name) => cached(jobs).get({ namespace, name }),
    namespaceLabels: (name) => cached(namespaces).get({ name })?.metadata.labels,
    priorityOf: (name) => cached(priorityClasses).get({ name })?.value ?? 0,
  })
  const say = async (job: Job, status: 'True' | 'False', reason: string, message: string) => {
    const lastTransitionTime = timestampOf(clock.now())
    const conditions = [{ type: quotaCondition, status, reason, message, lastTransitionTime }]
    await client.patch(
      jobs,
      nameOf(job),
      { type: 'strategic', body: { metadata: { uid: job.metadata.uid }, status: { conditions } } },
      'status',
    )
  }
  const suspend = (job: Job, is: boolean) =>
    client.patch(jobs, nameOf(job), {
      type: 'merge',
      body: { metadata: { uid: job.metadata.uid }, spec: { suspend: is } },
    })
  const unlessGone = (work: Promise<unknown>) =>
    work.catch((error) => {
      if (!isNotFound(error)) throw error
    })
  await forAll(plan.stop, ({ job, message }) =>
    unlessGone(
      suspend(job, true).then(() => {
        record(job, 'Normal', 'Stopped', message)
        return say(job, 'False', 'QueueStopped', message)
      }),
    ),
  )
  await forAll(plan.admit, ({ job, message }) =>
    unlessGone(
      say(job, 'True', 'QuotaReserved', message).then(() => {
        because(`${job.metadata.namespace}/${job.metadata.name}: ${message}`)
        record(job, 'Normal', 'Admitted', message)
        return suspend(job, false)
      }),
    ),
  )
  await forAll(
    plan.wait.filter(({ job, reason, message }) => !isTold(job, 'False', reason, message)),
    ({ job, reason, message }) =>
      unlessGone(say(job, 'False', reason, message).then(() => record(job, 'Warning', 'Pending', message))),
  )
  await forAll(plan.statuses, ({ queue, status }) =>
    unlessGone(client.update(jobQueues, { ...queue, status } as never, 'status')),
  )
}
