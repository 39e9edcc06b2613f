import {
  type FieldError,
  forbiddenField,
  invalid,
  notFoundField,
  parseQuantity,
  required,
  sameJson,
  tooLong,
} from '../../machinery/index.ts'
import { nodeSelectorErrors } from '../core/pod/affinity.ts'
import { isNativeResource } from '../core/resource-names.ts'
import type {
  CounterSet,
  Device,
  DeviceAttribute,
  DeviceCapacity,
  DeviceCounterConsumption,
  NodeAllocatableResourceMapping,
  NodeSelector,
  ResourceSlice,
  ResourceSliceSpec,
} from '../generated/types.ts'
import { csiDriverNameErrors } from '../validation/csi.ts'
import { immutable } from '../validation/object-meta.ts'
import {
  attributeNameErrors,
  bindingErrors,
  deviceTaintErrors,
  labelErrors,
  listErrors,
  mapErrors,
  poolNameErrors,
  setErrors,
  subdomainErrors,
} from './parts.ts'
import { requestPolicyErrors } from './request-policies.ts'

const devicesMax = 128
const advancedDevicesMax = 64
const counterSetsMax = 8
const countersMax = 32
const consumptionsMax = 2
const taintsMax = 16
const attributesMax = 32
const valuesMax = 48
const valueLengthMax = 64
const attributeKeyShown = 63 + 1 + 32
const labelShown = 63

interface Placement {
  readonly nodeName?: string
  readonly nodeSelector?: NodeSelector
  readonly allNodes?: boolean
}

/** Of all ways to say which nodes, those that were taken, and what is wrong with each. */
function placementErrors(of: Placement, emptyName: string, field: string) {
  const taken: string[] = []
  const errors: FieldError[] = []
  if (of.nodeName === '') errors.push(invalid(`${field}.nodeName`, '', emptyName))
  else if (of.nodeName !== undefined) {
    taken.push('`nodeName`')
    errors.push(...subdomainErrors(of.nodeName, `${field}.nodeName`))
  }
  if (of.nodeSelector !== undefined) {
    taken.push('`nodeSelector`')
    errors.push(...nodeSelectorErrors(of.nodeSelector, `${field}.nodeSelector`))
  }
  return { taken, errors }
}
const mustBeTrue = 'must be either unset or set to true'

function sliceNodeErrors(spec: Partial<ResourceSliceSpec>): readonly FieldError[] {
  const { taken, errors } = placementErrors(spec, 'must be either unset or set to a non-empty string', 'spec')
  const terms = spec.nodeSelector?.nodeSelectorTerms ?? []
  if (spec.nodeSelector !== undefined && terms.length !== 1)
    errors.push(invalid('spec.nodeSelector.nodeSelectorTerms', terms, 'must have exactly one node selector term'))
  for (const name of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (spec[name] === true) taken.push(`\`${name}\``)
    else if (spec[name] === false) errors.push(invalid(`spec.${name}`, false, mustBeTrue))
  }
  const why = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  if (taken.length === 0) errors.push(required('spec', why))
  if (taken.length > 1) errors.push(invalid('spec', `{${taken.join(', ')}}`, `${why}, but multiple fields are set`))
  return errors
}

function deviceNodeErrors(device: Device, chosenPerDevice: boolean, field: string): readonly FieldError[] {
  const { nodeName, nodeSelector, allNodes } = device
  if (!chosenPerDevice) {
    const isFree = nodeName === undefined && nodeSelector === undefined && allNodes === undefined
    const why =
      '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
    return isFree ? [] : [invalid(field, null, why)]
  }
  const { taken, errors } = placementErrors(device, 'must not be empty', field)
  if (allNodes === true) taken.push('`allNodes`')
  else if (allNodes === false) errors.push(invalid(`${field}.allNodes`, false, mustBeTrue))
  const why =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  if (taken.length === 0) errors.push(required(field, why))
  if (taken.length > 1) errors.push(invalid(field, `{${taken.join(', ')}}`, why))
  return errors
}

