import { podTemplateWarnings } from '../core/pod/warnings.ts'
import type { HooksFor } from '../define.ts'
import type { Draft } from '../definition.ts'
import type { CronJob, Job } from '../generated/types.ts'
import { cronJobCells, jobCells } from './cells.ts'
import { generatedLabels } from './generated-selector.ts'
import { jobStatusErrors } from './job-status.ts'
import { cronJobErrors, cronJobName, jobErrors, jobUpdateErrors } from './validate.ts'

/** Kubernetes: a Job selects its pods by its own uid, unless its author insists on choosing. */
function giveSelector(draft: Draft, uuid: () => string): void {
  if (draft.spec === undefined || draft.spec.manualSelector === true) return
  draft.metadata.uid ??= uuid()
  const { uid, name = '' } = draft.metadata
  const template = draft.spec.template ?? {}
  draft.spec.template = template
  template.metadata = {
    ...template.metadata,
    // What its author says of them is judged.
    labels: { ...generatedLabels(uid, name), ...template.metadata?.labels },
  }
  const labels = { 'batch.kubernetes.io/controller-uid': uid, ...draft.spec.selector?.matchLabels }
  draft.spec.selector = { ...draft.spec.selector, matchLabels: labels }
  // Kubernetes: a Job that has no labels of its own has those of its pods, from when it is first read.
  if (Object.keys(draft.metadata.labels ?? {}).length === 0) draft.metadata.labels = { ...template.metadata.labels }
}

export const jobHooks: HooksFor<Job> = {
  cells: jobCells,
  checks: { create: jobErrors, update: jobUpdateErrors, status: jobStatusErrors },
  prepareForCreate(draft, { uuid }) {
    giveSelector(draft, uuid)
    draft.status = {}
    draft.metadata.generation = 1
  },
  orphansByDefault: true,
  deleteWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  warnings: (job, previous) => podTemplateWarnings(job.spec?.template, previous?.spec?.template, 'spec.template'),
}
export const cronJobHooks: HooksFor<CronJob> = {
  cells: cronJobCells,
  checks: { name: cronJobName, create: cronJobErrors },
  warnings: (cronJob, previous) =>
    podTemplateWarnings(
      cronJob.spec?.jobTemplate?.spec?.template,
      previous?.spec?.jobTemplate?.spec?.template,
      'spec.jobTemplate.spec.template',
    ),
}
