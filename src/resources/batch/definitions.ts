import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { CronJob, Job } from '../generated/types.ts'
import { cronJobHooks, jobHooks } from './hooks.ts'

export const cronJobs = defineResource<CronJob>('cronjobs.v1.batch', cronJobHooks)
export const jobs = defineResource<Job>('jobs.v1.batch', jobHooks)

/** Every resource of this group, in the order discovery would list them. */
export const batchResources: readonly ResourceDefinition<any>[] = [cronJobs, jobs]
