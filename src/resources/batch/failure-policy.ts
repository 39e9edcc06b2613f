import {
  duplicate,
  type FieldError,
  invalid,
  invalidWhole,
  notSupported,
  qualifiedNameErrors,
  required,
  tooLong,
  tooMany,
} from '../../machinery/index.ts'
import type { JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from '../generated/types.ts'
import { complaints, nonNegative } from '../validation/object-meta.ts'

const rulesMax = 20
const exitCodesMax = 255
const patternsMax = 20
const indexesLengthMax = 64 * 1024
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const operators = ['In', 'NotIn']
const statuses = ['False', 'True', 'Unknown']

const oneOf = (values: readonly string[]) => `valid values: [${values.map((one) => JSON.stringify(one)).join(' ')}]`

/** What is wrong with what a Job does about pods that fail. */
export function failurePolicyErrors(spec: JobSpec, field: string): readonly FieldError[] {
  const policy = spec.podFailurePolicy
  if (policy === undefined) return []
  const rules = policy.rules ?? []
  const { containers, initContainers } = spec.template?.spec ?? {}
  const names = new Set([...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name))
  return [
    ...(rules.length > rulesMax ? [tooMany(`${field}.rules`, rules.length, rulesMax)] : []),
    ...rules.flatMap((rule, index) => ruleErrors(rule, spec, names, `${field}.rules[${index}]`)),
  ]
}

function ruleErrors(
  rule: PodFailurePolicyRule,
  spec: JobSpec,
  names: ReadonlySet<string>,
  at: string,
): readonly FieldError[] {
  const { action = '', onExitCodes, onPodConditions = [] } = rule as Partial<PodFailurePolicyRule>
  const errors: FieldError[] = []
  if (action === '') errors.push(required(`${at}.action`, oneOf(actions)))
  else if (!actions.includes(action)) errors.push(notSupported(`${at}.action`, action, actions))
  else if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    errors.push(invalid(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set'))
  if (onExitCodes !== undefined) errors.push(...exitCodeErrors(onExitCodes, names, `${at}.onExitCodes`))
  errors.push(...patternErrors(onPodConditions, `${at}.onPodConditions`))
  if (onExitCodes !== undefined && onPodConditions.length > 0)
    errors.push(invalidWhole(at, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (onExitCodes === undefined && onPodConditions.length === 0)
    errors.push(invalidWhole(at, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

type ExitCodes = NonNullable<PodFailurePolicyRule['onExitCodes']>

function exitCodeErrors(codes: ExitCodes, names: ReadonlySet<string>, at: string): readonly FieldError[] {
  const { containerName, operator = '', values } = codes as Partial<ExitCodes>
  const errors: FieldError[] = []
  if (operator === '') errors.push(required(`${at}.operator`, oneOf(operators)))
  else if (!operators.includes(operator)) errors.push(notSupported(`${at}.operator`, operator, operators))
  if (containerName !== undefined && !names.has(containerName)) {
    const why = 'must be one of the container or initContainer names in the pod template'
    errors.push(invalid(`${at}.containerName`, containerName, why))
  }
  const list = values ?? []
  if (list.length === 0) errors.push(invalid(`${at}.values`, values ?? null, 'at least one value is required'))
  else if (list.length > exitCodesMax) errors.push(tooMany(`${at}.values`, list.length, exitCodesMax))
  for (const [index, value] of list.entries()) {
    const path = `${at}.values[${index}]`
    if (operator === 'In' && value === 0) errors.push(invalid(path, value, 'must not be 0 for the In operator'))
    if (list.indexOf(value) < index) errors.push(duplicate(path, value))
  }
  const isOrdered = list.every((value, index) => index === 0 || list[index - 1]! <= value)
  return isOrdered ? errors : [...errors, invalid(`${at}.values`, list, 'must be ordered')]
}

function patternErrors(
  patterns: NonNullable<PodFailurePolicyRule['onPodConditions']>,
  at: string,
): readonly FieldError[] {
  const many = patterns.length > patternsMax ? [tooMany(at, patterns.length, patternsMax)] : []
  const each = patterns.flatMap((pattern, index) => {
    const { type = '', status = '' } = pattern ?? {}
    const path = `${at}[${index}]`
    const errors: FieldError[] = [...complaints(`${path}.type`, type, qualifiedNameErrors(type))]
    if (status === '') errors.push(required(`${path}.status`, oneOf(statuses)))
    else if (!statuses.includes(status)) errors.push(notSupported(`${path}.status`, status, statuses))
    return errors
  })
  return [...many, ...each]
}

/** What is wrong with when a Job has done enough. */
export function successPolicyErrors(spec: JobSpec, field: string): readonly FieldError[] {
  const policy = spec.successPolicy
  if (policy === undefined) return []
  const rules = policy.rules ?? []
  if (spec.completionMode !== 'Indexed') {
    const shown = rules.map(({ succeededIndexes = null, succeededCount = null }) => ({
      SucceededIndexes: succeededIndexes,
      SucceededCount: succeededCount,
    }))
    const value = { Rules: policy.rules === undefined ? null : shown }
    return [invalid(field, value, 'requires indexed completion mode')]
  }
  const why = 'at least one rules must be specified when the successPolicy is specified'
  return [
    ...(rules.length === 0 ? [required(`${field}.rules`, why)] : []),
    ...(rules.length > rulesMax ? [tooMany(`${field}.rules`, rules.length, rulesMax)] : []),
    ...rules.flatMap((rule, index) => successRuleErrors(rule, spec.completions ?? 0, `${field}.rules[${index}]`)),
  ]
}

function successRuleErrors(rule: SuccessPolicyRule, completions: number, at: string): readonly FieldError[] {
  const { succeededIndexes: indexes, succeededCount: count } = rule
  const errors: FieldError[] = []
  if (indexes === undefined && count === undefined)
    errors.push(required(at, 'at least one of succeededCount or succeededIndexes must be specified'))
  let total = 0
  if (indexes !== undefined) {
    const path = `${at}.succeededIndexes`
    if (indexes.length > indexesLengthMax) errors.push(tooLong(path, indexesLengthMax))
    const read = indexesIn(indexes, completions)
    if (typeof read === 'string') errors.push(invalid(path, indexes, `error parsing succeededIndexes: ${read}`))
    else total = read
  }
  if (count === undefined) return errors
  const path = `${at}.succeededCount`
  errors.push(...nonNegative(path, count))
  const tooLarge = (most: number, what: string) =>
    errors.push(invalid(path, count, `must be less than or equal to ${most} (the number of ${what})`))
  if (count > completions) tooLarge(completions, 'specified completions')
  if (indexes !== undefined && count > total) tooLarge(total, 'indexes in the specified succeededIndexes field')
  return errors
}

/** How many indexes a text like `0,3-5` names, or why it names none. */
function indexesIn(text: string, completions: number): number | string {
  if (text === '') return 0
  let last: number | undefined
  let total = 0
  for (const part of text.split(',')) {
    const limits = part.split('-')
    if (limits.length > 2)
      return `the fragment ${JSON.stringify(part)} violates the requirement that an index interval can have at most two parts separated by '-'`
    for (const limit of limits) {
      const quoted = JSON.stringify(limit)
      if (!/^[+-]?\d+$/.test(limit)) return `cannot convert string to integer for index: ${quoted}`
      if (Number(limit) >= completions) return `too large index: ${quoted}`
    }
    const [first, end = first] = limits.map(Number) as [number, number?]
    if (limits.length === 2 && first >= end!) return `non-increasing order, previous: ${first}, current: ${end}`
    if (last !== undefined && last >= first) return `non-increasing order, previous: ${last}, current: ${first}`
    total += end! - first + 1
    last = end
  }
  return total
}
