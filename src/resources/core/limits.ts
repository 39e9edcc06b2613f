import {
  compareQuantities,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  parseQuantity,
  qualifiedNameErrors,
  sameJson,
} from '../../machinery/index.ts'
import type { LimitRange, ResourceQuota } from '../generated/types.ts'
import { complaints, nonNegative } from '../validation/object-meta.ts'
import { resourceAmountErrors } from './pod/resources.ts'
import { isQuotaResource, isStandardResource, mayOvercommit } from './resource-names.ts'

function quotaNameErrors(name: string, field: string): readonly FieldError[] {
  const found = complaints(field, name, qualifiedNameErrors(name))
  if (found.length > 0 || name.includes('/')) return found
  const errors: FieldError[] = []
  if (!isStandardResource(name))
    errors.push(invalid(field, name, 'must be a standard resource type or fully qualified'))
  if (!isQuotaResource(name)) errors.push(invalid(field, name, 'must be a standard resource for quota'))
  return errors
}

export function resourceQuotaErrors({ spec }: ResourceQuota): readonly FieldError[] {
  return Object.entries(spec?.hard ?? {}).flatMap(([name, amount]) => {
    const at = `spec.hard[${name}]`
    return [...quotaNameErrors(name, at), ...resourceAmountErrors(name, amount, at)]
  })
}
export function resourceQuotaUpdateErrors(next: ResourceQuota, previous: ResourceQuota): readonly FieldError[] {
  const sorted = (quota: ResourceQuota) => [...(quota.spec?.scopes ?? [])].sort()
  const errors = resourceQuotaErrors(next)
  return sameJson(sorted(next), sorted(previous))
    ? errors
    : [...errors, invalid('spec.scopes', next.spec?.scopes ?? null, 'field is immutable')]
}
export function resourceQuotaStatusErrors({ status }: ResourceQuota): readonly FieldError[] {
  return (['hard', 'used'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, amount]) =>
      nonNegative(`status.${list}[${name}]`, parseQuantity(amount).nanos < 0n ? -1 : 0),
    ),
  )
}

export function limitRangeErrors({ spec }: LimitRange): readonly FieldError[] {
  const types = new Set<string>()
  return (spec?.limits ?? []).flatMap((limit, index) => {
    const at = `spec.limits[${index}]`
    const errors: FieldError[] = []
    if (types.has(limit.type)) errors.push(duplicate(`${at}.type`, limit.type))
    types.add(limit.type)
    if (limit.type === 'Pod') {
      for (const name of ['default', 'defaultRequest'] as const)
        if (Object.keys(limit[name] ?? {}).length > 0)
          errors.push(forbiddenField(`${at}.${name}`, "may not be specified when `type` is 'Pod'"))
    }
    const names = new Set(
      (['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const).flatMap((list) =>
        Object.keys(limit[list] ?? {}),
      ),
    )
    for (const name of names) errors.push(...limitErrors(limit, name, at))
    return errors
  })
}

type Limit = NonNullable<LimitRange['spec']>['limits'][number]

function limitErrors(limit: Limit, name: string, at: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const [min, max, standard, request] = [limit.min, limit.max, limit.default, limit.defaultRequest].map(
    (list) => list?.[name],
  )
  const above = (left: string | undefined, right: string | undefined) =>
    left !== undefined && right !== undefined && compareQuantities(parseQuantity(left), parseQuantity(right)) > 0
  const refuse = (list: string, value: string | undefined, why: string) =>
    errors.push(invalid(`${at}.${list}[${name}]`, value, why))
  if (above(min, max)) refuse('min', min, `min value ${min} is greater than max value ${max}`)
  if (above(min, request))
    refuse('defaultRequest', request, `min value ${min} is greater than default request value ${request}`)
  if (above(request, max))
    refuse('defaultRequest', request, `default request value ${request} is greater than max value ${max}`)
  if (above(request, standard))
    refuse(
      'defaultRequest',
      request,
      `default request value ${request} is greater than default limit value ${standard}`,
    )
  if (above(min, standard)) refuse('default', min, `min value ${min} is greater than default value ${standard}`)
  if (above(standard, max)) refuse('default', max, `default value ${standard} is greater than max value ${max}`)
  const ratio = limit.maxLimitRequestRatio?.[name]
  if (above('1', ratio)) refuse('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`)
  if (
    !mayOvercommit(name) &&
    standard !== undefined &&
    request !== undefined &&
    (above(standard, request) || above(request, standard))
  )
    refuse(
      'defaultRequest',
      request,
      `default value ${standard} must equal to defaultRequest value ${request} in ${name}`,
    )
  return errors
}
