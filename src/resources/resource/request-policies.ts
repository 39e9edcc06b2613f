import {
  addQuantities,
  compareQuantities,
  type FieldError,
  forbiddenField,
  invalid,
  parseQuantity,
  quantityText,
  required,
} from '../../machinery/index.ts'
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from '../generated/types.ts'
import { setErrors } from './parts.ts'

const optionsMax = 10
const nano = 1_000_000_000n
/** Kubernetes: a fraction counts as the next whole number. */
const wholeOf = (amount: string) => {
  const { nanos } = parseQuantity(amount)
  return nanos / nano + (nanos > 0n && nanos % nano !== 0n ? 1n : 0n)
}
const compare = (one: string, other: string) => compareQuantities(parseQuantity(one), parseQuantity(other))
const isMore = (one: string, other: string) => compare(one, other) > 0

/** What is wrong with how much of a shared capacity may be asked for. */
export function requestPolicyErrors(
  capacity: string,
  policy: CapacityRequestPolicy,
  field: string,
): readonly FieldError[] {
  const { validValues = [], validRange, default: usual } = policy
  if (validValues.length > 0 && validRange !== undefined) {
    const why = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'
    return [forbiddenField(field, why)]
  }
  if (validValues.length > 0)
    return usual === undefined
      ? [required(`${field}.default`, 'required when validValues is defined')]
      : valueErrors(usual, capacity, validValues, `${field}.validValues`)
  if (validRange === undefined) return []
  return usual === undefined
    ? [required(`${field}.default`, 'required when validRange is defined')]
    : rangeErrors(usual, capacity, validRange, `${field}.validRange`)
}

function valueErrors(usual: string, capacity: string, values: readonly string[], field: string) {
  const errors: FieldError[] = []
  for (const [index, value] of values.entries())
    if (index > 0 && isMore(values[index - 1]!, value))
      errors.push(invalid(`${field}[${index}]`, value, 'values must be sorted in ascending order'))
  const checkOne = (value: string, at: string) =>
    isMore(value, capacity) ? [invalid(at, value, `option is larger than capacity value: ${capacity}`)] : []
  errors.push(...setErrors(values, optionsMax, checkOne, (value) => String(wholeOf(value)), field))
  const isFound = values.length <= optionsMax && values.some((value) => compare(value, usual) === 0)
  if (!isFound) errors.push(invalid(field, usual, 'default value is not valid according to the requestPolicy'))
  return errors
}

function rangeErrors(usual: string, capacity: string, range: CapacityRequestPolicyRange, field: string) {
  const { max, step } = range
  const min: string | undefined = range.min ?? undefined
  if (min === undefined) return [required(`${field}.min`, 'required when validRange is defined')]
  const errors: FieldError[] = []
  const refuse = (name: string, value: string, why: string) => errors.push(invalid(`${field}.${name}`, value, why))
  if (isMore(min, capacity)) refuse('min', min, `min is larger than capacity value: ${capacity}`)
  if (isMore(min, usual)) refuse('min', usual, `default is less than min: ${min}`)
  if (max !== undefined) {
    if (isMore(min, max)) refuse('max', min, `min is larger than max: ${max}`)
    if (isMore(max, capacity)) refuse('max', max, `max is larger than capacity value: ${capacity}`)
    if (isMore(usual, max)) refuse('max', usual, `default is more than max: ${max}`)
  }
  if (step === undefined) return errors
  const first = quantityText(addQuantities(parseQuantity(min), parseQuantity(step)))
  if (isMore(first, capacity)) refuse('step', step, `one step ${first} is larger than capacity value: ${capacity}`)
  for (const value of [usual, ...(max === undefined ? [] : [max])])
    if (wholeOf(step) !== 0n && (wholeOf(value) - wholeOf(min)) % wholeOf(step) !== 0n)
      refuse('step', value, `value is not a multiple of a given step (${step}) from (${min})`)
  return errors
}
