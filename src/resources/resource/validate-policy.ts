/** How much of a device's capacity may be asked for at once. */
import {
  addQuantities,
  compareQuantities,
  forbiddenField,
  invalid,
  parseQuantity,
  quantityText,
  required,
  wholeValueOf,
} from '../../machinery/index.ts'
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from '../generated/types.ts'
import { type Errors, each, none, repeated } from './checks.ts'

const compare = (left: string, right: string) => compareQuantities(parseQuantity(left), parseQuantity(right))

/** What is wrong with the amounts that may be had of a capacity. */
export function requestPolicyErrors(capacity: string, policy: CapacityRequestPolicy, at: string): Errors {
  const { validValues = [], validRange } = policy
  if (validValues.length > 0 && validRange !== undefined) {
    const why = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'
    return [forbiddenField(at, why)]
  }
  const defaultAt = `${at}.default`
  if (validValues.length > 0)
    return policy.default === undefined
      ? [required(defaultAt, 'required when validValues is defined')]
      : valuesErrors(policy.default, capacity, validValues, `${at}.validValues`)
  if (validRange === undefined) return none
  return policy.default === undefined
    ? [required(defaultAt, 'required when validRange is defined')]
    : rangeErrors(policy.default, capacity, validRange, `${at}.validRange`)
}

function valuesErrors(standard: string, capacity: string, values: readonly string[], at: string): Errors {
  return [
    ...each(values, at, (value, place) => {
      const index = Number(/\[(\d+)\]$/.exec(place)![1])
      return index > 0 && compare(values[index - 1]!, value) > 0
        ? [invalid(place, value, 'values must be sorted in ascending order')]
        : none
    }),
    ...each(values, at, (value, place) =>
      compare(value, capacity) > 0
        ? [invalid(place, value, `option is larger than capacity value: ${capacity}`)]
        : none,
    ),
    ...repeated(values, at, (value) => String(wholeValueOf(value))),
    ...(values.some((value) => compare(value, standard) === 0)
      ? none
      : [invalid(at, standard, 'default value is not valid according to the requestPolicy')]),
  ]
}

function rangeErrors(standard: string, capacity: string, range: CapacityRequestPolicyRange, at: string): Errors {
  const { min, max, step } = range
  if (min === undefined) return [required(`${at}.min`, 'required when validRange is defined')]
  const unless = (holds: boolean, name: string, value: string, why: string) =>
    holds ? none : [invalid(`${at}.${name}`, value, why)]
  return [
    ...unless(compare(min, capacity) <= 0, 'min', min, `min is larger than capacity value: ${capacity}`),
    ...unless(compare(standard, min) >= 0, 'min', standard, `default is less than min: ${min}`),
    ...(max === undefined
      ? none
      : [
          ...unless(compare(min, max) <= 0, 'max', min, `min is larger than max: ${max}`),
          ...unless(compare(max, capacity) <= 0, 'max', max, `max is larger than capacity value: ${capacity}`),
          ...unless(compare(standard, max) <= 0, 'max', standard, `default is more than max: ${max}`),
        ]),
    ...(step === undefined ? none : stepErrors(standard, capacity, { ...range, step }, `${at}.step`)),
  ]
}

function stepErrors(
  standard: string,
  capacity: string,
  { min, max, step }: CapacityRequestPolicyRange & { readonly step: string },
  at: string,
): Errors {
  const one = addQuantities(parseQuantity(min), parseQuantity(step))
  const isOff = (value: string) => (wholeValueOf(value) - wholeValueOf(min)) % wholeValueOf(step) !== 0
  return [
    ...(compareQuantities(one, parseQuantity(capacity)) > 0
      ? [invalid(at, step, `one step ${quantityText(one)} is larger than capacity value: ${capacity}`)]
      : none),
    ...[standard, ...(max === undefined ? [] : [max])]
      .filter(isOff)
      .map((value) => invalid(at, value, `value is not a multiple of a given step (${step}) from (${min})`)),
  ]
}
