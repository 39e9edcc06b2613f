import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  identifierErrors,
  invalid,
  labelValueErrors,
  notSupported,
  qualifiedNameErrors,
  required,
  sameJson,
  tooLong,
  tooMany,
} from '../../machinery/index.ts'
import type { DeviceTaint, DeviceToleration } from '../generated/types.ts'
import { csiDriverNameErrors } from '../validation/csi.ts'
import { complaints } from '../validation/object-meta.ts'

export type ItemCheck<T> = (item: T, field: string) => readonly FieldError[]

const poolNameMax = 253
const identifierMax = 32
const bindingConditionsMax = 4
const effects = ['NoExecute', 'NoSchedule', 'None']
const operators = ['Equal', 'Exists']

/** What is wrong with the items of a list that may only be so long. */
export function listErrors<T>(
  items: readonly T[] | undefined,
  countMax: number,
  check: ItemCheck<T>,
  field: string,
): readonly FieldError[] {
  const list = items ?? []
  if (list.length > countMax) return [tooMany(field, list.length, countMax)]
  return list.flatMap((item, index) => check((item ?? {}) as T, `${field}[${index}]`))
}

/** As listErrors, of a list in which nothing may be twice. */
export function setErrors<T>(
  items: readonly T[] | undefined,
  countMax: number,
  check: ItemCheck<T>,
  keyOf: (item: T) => unknown,
  field: string,
): readonly FieldError[] {
  const errors = [...listErrors(items, countMax, check, field)]
  const list = items ?? []
  if (list.length > countMax) return errors
  const keys = list.map((item) => keyOf((item ?? {}) as T))
  for (const [index, key] of keys.entries())
    if (keys.findIndex((other) => sameJson(other, key)) < index) errors.push(duplicate(`${field}[${index}]`, key))
  return errors
}

/** What is wrong with a map whose keys are names. */
export function mapErrors<T>(
  map: Readonly<Record<string, T>> | undefined,
  limits: { readonly count: number; readonly shown: number },
  checkKey: ItemCheck<string>,
  check: ItemCheck<T>,
  field: string,
): readonly FieldError[] {
  const entries = Object.entries(map ?? {})
  if (entries.length > limits.count) return [tooMany(field, entries.length, limits.count)]
  return entries.flatMap(([key, item]) => [
    ...checkKey(key, field),
    ...check((item ?? {}) as T, `${field}[${shortened(key, Math.max(limits.shown, 16))}]`),
  ])
}
function shortened(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text
  const rest = lengthMax - 3
  return `${text.slice(0, Math.floor((rest + 1) / 2))}...${text.slice(text.length - Math.floor(rest / 2))}`
}

export const labelErrors = (name: string, field: string) => complaints(field, name, dns1123LabelErrors(name))
export const subdomainErrors = (name: string, field: string) => complaints(field, name, dns1123SubdomainErrors(name))
export const keyErrors = (key: string, field: string) => complaints(field, key, qualifiedNameErrors(key))

export function poolNameErrors(name: string, field: string): readonly FieldError[] {
  if (name === '') return [required(field)]
  const errors = name.length > poolNameMax ? [tooLong(field, poolNameMax)] : []
  return [...errors, ...name.split('/').flatMap((part) => subdomainErrors(part, field))]
}

function shortIdentifierErrors(name: string, field: string): readonly FieldError[] {
  const errors = name.length > identifierMax ? [tooLong(field, identifierMax)] : []
  return [...errors, ...complaints(field, name, identifierErrors(name))]
}

/** What is wrong with the name of an attribute. Kubernetes: names with more than one slash are not looked at. */
export function attributeNameErrors(name: string, field: string): readonly FieldError[] {
  const [domain = '', id, ...more] = name.split('/')
  if (more.length > 0) return []
  if (id === undefined) return shortIdentifierErrors(domain, field)
  return [
    ...(domain === '' ? [invalid(field, '', 'the domain must not be empty')] : csiDriverNameErrors(domain, field)),
    ...(id === '' ? [invalid(field, '', 'the name must not be empty')] : shortIdentifierErrors(id, field)),
  ]
}

