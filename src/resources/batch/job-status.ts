import { duplicate, type FieldError, invalid, invalidWhole, required, sameJson } from '../../machinery/index.ts'
import type { Job, JobStatus } from '../generated/types.ts'
import { goForm } from '../validation/go-form.ts'
import { nonNegative } from '../validation/object-meta.ts'

const isTrue = (job: Job, type: string) =>
  job.status?.conditions?.some((one) => one.type === type && one.status === 'True') === true
const isFinished = (job: Job) => isTrue(job, 'Complete') || isTrue(job, 'Failed')
const isIndexed = (job: Job) => job.spec?.completionMode === 'Indexed'

const isWholeNumber = /^[+-]?\d+$/

interface Interval {
  readonly first: number
  readonly last: number
}

/** The interval a text like `3-5` stands for, or what is wrong with it. */
function intervalOf(text: string, completions: number): Interval | string {
  const ends = text.split('-')
  if (ends.length > 2)
    return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`
  const numbers: number[] = []
  for (const end of ends) {
    if (!isWholeNumber.test(end)) return `cannot convert string to integer for index: ${JSON.stringify(end)}`
    const number = Number(end)
    if (number >= completions) return `too large index: ${JSON.stringify(end)}`
    numbers.push(number)
  }
  const [first = 0, last = first] = numbers
  if (numbers.length > 1 && first >= last) return `non-increasing order, previous: ${first}, current: ${last}`
  return { first, last }
}

/** What is wrong with a list of intervals of indexes, as a status keeps it. */
function indexesProblem(text: string, completions: number): string | undefined {
  if (text === '') return undefined
  let before: number | undefined
  for (const part of text.split(',')) {
    const interval = intervalOf(part, completions)
    if (typeof interval === 'string') return interval
    if (before !== undefined && before >= interval.first)
      return `non-increasing order, previous: ${before}, current: ${interval.first}`
    before = interval.last
  }
  return undefined
}

/** The first index that two such lists share; intervals that cannot be read are told elsewhere. */
function overlap(completed: string, failed: string, completions: number): number | undefined {
  const read = (text: string) =>
    text === ''
      ? []
      : text.split(',').flatMap((part) => {
          const interval = intervalOf(part, completions)
          return typeof interval === 'string' ? [] : [interval]
        })
  const [these, those] = [read(completed), read(failed)]
  for (let a = 0, b = 0; a < these.length && b < those.length; ) {
    const [one, other] = [these[a]!, those[b]!]
    if (one.first <= other.last && other.first <= one.last) return Math.max(one.first, other.first)
    if (one.first <= other.first) a++
    else b++
  }
  return undefined
}

function countErrors({ status }: Job): readonly FieldError[] {
  const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const
  const seen = new Set<string>()
  const uncounted = (['succeeded', 'failed'] as const).flatMap((name) =>
    (status?.uncountedTerminatedPods?.[name] ?? []).flatMap((uid, index) => {
      const at = `status.uncountedTerminatedPods.${name}[${index}]`
      if ((uid ?? '') === '') return [invalid(at, '', 'must not be empty')]
      const isKnown = seen.has(uid)
      seen.add(uid)
      return isKnown ? [duplicate(at, uid)] : []
    }),
  )
  return [...counts.flatMap((name) => nonNegative(`status.${name}`, status?.[name])), ...uncounted]
}

/** Whether the change touches one of these; what was wrong before and stays as it is holds no write up. */
interface Changes {
  condition(type: string): boolean
  readonly finished: boolean
  field(name: keyof JobStatus): boolean
}
function changesOf(next: Job, previous: Job): Changes {
  return {
    condition: (type) => isTrue(next, type) !== isTrue(previous, type),
    finished: isFinished(next) !== isFinished(previous),
    field: (name) => !sameJson(next.status?.[name] ?? null, previous.status?.[name] ?? null),
  }
}
const conditionsAt = 'status.conditions'

function conditionErrors(job: Job, changes: Changes): readonly FieldError[] {
  const [complete, failed, target, met] = ['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'].map((type) =>
    isTrue(job, type),
  )
  const errors: FieldError[] = []
  const refuse = (isWrong: unknown, text: string) => {
    if (isWrong) errors.push(invalidWhole(conditionsAt, text))
  }
  const { condition } = changes
  const completes = condition('Complete')
  refuse(
    complete && failed && (completes || condition('Failed')),
    'cannot set Complete=True and Failed=true conditions',
  )
  refuse(
    complete && target && (completes || condition('FailureTarget')),
    'cannot set Complete=True and FailureTarget=true conditions',
  )
  refuse(
    failed && !target && (condition('Failed') || changes.field('failedIndexes')),
    'cannot set Failed=True condition without the FailureTarget=true condition',
  )
  refuse(
    complete && !met && (completes || condition('SuccessCriteriaMet')),
    'cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
  )
  refuse(met && failed, 'cannot set SuccessCriteriaMet=True and Failed=true conditions')
  refuse(met && target, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions')
  refuse(
    job.spec?.successPolicy !== undefined && !met && complete,
    'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True',
  )
  return errors
}

function timeErrors(job: Job, changes: Changes): readonly FieldError[] {
  const { completionTime, startTime } = job.status ?? {}
  const isComplete = isTrue(job, 'Complete')
  const errors: FieldError[] = []
  const at = 'status.completionTime'
  if (changes.condition('Complete') || changes.field('completionTime')) {
    if (completionTime !== undefined && !isComplete)
      errors.push(invalid(at, completionTime, 'cannot set completionTime when there is no Complete=True condition'))
    if (completionTime === undefined && isComplete)
      errors.push(required(at, 'completionTime is required for Complete jobs'))
  }
  if (changes.field('startTime') || changes.field('completionTime')) {
    if (startTime !== undefined && completionTime !== undefined && Date.parse(completionTime) < Date.parse(startTime))
      errors.push(invalid(at, completionTime, 'must be equal to or after `startTime`'))
  }
  const hasNothingToDo = job.spec?.suspend === true && job.spec.completions === 0
  if ((changes.finished || changes.field('startTime')) && !hasNothingToDo && startTime === undefined && isFinished(job))
    errors.push(required('status.startTime', 'startTime is required for finished job'))
  return errors
}

/** What a finished job may no longer have. */
function finishedErrors(job: Job, changes: Changes): readonly FieldError[] {
  if (!isFinished(job)) return []
  const { active = 0, terminating = 0, uncountedTerminatedPods: uncounted } = job.status ?? {}
  const errors: FieldError[] = []
  if (active > 0 && (changes.finished || changes.field('active')))
    errors.push(invalid('status.active', active, 'active>0 is invalid for finished job'))
  const left = (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0)
  if (left > 0 && (changes.finished || changes.field('uncountedTerminatedPods'))) {
    const shown = goForm('io.k8s.api.batch.v1.UncountedTerminatedPods', uncounted)
    errors.push(invalid('status.uncountedTerminatedPods', shown, 'must be empty for finished job'))
  }
  if (terminating > 0 && (changes.finished || changes.field('terminating')))
    errors.push(invalid('status.terminating', terminating, 'terminating>0 is invalid for finished job'))
  return errors
}

function indexErrors(job: Job, changes: Changes): readonly FieldError[] {
  const { completions, backoffLimitPerIndex } = job.spec ?? {}
  const { completedIndexes = '', failedIndexes } = job.status ?? {}
  const errors: FieldError[] = []
  const [completedChanged, failedChanged] = [changes.field('completedIndexes'), changes.field('failedIndexes')]
  const parsed = (name: 'completedIndexes' | 'failedIndexes', text: string) => {
    const problem = completions === undefined ? undefined : indexesProblem(text, completions)
    if (problem !== undefined) errors.push(invalid(`status.${name}`, text, `error parsing ${name}: ${problem}`))
  }
  if (completedChanged) {
    parsed('completedIndexes', completedIndexes)
    if (completedIndexes !== '' && !isIndexed(job)) {
      const why = 'cannot set non-empty completedIndexes when non-indexed completion mode'
      errors.push(invalid('status.completedIndexes', completedIndexes, why))
    }
  }
  if (failedIndexes === undefined) return errors
  if (failedChanged && backoffLimitPerIndex !== undefined) parsed('failedIndexes', failedIndexes)
  if (failedChanged && backoffLimitPerIndex === undefined) {
    const why = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'
    errors.push(invalid('status.failedIndexes', failedIndexes, why))
  }
  const shared =
    completions === undefined || !(completedChanged || failedChanged)
      ? undefined
      : overlap(completedIndexes, failedIndexes, completions)
  if (shared !== undefined) {
    const why = `failedIndexes and completedIndexes overlap at index: ${shared}`
    errors.push(invalid('status.failedIndexes', failedIndexes, why))
  }
  return errors
}

/** What may not become of a status that was so. */
function transitionErrors(next: Job, previous: Job, changes: Changes): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const type of ['Failed', 'Complete', 'FailureTarget'])
    if (isTrue(previous, type) && !isTrue(next, type))
      errors.push(invalidWhole(conditionsAt, `cannot disable the terminal ${type}=True condition`))
  const [now, before] = [next.status ?? {}, previous.status ?? {}]
  const falls = (name: 'failed' | 'succeeded') => {
    const value = now[name] ?? 0
    if (value < (before[name] ?? 0))
      errors.push(invalid(`status.${name}`, value, `cannot decrease the ${name} counter`))
  }
  falls('failed')
  // Kubernetes: a job whose pods have numbers and run all at once may be made smaller.
  if (!isIndexed(next) || next.spec?.completions !== next.spec?.parallelism) falls('succeeded')
  if (now.completionTime !== undefined && before.completionTime !== undefined && changes.field('completionTime'))
    errors.push(invalid('status.completionTime', now.completionTime, 'field is immutable'))
  const suspension = now.conditions?.find(({ type }) => type === 'Suspended')
  const isResumed = isTrue(previous, 'Suspended') && suspension?.status === 'False'
  const startChanged = changes.field('startTime') && !isResumed
  if (startChanged && before.startTime !== undefined && next.spec?.suspend !== true) {
    const why = 'field is immutable for unsuspended job once set'
    errors.push(invalid('status.startTime', now.startTime ?? null, why))
  }
  const [met, wasMet] = [isTrue(next, 'SuccessCriteriaMet'), isTrue(previous, 'SuccessCriteriaMet')]
  if (wasMet && !met) errors.push(invalidWhole(conditionsAt, 'cannot disable the SuccessCriteriaMet=True condition'))
  if (isTrue(previous, 'Complete') && !wasMet && met) {
    const why = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'
    errors.push(invalidWhole(conditionsAt, why))
  }
  return errors
}

/** What is wrong with a change of a Job's status. */
export function jobStatusErrors(next: Job, previous: Job): readonly FieldError[] {
  const changes = changesOf(next, previous)
  const { ready = 0, active = 0 } = next.status ?? {}
  const readier = ready > active && (changes.field('ready') || changes.field('active'))
  return [
    ...countErrors(next),
    ...conditionErrors(next, changes),
    ...timeErrors(next, changes),
    ...finishedErrors(next, changes),
    ...indexErrors(next, changes),
    ...(readier ? [invalid('status.ready', ready, 'cannot set more ready pods than active')] : []),
    ...transitionErrors(next, previous, changes),
  ]
}
