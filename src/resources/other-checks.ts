import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalid,
  isIp,
  labelSelectorErrors,
  parseIp,
  portNameErrors,
  qualifiedNameErrors,
  required,
  sameJson,
} from '../machinery/index.ts'
import type {
  CSIDriver,
  CSINode,
  EndpointSlice,
  Lease,
  PodDisruptionBudget,
  PriorityClass,
  RuntimeClass,
  StorageClass,
} from './generated/types.ts'
import { complaints, immutable, nonNegative } from './validation/object-meta.ts'
import { countOrPercentErrors, notAboveAllErrors } from './validation/workload.ts'

export function leaseErrors({ spec }: Lease): readonly FieldError[] {
  const errors: FieldError[] = []
  const seconds = spec?.leaseDurationSeconds
  if (seconds !== undefined && seconds <= 0)
    errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'))
  return [...errors, ...nonNegative('spec.leaseTransitions', spec?.leaseTransitions)]
}

const endpointsMax = 1000
const addressesMax = 100
const slicePortsMax = 20000

export function endpointSliceErrors(slice: EndpointSlice): readonly FieldError[] {
  const errors: FieldError[] = []
  const { addressType, endpoints, ports } = slice
  if (!addressType) errors.push(required('addressType'))
  const tooMany = (field: string, count: number, max: number) =>
    errors.push({ type: 'FieldValueTooMany', field, message: `Too many: ${count}: must have at most ${max} items` })
  if ((endpoints ?? []).length > endpointsMax) tooMany('endpoints', endpoints!.length, endpointsMax)
  for (const [index, endpoint] of (endpoints ?? []).entries()) {
    const at = `endpoints[${index}]`
    const addresses = endpoint.addresses ?? []
    if (addresses.length === 0) errors.push(required(`${at}.addresses`, 'must contain at least 1 address'))
    if (addresses.length > addressesMax) tooMany(`${at}.addresses`, addresses.length, addressesMax)
    for (const [n, address] of addresses.entries())
      errors.push(...addressErrors(addressType, address, `${at}.addresses[${n}]`))
    if (endpoint.hostname !== undefined)
      errors.push(...complaints(`${at}.hostname`, endpoint.hostname, dns1123LabelErrors(endpoint.hostname)))
    if (endpoint.nodeName !== undefined)
      errors.push(...complaints(`${at}.nodeName`, endpoint.nodeName, dns1123SubdomainErrors(endpoint.nodeName)))
  }
  if ((ports ?? []).length > slicePortsMax) tooMany('ports', ports!.length, slicePortsMax)
  const names = new Set<string>()
  for (const [index, { name = '', protocol }] of (ports ?? []).entries()) {
    const at = `ports[${index}]`
    if (name !== '') errors.push(...complaints(`${at}.name`, name, portNameErrors(name)))
    if (names.has(name))
      errors.push({
        type: 'FieldValueDuplicate',
        field: `${at}.name`,
        message: `Duplicate value: ${JSON.stringify(name)}`,
      })
    names.add(name)
    if (!protocol) errors.push(required(`${at}.protocol`))
  }
  return errors
}

