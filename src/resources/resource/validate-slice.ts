import {
  type FieldError,
  forbiddenField,
  invalid,
  labelValueErrors,
  notFoundField,
  required,
  tooLong,
  tooMany,
} from '../../machinery/index.ts'
import { nodeSelectorErrors } from '../core/pod/affinity.ts'
import { isNativeResource } from '../core/resource-names.ts'
import type {
  Device,
  DeviceAttribute,
  DeviceCounterConsumption,
  DeviceTaint,
  NodeSelector,
  ResourcePool,
  ResourceSlice,
  ResourceSliceSpec,
} from '../generated/types.ts'
import { complaints, immutable, subdomainName } from '../validation/object-meta.ts'
import {
  bindingConditionErrors,
  driverErrors,
  type Errors,
  each,
  labelErrors,
  labelNameErrors,
  memberNameErrors,
  none,
  poolNameErrors,
  repeated,
} from './checks.ts'
import { requestPolicyErrors } from './validate-policy.ts'

const devicesMax = 128
/** Kubernetes: of devices that say more, fewer fit in one slice. */
const detailedDevicesMax = 64
const membersMax = 32
const attributeValuesMax = 48
const attributeLengthMax = 64
const taintsMax = 16
const countersMax = 32
const semanticVersion =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/

/** Where devices can be used from. */
interface Reach {
  readonly nodeName?: string
  readonly nodeSelector?: NodeSelector
  readonly allNodes?: boolean
  readonly perDeviceNodeSelection?: boolean
}

/** The ways in which a reach is given, and what is wrong with each. */
function reachOf(
  reach: Reach,
  at: string,
  emptyName: string,
): { readonly given: readonly string[]; readonly errors: Errors } {
  const given: string[] = []
  const errors: FieldError[] = []
  const { nodeName, nodeSelector } = reach
  if (nodeName === '') errors.push(invalid(`${at}.nodeName`, nodeName, emptyName))
  else if (nodeName !== undefined) {
    given.push('`nodeName`')
    errors.push(...complaints(`${at}.nodeName`, nodeName, subdomainName(nodeName)))
  }
  if (nodeSelector !== undefined) {
    given.push('`nodeSelector`')
    errors.push(...nodeSelectorErrors(nodeSelector, `${at}.nodeSelector`))
  }
  for (const name of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (reach[name] === true) given.push(`\`${name}\``)
    else if (reach[name] === false) errors.push(invalid(`${at}.${name}`, false, 'must be either unset or set to true'))
  }
  return { given, errors }
}

const listed = (given: readonly string[]) => `{${given.join(', ')}}`

function sliceReachErrors(spec: ResourceSliceSpec, at: string): Errors {
  const { given, errors } = reachOf(spec, at, 'must be either unset or set to a non-empty string')
  const terms = spec.nodeSelector?.nodeSelectorTerms
  const all =
    spec.nodeSelector === undefined || terms?.length === 1
      ? errors
      : [
          ...errors,
          invalid(`${at}.nodeSelector.nodeSelectorTerms`, terms ?? null, 'must have exactly one node selector term'),
        ]
  const why = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  if (given.length === 0) return [...all, required(at, why)]
  return given.length === 1 ? all : [...all, invalid(at, listed(given), `${why}, but multiple fields are set`)]
}

function deviceReachErrors({ nodeName, nodeSelector, allNodes }: Device, at: string, isPerDevice: boolean): Errors {
  const reach = {
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(allNodes === undefined ? {} : { allNodes }),
  }
  const setting = '`perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  if (!isPerDevice)
    return Object.keys(reach).length === 0
      ? none
      : [invalid(at, null, `\`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if ${setting}`)]
  const { given, errors } = reachOf(reach, at, 'must not be empty')
  const why = `exactly one of \`nodeName\`, \`nodeSelector\`, or \`allNodes\` is required when ${setting}`
  if (given.length === 1) return errors
  return [...errors, given.length === 0 ? required(at, why) : invalid(at, listed(given), why)]
}

const stringErrors = (value: string, at: string): Errors =>
  value.length > attributeLengthMax ? [tooLong(at, attributeLengthMax)] : none
const versionErrors = (value: string, at: string): Errors => [
  ...(semanticVersion.test(value)
    ? none
    : [invalid(at, value, 'must be a string compatible with semver.org spec 2.0.0')]),
  ...stringErrors(value, at),
]

function attributeErrors(attribute: DeviceAttribute, at: string): Errors {
  return [
    ...(attribute.string === undefined ? none : stringErrors(attribute.string, `${at}.string`)),
    ...(attribute.version === undefined ? none : versionErrors(attribute.version, `${at}.version`)),
    ...(['bools', 'ints', 'strings', 'versions'] as const).flatMap((name) =>
      attribute[name]?.length === 0
        ? [invalid(`${at}.${name}`, attribute[name], 'must not be empty if specified')]
        : none,
    ),
    ...each(attribute.strings, `${at}.strings`, stringErrors),
    ...each(attribute.versions, `${at}.versions`, versionErrors),
  ]
}

function taintErrors({ key, value = '' }: DeviceTaint, at: string): Errors {
  return [...labelNameErrors(key, `${at}.key`), ...complaints(`${at}.value`, value, labelValueErrors(value))]
}

function counterErrors(counters: Readonly<Record<string, unknown>> | undefined, at: string): Errors {
  const count = Object.keys(counters ?? {}).length
  if (count === 0) return [required(at)]
  return count > countersMax ? [tooMany(at, count, countersMax)] : none
}

