import {
  compareQuantities,
  dns1123LabelErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  isPodLevel,
  milliValueOf,
  notFoundField,
  parseQuantity,
  podLimits,
  podRequests,
  qualifiedNameErrors,
  quantityText,
  required,
} from '../../../machinery/index.ts'
import type { PodSpec, ResourceRequirements } from '../../generated/types.ts'
import { complaints } from '../../validation/object-meta.ts'
import {
  isExtendedResource,
  isHugePage,
  isNativeResource,
  isStandardContainerResource,
  isStandardResource,
  isWholeResource,
  mayOvercommit,
} from '../resource-names.ts'

type ResourceList = Readonly<Record<string, string>>

/** What is wrong with an amount of a resource. */
export function resourceAmountErrors(name: string, amount: string, field: string): readonly FieldError[] {
  const quantity = parseQuantity(amount)
  const errors: FieldError[] = []
  if (quantity.nanos < 0n) errors.push(invalid(field, amount, 'must be greater than or equal to 0'))
  if (isWholeResource(name) && milliValueOf(quantity) % 1000 !== 0)
    errors.push(invalid(field, amount, 'must be an integer'))
  return errors
}

/** What is wrong with the name of a resource that a container asks for. */
export function containerResourceNameErrors(name: string, field: string): readonly FieldError[] {
  const errors = [...complaints(field, name, qualifiedNameErrors(name))]
  if (!name.includes('/')) {
    if (errors.length === 0 && !isStandardResource(name))
      errors.push(invalid(field, name, 'must be a standard resource type or fully qualified'))
    if (!isStandardContainerResource(name))
      errors.push(invalid(field, name, 'must be a standard resource for containers'))
    return errors
  }
  if (isNativeResource(name) || isExtendedResource(name)) return errors
  return [...errors, invalid(field, name, "doesn't follow extended resource name standard")]
}

function listErrors(
  list: ResourceList | undefined,
  field: string,
  nameErrors: (name: string, field: string) => readonly FieldError[],
): readonly FieldError[] {
  return Object.keys(list ?? {}).flatMap((name) => {
    const at = `${field}[${name}]`
    const amount = list![name]!
    return [...nameErrors(name, at), ...resourceAmountErrors(name, amount, at), ...hugePageErrors(name, amount, at)]
  })
}

function requestErrors(requests: ResourceList, limits: ResourceList, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const name of Object.keys(requests)) {
    const limit = limits[name]
    const at = `${field}.requests`
    if (limit === undefined) {
      if (!mayOvercommit(name))
        errors.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'))
      continue
    }
    const order = compareQuantities(parseQuantity(requests[name]!), parseQuantity(limit))
    if (order !== 0 && !mayOvercommit(name))
      errors.push(invalid(at, requests[name], `must be equal to ${name} limit of ${limit}`))
    else if (order > 0)
      errors.push(invalid(at, requests[name], `must be less than or equal to ${name} limit of ${limit}`))
  }
  return errors
}

/** What is wrong with what one container, or a pod's overhead, asks for. */
export function resourceRequirementsErrors(
  needs: ResourceRequirements | undefined,
  field: string,
  options: { readonly claimNames?: ReadonlySet<string> } = {},
): readonly FieldError[] {
  if (needs === undefined) return []
  const { limits = {}, requests = {} } = needs
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  const errors: FieldError[] = [
    ...listErrors(limits, `${field}.limits`, containerResourceNameErrors),
    ...listErrors(requests, `${field}.requests`, containerResourceNameErrors),
    ...requestErrors(requests, limits, field),
  ]
  if (names.some(isHugePage) && !names.some((name) => name === 'cpu' || name === 'memory'))
    errors.push(forbiddenField(field, 'HugePages require cpu or memory'))
  return [...errors, ...claimReferenceErrors(needs.claims ?? [], options.claimNames, `${field}.claims`)]
}

