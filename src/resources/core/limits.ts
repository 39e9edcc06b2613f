import {
  compareQuantities,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  milliValueOf,
  parseQuantity,
  qualifiedNameErrors,
  required,
  sameJson,
} from '../../machinery/index.ts'
import type { LimitRange, ResourceQuota } from '../generated/types.ts'
import { complaints } from '../validation/object-meta.ts'
import { containerResourceNameErrors, resourceAmountErrors } from './pod/resources.ts'
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
  const amounts = Object.entries(spec?.hard ?? {}).flatMap(([name, amount]) => {
    const at = `spec.hard[${name}]`
    return [...quotaNameErrors(name, at), ...resourceAmountErrors(name, amount, at)]
  })
  return [...amounts, ...quotaScopeErrors(spec ?? {}), ...scopeSelectorErrors(spec ?? {})]
}
const scopes: readonly string[] = [
  ...['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'PriorityClass'],
  ...['CrossNamespacePodAffinity', 'VolumeAttributesClass'],
]
const exclusiveScopes = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]

type QuotaSpec = NonNullable<ResourceQuota['spec']>

function quotaScopeErrors({ scopes: stated = [], hard = {} }: QuotaSpec): readonly FieldError[] {
  const field = 'spec.scopes'
  const errors: FieldError[] = []
  const shown: readonly string[] = stated.map((one) => one ?? '')
  for (const scope of shown) {
    if (!scopes.includes(scope)) errors.push(invalid(field, shown, 'unsupported scope'))
    for (const name of Object.keys(hard).sort())
      if (isStandardQuota(name) && !mayLimitScope(scope, name))
        errors.push(invalid(field, shown, 'unsupported scope applied to resource'))
  }
  for (const pair of exclusiveScopes)
    if (pair.every((one) => shown.includes(one))) errors.push(invalid(field, shown, 'conflicting scopes'))
  return errors
}

function scopeSelectorErrors({ scopeSelector, hard = {}, scopes: stated }: QuotaSpec): readonly FieldError[] {
  if (scopeSelector === undefined) return []
  const field = 'spec.scopeSelector.matchExpressions'
  const errors: FieldError[] = []
  const seen = new Set<string>()
  const alone = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']
  for (const { scopeName = '', operator = '', values = [] } of scopeSelector.matchExpressions ?? []) {
    if (!scopes.includes(scopeName)) errors.push(invalid(`${field}.scopeName`, scopeName, 'unsupported scope'))
    for (const name of Object.keys(hard))
      if (isStandardQuota(name) && !mayLimitScope(scopeName, name))
        errors.push(invalid(field, scopeSelector, 'unsupported scope applied to resource'))
    if (alone.includes(scopeName) && operator !== 'Exists')
      errors.push(
        invalid(
          `${field}.operator`,
          operator,
          "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ),
      )
    if (operator === 'In' || operator === 'NotIn') {
      const why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
      if (values.length === 0) errors.push(required(`${field}.values`, why))
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      const why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
      if (values.length > 0) errors.push(invalid(`${field}.values`, values, why))
    } else errors.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'))
    seen.add(scopeName)
  }
  for (const pair of exclusiveScopes)
    if (pair.every((one) => seen.has(one))) errors.push(invalid(field, stated ?? null, 'conflicting scopes'))
  return errors
}

const computeResources: ReadonlySet<string> = new Set([
  ...['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'],
])
const isStandardQuota = (name: string) => name !== 'storage' && !name.includes('hugepages-') && isStandardResource(name)

/** Whether a scope makes sense for a resource. */
function mayLimitScope(scope: string, name: string): boolean {
  if (!scopes.includes(scope)) return true
  if (scope === 'BestEffort') return name === 'pods'
  if (scope === 'VolumeAttributesClass') return name === 'persistentvolumeclaims' || name === 'requests.storage'
  return name === 'pods' || computeResources.has(name)
}

export function resourceQuotaUpdateErrors(next: ResourceQuota, previous: ResourceQuota): readonly FieldError[] {
  const sorted = (quota: ResourceQuota) => [...new Set(quota.spec?.scopes)].sort()
  const errors = resourceQuotaErrors(next)
  return sameJson(sorted(next), sorted(previous))
    ? errors
    : [...errors, invalid('spec.scopes', next.spec?.scopes ?? null, 'field is immutable')]
}
export function resourceQuotaStatusErrors({ status }: ResourceQuota): readonly FieldError[] {
  return (['hard', 'used'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, amount]) =>
      resourceAmountErrors(name, amount, `status.${list}[${name}]`),
    ),
  )
}

const limitLists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

function limitTypeErrors(type: string, field: string): readonly FieldError[] {
  const found = complaints(field, type, qualifiedNameErrors(type))
  if (found.length > 0 || type.includes('/') || ['Pod', 'Container', 'PersistentVolumeClaim'].includes(type))
    return found
  return [invalid(field, type, 'must be a standard limit type or fully qualified')]
}

/** Kubernetes: pods and containers ask for less than other things can have limits of. */
function limitNameErrors(type: string, name: string, field: string): readonly FieldError[] {
  if (type === 'Pod' || type === 'Container') return containerResourceNameErrors(name, field)
  const found = complaints(field, name, qualifiedNameErrors(name))
  if (found.length > 0 || name.includes('/') || isStandardResource(name)) return found
  return [invalid(field, name, 'must be a standard resource type or fully qualified')]
}

export function limitRangeErrors({ spec }: LimitRange): readonly FieldError[] {
  const types = new Set<string>()
  return (spec?.limits ?? []).flatMap((limit, index) => {
    const at = `spec.limits[${index}]`
    const type = limit?.type ?? ''
    const errors: FieldError[] = [...limitTypeErrors(type, `${at}.type`)]
    if (types.has(type)) errors.push(duplicate(`${at}.type`, type))
    types.add(type)
    if (limit.type === 'Pod') {
      for (const name of ['default', 'defaultRequest'] as const)
        if (Object.keys(limit[name] ?? {}).length > 0)
          errors.push(forbiddenField(`${at}.${name}`, "may not be specified when `type` is 'Pod'"))
    }
    if (
      type === 'PersistentVolumeClaim' &&
      limit.min?.['storage'] === undefined &&
      limit.max?.['storage'] === undefined
    ) {
      const why = 'either minimum or maximum storage value is required, but neither was provided'
      errors.push(required(`${at}.limits`, why))
    }
    for (const list of limitLists) {
      if (type === 'Pod' && (list === 'default' || list === 'defaultRequest')) continue
      for (const name of Object.keys(limit[list] ?? {}))
        errors.push(...limitNameErrors(type, name, `${at}.${list}[${name}]`))
    }
    const names = new Set(limitLists.flatMap((list) => Object.keys(limit[list] ?? {})))
    for (const name of names) errors.push(...limitErrors(limit, name, at))
    return errors
  })
}

type Limit = NonNullable<LimitRange['spec']>['limits'][number]

const quotient = (max: string, min: string) => milliValueOf(parseQuantity(max)) / milliValueOf(parseQuantity(min))
/** A number as Go's %f prints it. */
const goFloat = (value: number) =>
  Number.isFinite(value) ? value.toFixed(6) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'

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
  const most = ratio === undefined || min === undefined || max === undefined ? undefined : quotient(max, min)
  if (above('1', ratio)) refuse('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`)
  if (most !== undefined && milliValueOf(parseQuantity(ratio!)) / 1000 > most)
    refuse('maxLimitRequestRatio', ratio, `ratio ${ratio} is greater than max/min = ${goFloat(most)}`)
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
