import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  parseCidr,
  required,
  sameJson,
  tooLong,
  tooMany,
} from '../../machinery/index.ts'
import { nodeSelectorErrors } from '../core/pod/affinity.ts'
import type { Draft } from '../definition.ts'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceRequestAllocationResult,
  DeviceTaintRule,
  NetworkDeviceData,
  ResourceClaim,
} from '../generated/types.ts'
import { conditionsErrors } from '../validation/conditions.ts'
import { csiDriverNameErrors } from '../validation/csi.ts'
import { immutableStruct } from '../validation/go-form.ts'
import {
  configsMax,
  configurationErrors,
  type RequestNames,
  requestListErrors,
  requestNamesOf,
  requestReferenceErrors,
} from './claim-checks.ts'
import {
  bindingErrors,
  deviceTaintErrors,
  driverDataErrors,
  labelErrors,
  listErrors,
  poolNameErrors,
  setErrors,
} from './parts.ts'

const consumersMax = 256
const resultsMax = 32
const conditionsMax = 8
const dataMax = 10 * 1024
const addressesMax = 16
const interfaceNameMax = 256
const hardwareAddressMax = 128
const sources = ['FromClaim', 'FromClass']
const uidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

interface DeviceId {
  readonly driver?: string
  readonly pool?: string
  readonly device?: string
  readonly shareID?: string
}
/** A device as Kubernetes prints it. */
const idOf = ({ driver = '', pool = '', device = '', shareID = '' }: DeviceId) =>
  [driver, pool, device, ...(shareID === '' ? [] : [shareID])].join('/')

const shownId = ({ driver = '', pool = '', device = '', shareID = '' }: DeviceId) => ({
  Driver: driver,
  Pool: pool,
  Device: device,
  ShareID: shareID,
})

function deviceIdErrors(of: DeviceId, field: string): readonly FieldError[] {
  const why =
    'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
  return [
    ...csiDriverNameErrors(of.driver, `${field}.driver`),
    ...poolNameErrors(of.pool ?? '', `${field}.pool`),
    ...labelErrors(of.device ?? '', `${field}.device`),
    ...(of.shareID === undefined || uidShape.test(of.shareID) ? [] : [invalid(`${field}.shareID`, of.shareID, why)]),
  ]
}

function networkErrors(data: NetworkDeviceData | undefined, field: string): readonly FieldError[] {
  const { interfaceName = '', hardwareAddress = '', ips } = data ?? {}
  const addressErrors = (address: string, at: string) => {
    const why = 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)'
    return parseCidr(address) === undefined ? [invalid(at, address, why)] : []
  }
  return [
    ...(interfaceName.length > interfaceNameMax ? [tooLong(`${field}.interfaceName`, interfaceNameMax)] : []),
    ...(hardwareAddress.length > hardwareAddressMax ? [tooLong(`${field}.hardwareAddress`, hardwareAddressMax)] : []),
    ...setErrors(ips, addressesMax, addressErrors, (ip) => ip, `${field}.ips`),
  ]
}

const allocationType = 'io.k8s.api.resource.v1.AllocationResult'

function deviceStatusErrors(status: AllocatedDeviceStatus, allocated: readonly DeviceId[], field: string) {
  const errors: FieldError[] = [...deviceIdErrors(status, field)]
  if (!allocated.some((one) => idOf(one) === idOf(status)))
    errors.push(invalid(field, shownId(status), 'must be an allocated device in the claim'))
  const conditions = status.conditions ?? []
  if (conditions.length > conditionsMax) errors.push(tooMany(`${field}.conditions`, conditions.length, conditionsMax))
  errors.push(...conditionsErrors(conditions, `${field}.conditions`))
  if (status.data !== undefined) errors.push(...driverDataErrors(status.data, `${field}.data`, dataMax))
  return [...errors, ...networkErrors(status.networkData, `${field}.networkData`)]
}

function resultErrors(result: DeviceRequestAllocationResult, names: RequestNames, field: string) {
  return [
    ...requestReferenceErrors(names)(result.request ?? '', `${field}.request`),
    ...deviceIdErrors(result, field),
    ...bindingErrors(result, field),
  ]
}