function addressErrors(type: string, address: string, field: string): readonly FieldError[] {
  if (type === 'FQDN') return complaints(field, address, dns1123SubdomainErrors(address))
  if (!isIp(address)) return [invalid(field, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  const family = parseIp(address)!.family === 4 ? 'IPv4' : 'IPv6'
  if (family === type) return []
  return [invalid(field, address, `must be an ${type} address`)]
}

export function endpointSliceUpdateErrors(next: EndpointSlice, previous: EndpointSlice): readonly FieldError[] {
  return [...endpointSliceErrors(next), ...immutable('addressType', next.addressType, previous.addressType)]
}

export function podDisruptionBudgetErrors({ spec }: PodDisruptionBudget): readonly FieldError[] {
  const { minAvailable, maxUnavailable, selector } = spec ?? {}
  const errors: FieldError[] = []
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    errors.push(invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'))
  for (const [name, value] of [
    ['minAvailable', minAvailable],
    ['maxUnavailable', maxUnavailable],
  ] as const)
    errors.push(...countOrPercentErrors(value, `spec.${name}`), ...notAboveAllErrors(value, `spec.${name}`))
  return [...errors, ...labelSelectorErrors(selector, 'spec.selector')]
}
export function podDisruptionBudgetStatusErrors({ status }: PodDisruptionBudget): readonly FieldError[] {
  const names = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const
  return names.flatMap((name) => nonNegative(`status.${name}`, status?.[name]))
}

const systemPriorityMin = 2_000_000_000
const userPriorityMax = 1_000_000_000
const systemClasses: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
}

export function priorityClassErrors({ metadata, value = 0 }: PriorityClass): readonly FieldError[] {
  const { name = '' } = metadata as Partial<typeof metadata>
  if (name.startsWith('system-')) {
    const known = systemClasses[name]
    const forbidden = "priority class names with 'system-' prefix are reserved for system use only. error: "
    if (known === undefined)
      return [forbiddenField('metadata.name', `${forbidden}${name} is not a known system priority class`)]
    return known === value
      ? []
      : [forbiddenField('metadata.name', `${forbidden}value of ${name} PriorityClass must be ${known}`)]
  }
  const why = `maximum allowed value of a user defined priority is ${userPriorityMax}`
  return value > userPriorityMax && value < systemPriorityMin + 2 ** 31 ? [forbiddenField('value', why)] : []
}
export function priorityClassUpdateErrors(next: PriorityClass, previous: PriorityClass): readonly FieldError[] {
  const errors: FieldError[] = []
  if ((next.value ?? 0) !== (previous.value ?? 0))
    errors.push(forbiddenField('value', 'may not be changed in an update.'))
  return [...errors, ...immutable('preemptionPolicy', next.preemptionPolicy, previous.preemptionPolicy)]
}

export function runtimeClassErrors({ handler }: RuntimeClass): readonly FieldError[] {
  return complaints('handler', handler, dns1123LabelErrors(handler ?? ''))
}
export function runtimeClassUpdateErrors(next: RuntimeClass, previous: RuntimeClass): readonly FieldError[] {
  return immutable('handler', next.handler, previous.handler)
}

export function storageClassErrors({ provisioner, reclaimPolicy }: StorageClass): readonly FieldError[] {
  const errors: FieldError[] = []
  if ((provisioner ?? '') !== '')
    errors.push(...complaints('provisioner', provisioner, qualifiedNameErrors(provisioner.toLowerCase())))
  if (reclaimPolicy !== undefined && !['Delete', 'Retain'].includes(reclaimPolicy)) {
    const message = `Unsupported value: ${JSON.stringify(reclaimPolicy)}: supported values: "Delete", "Retain"`
    errors.push({ type: 'FieldValueNotSupported', field: 'reclaimPolicy', message })
  }
  return errors
}
export function storageClassUpdateErrors(next: StorageClass, previous: StorageClass): readonly FieldError[] {
  const errors: FieldError[] = []
  const why = (name: string) => `updates to ${name} are forbidden.`
  if (!sameJson(next.parameters ?? {}, previous.parameters ?? {}))
    errors.push(forbiddenField('parameters', why('parameters')))
  if (next.provisioner !== previous.provisioner) errors.push(forbiddenField('provisioner', why('provisioner')))
  if (next.reclaimPolicy !== previous.reclaimPolicy) errors.push(forbiddenField('reclaimPolicy', why('reclaimPolicy')))
  return [...errors, ...immutable('volumeBindingMode', next.volumeBindingMode, previous.volumeBindingMode)]
}

export function csiNodeErrors({ spec }: CSINode): readonly FieldError[] {
  const names = new Set<string>()
  return (spec?.drivers ?? []).flatMap(({ name = '', nodeID = '' }, index) => {
    const at = `spec.drivers[${index}]`
    const errors: FieldError[] = []
    if (name === '') errors.push(required(`${at}.name`))
    if (names.has(name))
      errors.push({
        type: 'FieldValueDuplicate',
        field: `${at}.name`,
        message: `Duplicate value: ${JSON.stringify(name)}`,
      })
    names.add(name)
    return nodeID === '' ? [...errors, required(`${at}.nodeID`)] : errors
  })
}
export function csiDriverUpdateErrors(next: CSIDriver, previous: CSIDriver): readonly FieldError[] {
  return [
    ...immutable('spec.attachedRequired', next.spec?.attachRequired, previous.spec?.attachRequired),
    ...immutable('spec.volumeLifecycleModes', next.spec?.volumeLifecycleModes, previous.spec?.volumeLifecycleModes),
  ]
}
