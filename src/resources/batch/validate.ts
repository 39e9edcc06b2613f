import {
  dns1123SubdomainErrors,
  type FieldError,
  invalid,
  labelSelectorErrors,
  notSupported,
  required,
  sameJson,
} from '../../machinery/index.ts'
import { podTemplateErrors } from '../core/pod/validate.ts'
import type { CronJob, Job, JobSpec } from '../generated/types.ts'
import { immutable, type NameCheck, nonNegative } from '../validation/object-meta.ts'
import { templateMatchErrors } from '../validation/workload.ts'
import { scheduleError } from './schedule.ts'

/** Kubernetes: a job's name gets eleven characters more when a CronJob makes it. */
const cronJobNameMax = 52
export const cronJobName: NameCheck = (name) => [
  ...dns1123SubdomainErrors(name),
  ...(name.length > cronJobNameMax ? [`must be no more than ${cronJobNameMax} characters`] : []),
]
const indexedParallelismMax = 100_000
const exitCodesMax = 255

function failurePolicyErrors(spec: JobSpec, field: string): readonly FieldError[] {
  const policy = spec.podFailurePolicy
  if (policy === undefined) return []
  const rules = policy.rules ?? []
  const errors: FieldError[] = []
  if (rules.length > 20)
    errors.push({
      type: 'FieldValueTooMany',
      field: `${field}.rules`,
      message: `Too many: ${rules.length}: must have at most 20 items`,
    })
  for (const [index, rule] of rules.entries()) {
    const at = `${field}.rules[${index}]`
    if (rule.onExitCodes !== undefined && (rule.onPodConditions ?? []).length > 0)
      errors.push(invalid(at, '', 'specifying both OnExitCodes and OnPodConditions is not supported'))
    else if (rule.onExitCodes === undefined && (rule.onPodConditions ?? []).length === 0)
      errors.push(invalid(at, '', 'specifying one of OnExitCodes and OnPodConditions is required'))
    if (rule.action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
      errors.push(invalid(`${at}.action`, rule.action, 'requires the backoffLimitPerIndex to be set'))
    const values = rule.onExitCodes?.values ?? []
    if (rule.onExitCodes === undefined) continue
    if (values.length === 0) errors.push(invalid(`${at}.onExitCodes.values`, values, 'at least one value is required'))
    else if (values.length > exitCodesMax)
      errors.push({
        type: 'FieldValueTooMany',
        field: `${at}.onExitCodes.values`,
        message: `Too many: ${values.length}: must have at most ${exitCodesMax} items`,
      })
    if (rule.onExitCodes.operator === 'In' && values.includes(0))
      errors.push(invalid(`${at}.onExitCodes.values[${values.indexOf(0)}]`, 0, 'must not be 0 for the In operator'))
  }
  return errors
}

function restartErrors(spec: JobSpec, field: string): readonly FieldError[] {
  const policy = spec.template.spec?.restartPolicy
  const at = `${field}.template.spec.restartPolicy`
  // Kubernetes: the default of pods makes no sense here, and one who left it out is told what does.
  if (policy === 'Always') return [required(at, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(at, policy, ['OnFailure', 'Never'])]
  return spec.podFailurePolicy !== undefined && policy !== 'Never'
    ? [invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : []
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
  if (spec.completionMode === 'Indexed') {
    if (spec.completions === undefined) errors.push(required(`${field}.completions`, 'when completion mode is Indexed'))
    if ((spec.parallelism ?? 0) > indexedParallelismMax) {
      const why = `must be less than or equal to ${indexedParallelismMax} when completion mode is Indexed`
      errors.push(invalid(`${field}.parallelism`, spec.parallelism, why))
    }
  } else {
    const only = 'is not allowed for NonIndexed completion mode'
    for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      if (spec[name] !== undefined)
        errors.push(
          invalid(
            `${field}.${name}`,
            spec[name],
            name === 'backoffLimitPerIndex' ? 'requires indexed completion mode' : only,
          ),
        )
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
  return [
    ...errors,
    ...failurePolicyErrors(spec, `${field}.podFailurePolicy`),
    ...podTemplateErrors(spec.template, `${field}.template`),
    ...restartErrors(spec, field),
  ]
}

export function jobErrors({ spec }: Job): readonly FieldError[] {
  if (spec === undefined) return [required('spec')]
  const selector =
    spec.selector === undefined ? [required('spec.selector')] : labelSelectorErrors(spec.selector, 'spec.selector')
  return [
    ...selector,
    ...templateMatchErrors(spec.selector, spec.template, 'spec.template'),
    ...jobSpecErrors(spec, 'spec'),
  ]
}

/** The parts of a template that may change while a suspended Job has not begun. */
function withoutDirectives(spec: JobSpec): unknown {
  const { metadata, spec: pod } = spec.template
  const { nodeSelector: _n, tolerations: _t, affinity: _a, schedulingGates: _g, ...rest } = pod ?? {}
  const containers = (rest as { containers?: readonly object[] }).containers?.map((container) => ({
    ...container,
    resources: {},
  }))
  return { labels: null, finalizers: metadata?.finalizers, spec: { ...rest, containers } }
}

export function jobUpdateErrors(next: Job, previous: Job): readonly FieldError[] {
  const errors = [...jobErrors(next)]
  const [spec, before] = [next.spec, previous.spec]
  if (spec === undefined || before === undefined) return errors
  const suspended = previous.spec?.suspend === true && previous.status?.startTime === undefined
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism
  if (!elastic || before.completionMode !== 'Indexed')
    errors.push(...immutable('spec.completions', spec.completions, before.completions))
  errors.push(...immutable('spec.selector', spec.selector, before.selector))
  const mayDirect = suspended && sameJson(withoutDirectives(spec), withoutDirectives(before))
  if (!mayDirect) errors.push(...immutable('spec.template', spec.template, before.template))
  for (const name of [
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
  ] as const)
    errors.push(...immutable(`spec.${name}`, spec[name], before[name]))
  return errors
}

export function jobStatusErrors({ status }: Job): readonly FieldError[] {
  const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const
  return counts.flatMap((name) => nonNegative(`status.${name}`, status?.[name]))
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
