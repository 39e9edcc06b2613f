/** What objects of dynamic resource allocation have in common, checked in Kubernetes' words. */
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  identifierErrors,
  invalid,
  labelValueErrors,
  qualifiedNameErrors,
  required,
  tooLong,
} from '../../machinery/index.ts'
import type { DeviceToleration } from '../generated/types.ts'
import { complaints } from '../validation/object-meta.ts'

export type Errors = readonly FieldError[]
export const none: Errors = []
const driverLengthMax = 63
const identifierLengthMax = 32

/** Every member of a list, checked. */
export const each = <T>(list: readonly T[] | undefined, at: string, check: (member: T, at: string) => Errors): Errors =>
  (list ?? []).flatMap((member, index) => check(member, `${at}[${index}]`))

/** The members of a list that were there before. */
export const repeated = <T>(list: readonly T[] | undefined, at: string, keyOf: (member: T) => string): Errors => {
  const seen = new Set<string>()
  return each(list, at, (member, place) => {
    const key = keyOf(member)
    if (seen.has(key)) return [duplicate(place, key)]
    seen.add(key)
    return none
  })
}

export const labelErrors = (name: string, at: string): Errors => complaints(at, name, dns1123LabelErrors(name))
export const labelNameErrors = (name: string, at: string): Errors => complaints(at, name, qualifiedNameErrors(name))

export function driverErrors(name = '', at: string): Errors {
  if (name === '') return [required(at)]
  return [
    ...(name.length > driverLengthMax ? [tooLong(at, driverLengthMax)] : none),
    ...complaints(at, name, dns1123SubdomainErrors(name.toLowerCase())),
  ]
}

export function poolNameErrors(name = '', at: string): Errors {
  if (name === '') return [required(at)]
  const parts = name.split('/').flatMap((part) => complaints(at, part, dns1123SubdomainErrors(part)))
  return name.length > 253 ? [tooLong(at, 253), ...parts] : parts
}

const idErrors = (id: string, at: string): Errors => [
  ...(id.length > identifierLengthMax ? [tooLong(at, identifierLengthMax)] : none),
  ...complaints(at, id, identifierErrors(id)),
]

/** Names of attributes and capacities: an identifier, behind the domain of who says what it means or not. */
export function memberNameErrors(name: string, at: string): Errors {
  const [first = '', second, ...more] = name.split('/')
  if (second === undefined) return idErrors(first, at)
  // Kubernetes: a name of more parts is not looked at.
  if (more.length > 0) return none
  return [
    ...(first === '' ? [invalid(at, '', 'the domain must not be empty')] : driverErrors(first, at)),
    ...(second === '' ? [invalid(at, '', 'the name must not be empty')] : idErrors(second, at)),
  ]
}

export function fullNameErrors(name: string, at: string): Errors {
  const errors = memberNameErrors(name, at)
  if (name.includes('/')) return errors
  return [...errors, invalid(at, name, 'a fully qualified name must be a domain and a name separated by a slash')]
}

/** Parameters and data of drivers: an object of any kind, of no more than so many bytes. */
export function objectErrors(value: unknown, at: string, bytesMax: number): Errors {
  if (value === undefined || value === null) return [required(at)]
  if (Buffer.byteLength(JSON.stringify(value)) > bytesMax) return [tooLong(at, bytesMax)]
  if (typeof value !== 'object' || Array.isArray(value))
    return [invalid(at, '<value omitted>', 'must be a valid JSON object')]
  return none
}

export function tolerationErrors({ operator, value = '' }: DeviceToleration, at: string): Errors {
  if (operator === 'Exists')
    return value === '' ? none : [invalid(`${at}.value`, value, 'must be empty for operator `Exists`')]
  return operator === 'Equal' ? complaints(`${at}.value`, value, labelValueErrors(value)) : none
}

/** What must be so before a device may be used, and what says that it never will: both or neither. */
export function bindingConditionErrors(
  wanted: readonly string[] | undefined,
  failed: readonly string[] | undefined,
  at: string,
): Errors {
  const isEmpty = (list: readonly string[] | undefined) => (list?.length ?? 0) === 0
  const [wantedAt, failedAt] = [`${at}.bindingConditions`, `${at}.bindingFailureConditions`]
  return [
    ...each(wanted, wantedAt, labelNameErrors),
    ...each(failed, failedAt, labelNameErrors),
    ...repeated(wanted, wantedAt, String),
    ...repeated(failed, failedAt, String),
    ...each(failed, failedAt, (name, place) =>
      wanted?.includes(name) === true
        ? [invalid(place, name, 'bindingFailureConditions must not overlap with bindingConditions')]
        : none,
    ),
    ...(isEmpty(wanted) && !isEmpty(failed)
      ? [invalid(wantedAt, wanted ?? null, 'bindingConditions are required to use bindingFailureConditions')]
      : none),
    ...(isEmpty(failed) && !isEmpty(wanted)
      ? [invalid(failedAt, failed ?? null, 'bindingFailureConditions are required to use bindingConditions')]
      : none),
  ]
}
