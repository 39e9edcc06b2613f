import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  type FieldError,
  invalid,
  labelSelectorErrors,
  notSupported,
  required,
  tooLong,
} from '../../machinery/index.ts'
import { podTemplateErrors } from '../core/pod/validate.ts'
import type { CronJob, Job, JobSpec } from '../generated/types.ts'
import { immutableStruct } from '../validation/go-form.ts'
import { immutable, type NameCheck, nonNegative } from '../validation/object-meta.ts'
import { domainPrefixedPathErrors } from '../validation/paths.ts'
import { templateMatchErrors } from '../validation/workload.ts'
import { failurePolicyErrors, successPolicyErrors } from './failure-policy.ts'
import { generatedSelectorErrors } from './generated-selector.ts'
import { scheduleError } from './schedule.ts'
import { templateChangeErrors } from './suspended-template.ts'

/** Kubernetes: a job's name gets eleven characters more when a CronJob makes it. */
const cronJobNameMax = 52
export const cronJobName: NameCheck = (name) => [
  ...dns1123SubdomainErrors(name),
  ...(name.length > cronJobNameMax ? [`must be no more than ${cronJobNameMax} characters`] : []),
]
const indexedParallelismMax = 100_000
const failedIndexesMax = 100_000
const manyCompletions = 100_000
const manyMax = 10_000
const managedByMax = 63

function restartErrors(spec: JobSpec, field: string): readonly FieldError[] {
  const policy = spec.template?.spec?.restartPolicy
  const at = `${field}.template.spec.restartPolicy`
  // Kubernetes: the default of pods makes no sense here, and one who left it out is told what does.
  if (policy === 'Always') return [required(at, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(at, policy, ['OnFailure', 'Never'])]
  return spec.podFailurePolicy !== undefined && policy !== 'Never'
    ? [invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : []
}

/** What is wrong with a Job whose pods have numbers. */
function indexedErrors(spec: JobSpec, field: string): readonly FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes } = spec
  const errors: FieldError[] = []
  const tooLarge = (name: string, value: number | undefined, why: string) =>
    errors.push(invalid(`${field}.${name}`, value, `must be less than or equal to ${why}`))
  if (completions === undefined) errors.push(required(`${field}.completions`, 'when completion mode is Indexed'))
  if (parallelism > indexedParallelismMax)
    tooLarge('parallelism', parallelism, `${indexedParallelismMax} when completion mode is Indexed`)
  if (completions !== undefined && (maxFailedIndexes ?? 0) > completions && maxFailedIndexes !== undefined)
    tooLarge('maxFailedIndexes', maxFailedIndexes, 'completions')
  if ((maxFailedIndexes ?? 0) > failedIndexesMax)
    tooLarge('maxFailedIndexes', maxFailedIndexes, String(failedIndexesMax))
  if ((completions ?? 0) <= manyCompletions || spec.backoffLimitPerIndex === undefined) return errors
  const above = `when completions are above ${manyCompletions} and used with backoff limit per index`
  if (maxFailedIndexes === undefined) {
    const why = `must be specified when completions is above ${manyCompletions}`
    errors.push(required(`${field}.maxFailedIndexes`, why))
  }
  if (parallelism > manyMax) tooLarge('parallelism', parallelism, `${manyMax} ${above}`)
  if ((maxFailedIndexes ?? 0) > manyMax) tooLarge('maxFailedIndexes', maxFailedIndexes, `${manyMax} ${above}`)
  return errors
}

function unindexedErrors(spec: JobSpec, field: string): readonly FieldError[] {
  if (spec.completionMode !== undefined && spec.completionMode !== 'NonIndexed') return []
  return (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).flatMap((name) =>
    spec[name] === undefined ? [] : [invalid(`${field}.${name}`, spec[name], 'requires indexed completion mode')],
  )
}

function replacementErrors(spec: JobSpec, field: string): readonly FieldError[] {
  const policy = spec.podReplacementPolicy
  // Kubernetes: who looks at how pods failed must wait until they have.
  const allowed = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']
  return policy === undefined || allowed.includes(policy) ? [] : [notSupported(field, policy, allowed)]
}

/** What is wrong with a Job's spec, on its own or in a template. */
function jobSpecErrors(spec: JobSpec, field: string): readonly FieldError[] {
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const
  const errors: FieldError[] = counts.flatMap((name) => nonNegative(`${field}.${name}`, spec[name]))
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
  const { managedBy } = spec
  if (managedBy !== undefined) errors.push(...domainPrefixedPathErrors(managedBy, `${field}.managedBy`))
  if ((managedBy ?? '').length > managedByMax) errors.push(tooLong(`${field}.managedBy`, managedByMax))
  errors.push(...(spec.completionMode === 'Indexed' ? indexedErrors(spec, field) : unindexedErrors(spec, field)))
  return [
    ...errors,
    ...failurePolicyErrors(spec, `${field}.podFailurePolicy`),
    ...successPolicyErrors(spec, `${field}.successPolicy`),
    ...replacementErrors(spec, `${field}.podReplacementPolicy`),
    ...podTemplateErrors(spec.template, `${field}.template`),
    ...restartErrors(spec, field),
  ]
}