const number = '(0|[1-9]\\d*)'
const before = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const built = '[0-9a-zA-Z-]+'
const version = new RegExp(
  `^${number}\\.${number}\\.${number}(-${before}(\\.${before})*)?(\\+${built}(\\.${built})*)?$`,
)

function textErrors(text: string, field: string): readonly FieldError[] {
  return text.length > valueLengthMax ? [tooLong(field, valueLengthMax)] : []
}
function versionErrors(text: string, field: string): readonly FieldError[] {
  const why = 'must be a string compatible with semver.org spec 2.0.0'
  return [...(version.test(text) ? [] : [invalid(field, text, why)]), ...textErrors(text, field)]
}

const lists = ['bools', 'ints', 'strings', 'versions'] as const

function attributeErrors(attribute: DeviceAttribute, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  if (attribute.string !== undefined) errors.push(...textErrors(attribute.string, `${field}.string`))
  if (attribute.version !== undefined) errors.push(...versionErrors(attribute.version, `${field}.version`))
  for (const name of lists)
    if (attribute[name]?.length === 0) errors.push(invalid(`${field}.${name}`, [], 'must not be empty if specified'))
  for (const [name, check] of [
    ['strings', textErrors],
    ['versions', versionErrors],
  ] as const)
    for (const [index, text] of (attribute[name] ?? []).entries())
      errors.push(...check(text ?? '', `${field}.${name}[${index}]`))
  const given = Object.values(attribute).filter((value) => value !== undefined).length
  if (given === 1) return errors
  return [...errors, invalid(field, given === 0 ? '' : attribute, 'exactly one value must be specified')]
}

const valuesOf = (attribute: DeviceAttribute | null) =>
  lists.reduce((sum, name) => sum + (attribute?.[name]?.length ?? 0), 0) || 1

function capacityErrors(canShare: boolean) {
  return (capacity: DeviceCapacity, field: string): readonly FieldError[] => {
    const policy = capacity.requestPolicy
    if (policy === undefined) return []
    const at = `${field}.requestPolicy`
    return canShare
      ? requestPolicyErrors(capacity.value ?? '0', policy, at)
      : [forbiddenField(at, 'allowMultipleAllocations must be true')]
  }
}

const noErrors = (): readonly FieldError[] => []
function counterErrors(counters: CounterSet['counters'] | undefined, field: string): readonly FieldError[] {
  const isEmpty = Object.keys(counters ?? {}).length === 0
  if (isEmpty) return [required(field)]
  return mapErrors(counters, { count: countersMax, shown: labelShown }, labelErrors, noErrors, field)
}
function consumptionErrors({ counterSet = '', counters }: DeviceCounterConsumption, field: string) {
  const at = `${field}.counterSet`
  return [
    ...(counterSet === '' ? [required(at)] : labelErrors(counterSet, at)),
    ...counterErrors(counters, `${field}.counters`),
  ]
}
function counterSetErrors({ name = '', counters }: CounterSet, field: string): readonly FieldError[] {
  const at = `${field}.name`
  return [...(name === '' ? [required(at)] : labelErrors(name, at)), ...counterErrors(counters, `${field}.counters`)]
}

function mappingErrors(device: Device, field: string): readonly FieldError[] {
  const mappings = Object.entries(device.nodeAllocatableResourceMappings ?? {})
  return mappings.flatMap(([name, mapping]: [string, NodeAllocatableResourceMapping]) => {
    const at = `${field}[${name}]`
    const { allocationMultiplier: factor, capacityKey: key } = mapping
    const errors = isNativeResource(name) ? [] : [invalid(at, name, 'must be a node allocatable resource name')]
    if (factor === undefined && key === undefined)
      return [...errors, invalid(at, '', 'at least one of allocationMultiplier or capacityKey must be set')]
    if (factor !== undefined && parseQuantity(factor).nanos <= 0n)
      errors.push(invalid(`${at}.allocationMultiplier`, factor, 'must be positive'))
    if (key === '') errors.push(invalid(`${at}.capacityKey`, '', 'capacityKey must not be an empty string'))
    else if (key !== undefined && device.capacity?.[key] === undefined)
      errors.push(notFoundField(`${at}.capacityKey`, key))
    return errors
  })
}

