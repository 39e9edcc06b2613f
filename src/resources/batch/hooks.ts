import type { HooksFor } from '../define.ts'
import type { CronJob, Job } from '../generated/types.ts'
import { cronJobCells, jobCells } from './cells.ts'

export const jobHooks: HooksFor<Job> = { cells: jobCells }
export const cronJobHooks: HooksFor<CronJob> = { cells: cronJobCells }