/** What is wrong with a Job, which may have been another before. */
function allErrors(job: Job, previous?: Job): readonly FieldError[] {
  const { metadata, spec } = job
  if (spec === undefined) return [required('spec')]
  return [
    ...generatedSelectorErrors(job, previous),
    ...ownSpecErrors(spec),
    ...hostnameErrors(metadata.name ?? '', spec),
  ]
}

/** What is wrong with the spec of a Job of its own, which has a selector. */
function ownSpecErrors(spec: JobSpec): readonly FieldError[] {
  const { selector, template } = spec
  return [
    ...jobSpecErrors(spec, 'spec'),
    ...(selector === undefined ? [required('spec.selector')] : labelSelectorErrors(selector, 'spec.selector')),
    ...templateMatchErrors(selector, template, 'spec.template'),
  ]
}

/** What is wrong with a new Job. */
export const jobErrors = (job: Job): readonly FieldError[] => allErrors(job)

/** Kubernetes: pods of a Job that numbers them are called like it, with the number behind. */
function hostnameErrors(name: string, { completionMode, completions = 0 }: JobSpec): readonly FieldError[] {
  if (completionMode !== 'Indexed' || completions <= 0) return []
  const longest = `${name}-${completions - 1}`
  if (dns1123LabelErrors(longest).length === 0) return []
  return [invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${longest}`)]
}

const policyTypes = {
  podFailurePolicy: 'io.k8s.api.batch.v1.PodFailurePolicy',
  successPolicy: 'io.k8s.api.batch.v1.SuccessPolicy',
}

/** Kubernetes: how often a Job must succeed is fixed, save where its pods have numbers and all of them run at once. */
function completionsErrors(spec: JobSpec, before: JobSpec): readonly FieldError[] {
  const field = 'spec.completions'
  if (spec.completionMode !== 'Indexed') return immutable(field, spec.completions, before.completions)
  if (spec.completions === undefined || spec.completions === before.completions) return []
  const why = 'can only be modified in tandem with spec.parallelism'
  return spec.completions === spec.parallelism ? [] : [invalid(field, spec.completions, why)]
}

export function jobUpdateErrors(next: Job, previous: Job): readonly FieldError[] {
  const errors = [...allErrors(next, previous)]
  const [spec, before] = [next.spec, previous.spec]
  if (spec === undefined || before === undefined) return errors
  // Kubernetes: a change of a spec is judged as a new one is, and all of it again.
  errors.push(...ownSpecErrors(spec))
  errors.push(...completionsErrors(spec, before))
  errors.push(...immutable('spec.selector', spec.selector, before.selector))
  errors.push(...templateChangeErrors(next, previous))
  const fixed = (name: 'completionMode' | 'backoffLimitPerIndex' | 'managedBy') =>
    errors.push(...immutable(`spec.${name}`, spec[name], before[name]))
  const fixedPolicy = (name: keyof typeof policyTypes) =>
    errors.push(...immutableStruct(policyTypes[name], `spec.${name}`, spec[name], before[name]))
  fixed('completionMode')
  fixedPolicy('podFailurePolicy')
  fixed('backoffLimitPerIndex')
  fixed('managedBy')
  fixedPolicy('successPolicy')
  return errors
}

export function cronJobErrors({ spec }: CronJob): readonly FieldError[] {
  if (spec === undefined) return [required('spec')]
  const errors: FieldError[] = []
  const schedule = spec.schedule ?? ''
  if (schedule === '') errors.push(required('spec.schedule'))
  else {
    const found = scheduleError(schedule)
    if (found !== undefined) errors.push(invalid('spec.schedule', schedule, found))
    if (/^(?:CRON_)?TZ=/.test(schedule)) {
      const why = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
      errors.push(invalid('spec.schedule', schedule, why))
    }
  }
  const zone = spec.timeZone
  if (zone === '') errors.push(invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string'))
  else if (zone !== undefined && zone.toLowerCase() === 'local')
    errors.push(
      invalid(
        'spec.timeZone',
        zone,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    )
  else if (zone !== undefined && !isTimeZone(zone))
    errors.push(invalid('spec.timeZone', zone, `unknown time zone ${zone}`))
  errors.push(
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  )
  const job = spec.jobTemplate?.spec
  if (job === undefined) return [...errors, required('spec.jobTemplate.spec')]
  if (job.manualSelector === true)
    errors.push(notSupported('spec.jobTemplate.spec.manualSelector', job.manualSelector, ['nil', 'false']))
  if (job.selector !== undefined)
    errors.push(invalid('spec.jobTemplate.spec.selector', job.selector, '`selector` will be auto-generated'))
  return [...errors, ...jobSpecErrors(job, 'spec.jobTemplate.spec')]
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
