import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  patternError,
  qualifiedNameErrors,
  required,
  tooLong,
} from '../../machinery/index.ts'

/** A metav1.Condition as somebody sent it. */
export interface StatedCondition {
  readonly type?: string
  readonly status?: string
  readonly observedGeneration?: number
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

const statuses = ['False', 'True', 'Unknown']
const reasonMax = 1024
const messageMax = 32 * 1024
const reasonPattern = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const reasonText =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'"
const isReason = new RegExp(`^${reasonPattern}$`)

/** What is wrong with a list of metav1.Conditions. */
export function conditionsErrors(conditions: readonly StatedCondition[], field: string): readonly FieldError[] {
  const seen = new Set<string>()
  return conditions.flatMap((condition, index) => {
    const { type = '' } = condition
    const twice = seen.has(type) ? [duplicate(`${field}[${index}].type`, type)] : []
    seen.add(type)
    return [...twice, ...conditionErrors(condition, `${field}[${index}]`)]
  })
}

function conditionErrors(condition: StatedCondition, at: string): readonly FieldError[] {
  const { type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' } = condition
  const errors: FieldError[] = qualifiedNameErrors(type).map((text) => invalid(`${at}.type`, type, text))
  if (!statuses.includes(status)) errors.push(notSupported(`${at}.status`, status, statuses))
  if (observedGeneration < 0)
    errors.push(invalid(`${at}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero'))
  if (lastTransitionTime === undefined || lastTransitionTime === null) errors.push(required(`${at}.lastTransitionTime`))
  if (reason === '') errors.push(required(`${at}.reason`))
  else {
    if (!isReason.test(reason)) {
      const examples = ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB']
      errors.push(invalid(`${at}.reason`, reason, patternError(reasonText, reasonPattern, ...examples)))
    }
    if (reason.length > reasonMax) errors.push(tooLong(`${at}.reason`, reasonMax))
  }
  if (message.length > messageMax) errors.push(tooLong(`${at}.message`, messageMax))
  return errors
}