function deviceErrors(device: Device, previous: Device | undefined, chosenPerDevice: boolean, field: string) {
  const { name = '', attributes = {}, capacity = {}, taints } = device
  const errors: FieldError[] = [...labelErrors(name, `${field}.name`)]
  const count = Object.keys(attributes).length + Object.keys(capacity).length
  const values = Object.values(attributes).reduce((sum, one) => sum + valuesOf(one), 0)
  if (count > attributesMax) {
    const why = `the total number of attributes and capacities must not exceed ${attributesMax}`
    errors.push(invalid(field, count, why))
  }
  if (values > valuesMax) {
    const why = `the total number of attribute values must not exceed ${valuesMax}`
    errors.push(invalid(field, values, why))
  }
  const limits = { count: Number.POSITIVE_INFINITY, shown: attributeKeyShown }
  errors.push(
    ...mapErrors(attributes, limits, attributeNameErrors, attributeErrors, `${field}.attributes`),
    ...mapErrors(
      capacity,
      limits,
      attributeNameErrors,
      capacityErrors(device.allowMultipleAllocations === true),
      `${field}.capacity`,
    ),
  )
  if (previous === undefined || !sameJson(previous.taints ?? [], taints ?? []))
    errors.push(...listErrors(taints, taintsMax, (one, at) => deviceTaintErrors(one, undefined, at), `${field}.taints`))
  return [
    ...errors,
    ...setErrors(
      device.consumesCounters,
      consumptionsMax,
      consumptionErrors,
      ({ counterSet }) => counterSet ?? '',
      `${field}.consumesCounters`,
    ),
    ...deviceNodeErrors(device, chosenPerDevice, field),
    ...bindingErrors(device, field),
    ...mappingErrors(device, `${field}.nodeAllocatableResourceMappings`),
  ]
}

const isAdvanced = (device: Device | null) =>
  (device?.taints ?? []).length > 0 ||
  (device?.consumesCounters ?? []).length > 0 ||
  Object.values(device?.attributes ?? {}).some((one) => lists.some((name) => one?.[name] !== undefined))

function poolErrors({ name = '', resourceSliceCount = 0, generation = 0 }: Partial<ResourceSliceSpec['pool']>) {
  const errors = [...poolNameErrors(name, 'spec.pool.name')]
  if (resourceSliceCount <= 0)
    errors.push(invalid('spec.pool.resourceSliceCount', resourceSliceCount, 'must be greater than zero'))
  if (generation < 0) errors.push(invalid('spec.pool.generation', generation, 'must be greater than or equal to zero'))
  return errors
}

export function resourceSliceErrors(slice: ResourceSlice, previous?: ResourceSlice): readonly FieldError[] {
  const spec: Partial<ResourceSliceSpec> = slice.spec ?? {}
  const before: Partial<ResourceSliceSpec> | undefined = previous === undefined ? undefined : (previous.spec ?? {})
  const { devices, sharedCounters } = spec
  const errors: FieldError[] = [...csiDriverNameErrors(spec.driver, 'spec.driver'), ...poolErrors(spec.pool ?? {})]
  if (before !== undefined)
    errors.push(
      ...immutable('spec.pool.name', spec.pool?.name, before.pool?.name),
      ...immutable('spec.driver', spec.driver, before.driver),
      ...immutable('spec.nodeName', spec.nodeName, before.nodeName),
    )
  errors.push(...sliceNodeErrors(spec))
  if (sharedCounters !== undefined && devices !== undefined)
    errors.push(invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed'))
  const checkDevice = (device: Device, field: string) => {
    const old = before?.devices?.find(({ name }) => name === device.name)
    return deviceErrors(device, old, spec.perDeviceNodeSelection === true, field)
  }
  const countMax = (devices ?? []).some(isAdvanced) ? advancedDevicesMax : devicesMax
  return [
    ...errors,
    ...setErrors(devices, countMax, checkDevice, ({ name }) => name ?? '', 'spec.devices'),
    ...setErrors(sharedCounters, counterSetsMax, counterSetErrors, ({ name }) => name ?? '', 'spec.sharedCounters'),
  ]
}