/** What is wrong with the name of an attribute that must say whose it is. */
export function fullAttributeNameErrors(name: string, field: string): readonly FieldError[] {
  const why = 'a fully qualified name must be a domain and a name separated by a slash'
  return [...attributeNameErrors(name, field), ...(name.includes('/') ? [] : [invalid(field, name, why)])]
}

/** What is wrong with JSON that only a driver understands. */
export function driverDataErrors(
  data: unknown,
  field: string,
  lengthMax: number,
  isStored = false,
): readonly FieldError[] {
  if (data === undefined || data === null) return [required(field)]
  if (!isStored && JSON.stringify(data).length > lengthMax) return [tooLong(field, lengthMax)]
  const isObject = typeof data === 'object' && !Array.isArray(data)
  return isObject ? [] : [invalid(field, '<value omitted>', 'must be a valid JSON object')]
}

/** What is wrong with a taint of a device; an effect that was there before may stay. */
export function deviceTaintErrors(taint: DeviceTaint, previous: DeviceTaint | undefined, field: string) {
  const { key = '', value = '' } = taint
  const effect: string = taint.effect ?? ''
  const errors = [...keyErrors(key, `${field}.key`), ...complaints(`${field}.value`, value, labelValueErrors(value))]
  if (previous !== undefined && previous.effect === taint.effect) return errors
  if (effect === '') errors.push(required(`${field}.effect`))
  else if (!effects.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, effects))
  return errors
}

export function deviceTolerationErrors(toleration: DeviceToleration, field: string): readonly FieldError[] {
  const { key = '', value = '' } = toleration
  const [effect, operator]: readonly string[] = [toleration.effect ?? '', toleration.operator ?? '']
  const errors: FieldError[] = key === '' ? [] : [...keyErrors(key, `${field}.key`)]
  if (operator === 'Exists') {
    if (value !== '') errors.push(invalid(`${field}.value`, value, 'must be empty for operator `Exists`'))
  } else if (operator === 'Equal') errors.push(...complaints(`${field}.value`, value, labelValueErrors(value)))
  else if (operator === '') errors.push(required(`${field}.operator`))
  else errors.push(notSupported(`${field}.operator`, operator, operators))
  if (effect !== '' && !effects.includes(effect!)) errors.push(notSupported(`${field}.effect`, effect, effects))
  return errors
}

/** What is wrong with the conditions a device must meet before pods are bound to it, and those on which it failed. */
export function bindingErrors(
  of: { readonly bindingConditions?: readonly string[]; readonly bindingFailureConditions?: readonly string[] },
  field: string,
): readonly FieldError[] {
  const [wanted, failed] = [of.bindingConditions ?? [], of.bindingFailureConditions ?? []]
  const [wantedAt, failedAt] = [`${field}.bindingConditions`, `${field}.bindingFailureConditions`]
  const twice = (list: readonly string[], at: string) =>
    list.flatMap((one, index) => (list.indexOf(one) < index ? [duplicate(`${at}[${index}]`, one)] : []))
  const errors = [
    ...listErrors(wanted, bindingConditionsMax, keyErrors, wantedAt),
    ...listErrors(failed, bindingConditionsMax, keyErrors, failedAt),
    ...twice(wanted, wantedAt),
    ...twice(failed, failedAt),
  ]
  for (const [index, one] of failed.entries())
    if (wanted.includes(one))
      errors.push(
        invalid(`${failedAt}[${index}]`, one, 'bindingFailureConditions must not overlap with bindingConditions'),
      )
  if (wanted.length === 0 && failed.length > 0) {
    const why = 'bindingConditions are required to use bindingFailureConditions'
    errors.push(invalid(wantedAt, of.bindingConditions ?? null, why))
  }
  if (failed.length === 0 && wanted.length > 0) {
    const why = 'bindingFailureConditions are required to use bindingConditions'
    errors.push(invalid(failedAt, of.bindingFailureConditions ?? null, why))
  }
  return errors
}