function allocationErrors(allocation: AllocationResult, names: RequestNames, field: string): readonly FieldError[] {
  const { results, config } = allocation.devices ?? {}
  const sourceErrors = (source: string, at: string) => {
    if (source === '') return [required(at)]
    return sources.includes(source) ? [] : [notSupported(at, source, ['FromClaim', 'FromClass'])]
  }
  return [
    ...listErrors(results, resultsMax, (one, at) => resultErrors(one, names, at), `${field}.devices.results`),
    ...listErrors(
      config,
      2 * configsMax,
      (one, at) => [
        ...sourceErrors(one.source ?? '', `${at}.source`),
        ...requestListErrors(one.requests, names, `${at}.requests`),
        ...configurationErrors(one, at),
      ],
      `${field}.devices.config`,
    ),
    ...(allocation.nodeSelector === undefined
      ? []
      : nodeSelectorErrors(allocation.nodeSelector, `${field}.nodeSelector`)),
  ]
}

/** What is wrong with a change of who uses a claim, and of what was allocated for it. */
export function resourceClaimStatusErrors(next: ResourceClaim, previous: ResourceClaim): readonly FieldError[] {
  const { reservedFor = [], devices, allocation } = next.status ?? {}
  const names = requestNamesOf(next.spec?.devices ?? {})
  const allocated: readonly DeviceId[] = allocation?.devices?.results ?? []
  const at = 'status.reservedFor'
  const errors: FieldError[] = [
    ...setErrors(
      reservedFor,
      consumersMax,
      (one, field) =>
        (['resource', 'name', 'uid'] as const).flatMap((name) =>
          (one[name] ?? '') === '' ? [required(`${field}.${name}`)] : [],
        ),
      ({ uid }) => uid ?? '',
      at,
    ),
    ...listErrors(
      devices,
      Number.POSITIVE_INFINITY,
      (one, field) => deviceStatusErrors(one, allocated, field),
      'status.devices',
    ),
    ...repeatedDevices(devices ?? []),
  ]
  if (reservedFor.length > 0 && allocation === undefined)
    errors.push(forbiddenField(at, 'may not be specified when `allocated` is not set'))
  const before = previous.status?.reservedFor ?? []
  const isGrown = reservedFor.some((one) => !before.some((other) => sameJson(one, other)))
  if (allocation !== undefined && next.metadata.deletionTimestamp !== undefined && isGrown) {
    const why = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'
    errors.push(forbiddenField(at, why))
  }
  if (allocation === undefined) return errors
  const old = previous.status?.allocation
  return old === undefined
    ? [...errors, ...allocationErrors(allocation, names, 'status.allocation')]
    : [...errors, ...immutableStruct(allocationType, 'status.allocation', allocation, old)]
}

function repeatedDevices(devices: readonly AllocatedDeviceStatus[]): readonly FieldError[] {
  const ids = devices.map(idOf)
  return devices.flatMap((one, index) =>
    ids.indexOf(ids[index]!) < index ? [duplicate(`status.devices[${index}]`, shownId(one))] : [],
  )
}

export function deviceTaintRuleErrors({ spec }: DeviceTaintRule, previous?: DeviceTaintRule): readonly FieldError[] {
  const { driver, pool, device } = spec?.deviceSelector ?? {}
  const at = 'spec.deviceSelector'
  return [
    ...(driver === undefined ? [] : csiDriverNameErrors(driver, `${at}.driver`)),
    ...(pool === undefined ? [] : poolNameErrors(pool, `${at}.pool`)),
    ...(device === undefined ? [] : labelErrors(device, `${at}.device`)),
    ...deviceTaintErrors(spec?.taint ?? ({} as never), previous?.spec?.taint, 'spec.taint'),
  ]
}
export function deviceTaintRuleStatusErrors({ status }: DeviceTaintRule): readonly FieldError[] {
  const conditions = status?.conditions ?? []
  const field = 'status.conditions'
  return [
    ...conditionsErrors(conditions, field),
    ...(conditions.length > conditionsMax ? [tooMany(field, conditions.length, conditionsMax)] : []),
  ]
}

/** Takes away what is told of devices that the claim has no more. */
export function dropFreedDevices(draft: Draft, previous: ResourceClaim): void {
  const ids = (claim: Draft) => (claim.status?.allocation?.devices?.results ?? []).map((one: DeviceId) => idOf(one))
  const kept = new Set(ids(draft))
  const freed = new Set(ids(previous).filter((id: string) => !kept.has(id)))
  if (freed.size === 0 || draft.status?.devices === undefined) return
  const devices = draft.status.devices.filter((one: DeviceId) => !freed.has(idOf(one)))
  if (devices.length > 0) draft.status.devices = devices
  else delete draft.status.devices
}
