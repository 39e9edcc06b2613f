import { type FieldError, forbiddenField, invalid, required, tooMany } from '../../machinery/index.ts'
import { nodeSelectorErrors } from '../core/pod/affinity.ts'
import type { AllocatedDeviceStatus, AllocationResult, DeviceClaim, ResourceClaim } from '../generated/types.ts'
import { immutable } from '../validation/object-meta.ts'
import {
  bindingConditionErrors,
  driverErrors,
  type Errors,
  each,
  labelErrors,
  none,
  objectErrors,
  poolNameErrors,
} from './checks.ts'
import { configurationErrors, requestReference } from './validate-claim.ts'

const dataBytesMax = 10 * 1024
const conditionsMax = 8
/** Which device, or which share of one, as Kubernetes writes it. */
const deviceText = ({ driver, pool, device, shareID }: AllocatedDeviceStatus) =>
  [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/')

function allocationErrors({ devices = {}, nodeSelector }: AllocationResult, claim: DeviceClaim, at: string): Errors {
  const refers = requestReference(claim)
  return [
    ...each(devices.results, `${at}.devices.results`, (result, place) => [
      ...refers(result.request, `${place}.request`),
      ...driverErrors(result.driver, `${place}.driver`),
      ...poolNameErrors(result.pool, `${place}.pool`),
      ...labelErrors(result.device, `${place}.device`),
      ...bindingConditionErrors(result.bindingConditions, result.bindingFailureConditions, place),
    ]),
    ...each(devices.config, `${at}.devices.config`, (config, place) => [
      ...each(config.requests, `${place}.requests`, refers),
      ...configurationErrors(config, place),
    ]),
    ...(nodeSelector === undefined ? none : nodeSelectorErrors(nodeSelector, `${at}.nodeSelector`)),
  ]
}

const deviceErrors =
  (allocated: ReadonlySet<string>) =>
  (device: AllocatedDeviceStatus, at: string): Errors => [
    ...driverErrors(device.driver, `${at}.driver`),
    ...poolNameErrors(device.pool, `${at}.pool`),
    ...labelErrors(device.device, `${at}.device`),
    ...(allocated.has(deviceText(device))
      ? none
      : [invalid(at, deviceText(device), 'must be an allocated device in the claim')]),
    ...((device.conditions?.length ?? 0) > conditionsMax
      ? [tooMany(`${at}.conditions`, device.conditions!.length, conditionsMax)]
      : none),
    ...(device.data === undefined || device.data === null
      ? none
      : objectErrors(device.data, `${at}.data`, dataBytesMax)),
  ]

function reservedErrors({ metadata, status }: ResourceClaim, previous: ResourceClaim): Errors {
  const reserved = status?.reservedFor ?? []
  const at = 'status.reservedFor'
  const errors = each(reserved, at, (consumer, place) =>
    (['resource', 'name', 'uid'] as const).flatMap((field) =>
      (consumer[field] ?? '') === '' ? [required(`${place}.${field}`)] : none,
    ),
  )
  if (reserved.length === 0) return errors
  if (status?.allocation === undefined)
    return [...errors, forbiddenField(at, 'may not be specified when `allocated` is not set')]
  const known = new Set(previous.status?.reservedFor?.map(({ uid }) => uid))
  if (metadata.deletionTimestamp === undefined || reserved.every(({ uid }) => known.has(uid))) return errors
  const why = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'
  return [...errors, forbiddenField(at, why)]
}

/** What is wrong with what a claim is told that it got. */
export function resourceClaimStatusErrors(claim: ResourceClaim, previous: ResourceClaim): readonly FieldError[] {
  const { allocation, devices } = claim.status ?? {}
  const before = previous.status?.allocation
  const at = 'status.allocation'
  return [
    ...reservedErrors(claim, previous),
    ...each(devices, 'status.devices', deviceErrors(new Set(allocation?.devices?.results?.map(deviceText)))),
    ...(allocation === undefined
      ? none
      : before === undefined
        ? allocationErrors(allocation, claim.spec?.devices ?? {}, at)
        : immutable(at, allocation, before)),
  ]
}
