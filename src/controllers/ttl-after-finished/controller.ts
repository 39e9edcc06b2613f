import { conditionOf, isNotFound, msOf } from '../../machinery/index.ts'
import { type Job, jobs } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'

/** Deletes Jobs that have ended, after the time they say. */
export const ttlAfterFinishedController: Controller = {
  name: 'ttl-after-finished-controller',
  account: 'ttl-after-finished-controller',
  watches: [each(jobs)],
  start({ cached, clock, metrics }) {
    const all = cached(jobs)
    const late = metrics.histogram(
      'ttl_after_finished_controller_job_deletion_duration_seconds',
      'The time it took to delete the job since it became eligible for deletion',
      Array.from({ length: 14 }, (_, power) => 0.1 * 2 ** power),
    )
    return async function reconcile(name, { client }) {
      const job = all.get(name)
      const atMs = job === undefined ? undefined : expiryMs(job)
      if (job === undefined || atMs === undefined) return undefined
      const leftMs = atMs - clock.now()
      if (leftMs > 0) return { againInMs: leftMs }
      try {
        // Kubernetes: the time may have been changed just now, and a deleted Job does not come back.
        const live = await client.get(jobs, name)
        if (live.metadata.uid !== job.metadata.uid || (expiryMs(live) ?? Number.POSITIVE_INFINITY) > clock.now())
          return undefined
        const { uid, resourceVersion } = live.metadata
        await client.delete(jobs, name, { propagationPolicy: 'Foreground', preconditions: { uid, resourceVersion } })
        late.observe(Math.max(0, clock.now() - atMs) / 1000)
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
      return undefined
    }
  },
}

/** When the Job's time is over; undefined while it runs, when it has none, or is going already. */
export function expiryMs(job: Job): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec
  const ended = ['Complete', 'Failed'].map((type) => conditionOf(job, type)).find((one) => one?.status === 'True')
  if (ttlSecondsAfterFinished === undefined || ended === undefined || job.metadata.deletionTimestamp !== undefined)
    return undefined
  return msOf(ended.lastTransitionTime) + ttlSecondsAfterFinished * 1000
}