/** What is wrong with which of its pod's claims a container uses: each in whole, or request by request. */
function claimReferenceErrors(
  claims: readonly { readonly name?: string; readonly request?: string }[],
  known: ReadonlySet<string> | undefined,
  field: string,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { name = '', request = '' }] of claims.entries()) {
    const at = `${field}[${index}]`
    if (name === '') {
      errors.push(required(at))
      continue
    }
    const key = request === '' ? name : `${name}/${request}`
    if (request !== '') errors.push(...complaints(`${at}.request`, request, dns1123LabelErrors(request)))
    const isPart = request === '' && [...seen].some((other) => other.startsWith(`${name}/`))
    if (seen.has(name)) errors.push(duplicate(at, name))
    else if (seen.has(key)) errors.push(duplicate(at, key))
    else if (isPart) errors.push(duplicate(at, name))
    seen.add(key)
    if (known === undefined || known.has(name)) continue
    const which = known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`
    const { message, ...missing } = notFoundField(at, name)
    errors.push({ ...missing, message: `${message}: must be one of the names in pod.spec.resourceClaims${which}` })
  }
  return errors
}

const pageUnits: Readonly<Record<string, bigint>> = { Ki: 1n << 10n, Mi: 1n << 20n, Gi: 1n << 30n, Ti: 1n << 40n }
/** Kubernetes: huge pages are had as wholes. */
function hugePageErrors(name: string, amount: string, field: string): readonly FieldError[] {
  const [, count, unit = ''] = /^hugepages-(\d+)([KMGT]i)$/.exec(name) ?? []
  if (count === undefined) return []
  const size = BigInt(count) * pageUnits[unit]! * 1_000_000_000n
  const { nanos } = parseQuantity(amount)
  if (nanos >= 0n && nanos % size === 0n) return []
  return [invalid(field, amount, `${amount} is not positive integer multiple of ${name}`)]
}

/** What is wrong with what a pod asks for as a whole: its own amounts, and that the containers fit in. */
export function podLevelResourceErrors(spec: PodSpec, field: string): readonly FieldError[] {
  const needs = spec.resources
  if (needs === undefined) return []
  const at = `${field}.resources`
  const errors: FieldError[] = []
  if (needs.claims !== undefined)
    errors.push(forbiddenField(`${at}.claims`, 'claims may not be set for Resources at pod-level'))
  const nameErrors = (name: string, path: string) => (isPodLevel(name) ? [] : [notPodLevel(path, name)])
  errors.push(...listErrors(needs.limits, `${at}.limits`, nameErrors))
  errors.push(...listErrors(needs.requests, `${at}.requests`, nameErrors))
  errors.push(...requestErrors(needs.requests ?? {}, needs.limits ?? {}, at))
  if (errors.length > 0) return errors
  const { resources: _, ...containersOnly } = spec
  for (const [name, sum] of podRequests({ spec: containersOnly }, { withoutOverhead: true })) {
    const stated = needs.requests?.[name]
    if (stated !== undefined && compareQuantities(sum, parseQuantity(stated)) > 0) {
      const why = `must be greater than or equal to aggregate container requests of ${quantityText(sum)}`
      errors.push(invalid(`${at}.requests[${name}]`, stated, why))
    }
  }
  for (const [name, sum] of podLimits({ spec: containersOnly }, { withoutOverhead: true })) {
    const stated = needs.limits?.[name]
    if (stated !== undefined && isHugePage(name) && compareQuantities(sum, parseQuantity(stated)) > 0) {
      const why = `must be greater than or equal to aggregate container limits of ${quantityText(sum)}`
      errors.push(invalid(`${at}.limits[${name}]`, stated, why))
    }
  }
  for (const [index, container] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const stated = needs.limits?.[name]
      if (stated === undefined || compareQuantities(parseQuantity(limit), parseQuantity(stated)) <= 0) continue
      const path = `${at}.containers[${index}][${name}].limits`
      errors.push(invalid(path, limit, `must be less than or equal to pod limits of ${stated}`))
    }
  }
  return errors
}

const notPodLevel = (field: string, name: string): FieldError => ({
  type: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${JSON.stringify(name)}: supported values: "cpu", "hugepages-", "memory"`,
})