function mappingErrors({ nodeAllocatableResourceMappings: mappings = {}, capacity = {} }: Device, at: string): Errors {
  return Object.entries(mappings).flatMap(([name, { allocationMultiplier, capacityKey }]) => {
    const place = `${at}.nodeAllocatableResourceMappings[${name}]`
    const errors = isNativeResource(name) ? [] : [invalid(place, name, 'must be a node allocatable resource name')]
    if (allocationMultiplier === undefined && capacityKey === undefined)
      errors.push(invalid(place, '', 'at least one of allocationMultiplier or capacityKey must be set'))
    if (allocationMultiplier !== undefined && !(Number.parseFloat(allocationMultiplier) > 0))
      errors.push(invalid(`${place}.allocationMultiplier`, allocationMultiplier, 'must be positive'))
    if (capacityKey === '') errors.push(invalid(`${place}.capacityKey`, '', 'capacityKey must not be an empty string'))
    else if (capacityKey !== undefined && capacity[capacityKey] === undefined)
      errors.push(notFoundField(`${place}.capacityKey`, capacityKey))
    return errors
  })
}

const valuesOf = ({ ints = [], bools = [], strings = [], versions = [] }: DeviceAttribute) =>
  Math.max(1, ints.length + bools.length + strings.length + versions.length)

function sizeErrors({ attributes = {}, capacity = {} }: Device, at: string): Errors {
  const members = Object.keys(attributes).length + Object.keys(capacity).length
  const values = Object.values(attributes).reduce((sum, attribute) => sum + valuesOf(attribute), 0)
  const overMax = (count: number, what: string, max: number) =>
    count > max ? [invalid(at, count, `the total number of ${what} must not exceed ${max}`)] : none
  return [
    ...overMax(members, 'attributes and capacities', membersMax),
    ...overMax(values, 'attribute values', attributeValuesMax),
  ]
}

function deviceErrors(device: Device, at: string, isPerDevice: boolean): Errors {
  const { attributes = {}, capacity = {}, taints = [] } = device
  return [
    ...labelErrors(device.name, `${at}.name`),
    ...sizeErrors(device, at),
    ...Object.entries(attributes).flatMap(([name, attribute]) => [
      ...memberNameErrors(name, `${at}.attributes`),
      ...attributeErrors(attribute, `${at}.attributes[${name}]`),
    ]),
    ...Object.entries(capacity).flatMap(([name, { value, requestPolicy }]) => {
      const place = `${at}.capacity[${name}].requestPolicy`
      const errors = memberNameErrors(name, `${at}.capacity`)
      if (requestPolicy === undefined) return errors
      if (device.allowMultipleAllocations !== true)
        return [...errors, forbiddenField(place, 'allowMultipleAllocations must be true')]
      return [...errors, ...requestPolicyErrors(value, requestPolicy, place)]
    }),
    ...(taints.length > taintsMax
      ? [tooMany(`${at}.taints`, taints.length, taintsMax)]
      : each(taints, `${at}.taints`, taintErrors)),
    ...each(device.consumesCounters, `${at}.consumesCounters`, (consumed: DeviceCounterConsumption, place) =>
      counterErrors(consumed.counters, `${place}.counters`),
    ),
    ...deviceReachErrors(device, at, isPerDevice),
    ...bindingConditionErrors(device.bindingConditions, device.bindingFailureConditions, at),
    ...mappingErrors(device, at),
  ]
}

const isDetailed = ({ taints, consumesCounters, attributes = {} }: Device) =>
  (taints?.length ?? 0) > 0 ||
  (consumesCounters?.length ?? 0) > 0 ||
  Object.values(attributes).some(({ ints, bools, strings, versions }) => ints ?? bools ?? strings ?? versions)

function poolErrors({ name, resourceSliceCount, generation }: ResourcePool, at: string): Errors {
  return [
    ...poolNameErrors(name, `${at}.name`),
    ...(resourceSliceCount > 0
      ? none
      : [invalid(`${at}.resourceSliceCount`, resourceSliceCount, 'must be greater than zero')]),
    ...(generation >= 0 ? none : [invalid(`${at}.generation`, generation, 'must be greater than or equal to zero')]),
  ]
}

function devicesErrors({ devices: given, perDeviceNodeSelection }: ResourceSliceSpec, at: string): Errors {
  const devices = given ?? []
  const most = devices.some(isDetailed) ? detailedDevicesMax : devicesMax
  if (devices.length > most) return [tooMany(at, devices.length, most)]
  return [
    ...each(devices, at, (device, place) => deviceErrors(device, place, perDeviceNodeSelection === true)),
    ...repeated(devices, at, ({ name }) => name),
  ]
}

export function resourceSliceErrors({ spec }: ResourceSlice): readonly FieldError[] {
  // That they are missing the schema says.
  if (spec?.pool === undefined) return none
  return [
    ...driverErrors(spec.driver, 'spec.driver'),
    ...poolErrors(spec.pool, 'spec.pool'),
    ...sliceReachErrors(spec, 'spec'),
    ...(spec.sharedCounters !== undefined && spec.devices !== undefined
      ? [invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed')]
      : none),
    ...devicesErrors(spec, 'spec.devices'),
    ...each(spec.sharedCounters, 'spec.sharedCounters', ({ counters }, at) =>
      counterErrors(counters, `${at}.counters`),
    ),
  ]
}

export const resourceSliceUpdateErrors = (slice: ResourceSlice, previous: ResourceSlice): readonly FieldError[] => [
  ...resourceSliceErrors(slice),
  ...immutable('spec.pool.name', slice.spec?.pool?.name, previous.spec?.pool?.name),
  ...immutable('spec.driver', slice.spec?.driver, previous.spec?.driver),
  ...immutable('spec.nodeName', slice.spec?.nodeName, previous.spec?.nodeName),
]
