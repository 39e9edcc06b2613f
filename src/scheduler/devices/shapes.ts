import type { DeviceSelection } from '../../machinery/cel/index.ts'
import type { Quantity } from '../../machinery/index.ts'
import type { Device, DeviceClass, ResourceSlice } from '../../resources/index.ts'

/** Which parts of the allocation of devices are on. */
export interface DeviceFeatures {
  readonly adminAccess: boolean
  readonly prioritizedList: boolean
  readonly partitionableDevices: boolean
  readonly deviceTaints: boolean
  readonly bindingConditions: boolean
  readonly consumableCapacity: boolean
  readonly extendedResources: boolean
}

/** What is taken of devices already. */
export interface TakenDevices {
  /** Whether a claim has the device for itself. */
  isTaken(id: string): boolean
  /** What claims that share the device have of it; undefined: no claim does. */
  consumed(id: string): ReadonlyMap<string, Quantity> | undefined
}

/** All devices there are, and what is known about them. */
export interface DeviceView {
  readonly features: DeviceFeatures
  readonly taken: TakenDevices
  /** The slices that may have devices for a node. */
  slicesFor(nodeName: string): readonly ResourceSlice[]
  /** All slices of a pool. */
  slicesOf(driver: string, pool: string): readonly ResourceSlice[]
  classOf(name: string): DeviceClass | undefined
  selection(expression: string): DeviceSelection
}

/** A device where it was found. */
export interface FoundDevice {
  readonly id: string
  readonly driver: string
  readonly pool: Pool
  readonly slice: ResourceSlice
  readonly device: Device
}

/** The devices that one driver looks after together, as one node sees them. */
export interface Pool {
  readonly driver: string
  readonly name: string
  /** It is being changed: not all of its slices are there. */
  readonly isIncomplete: boolean
  readonly isInvalid: boolean
  /** Its slices with devices for the node. */
  readonly slices: readonly ResourceSlice[]
  /** Its other slices, whose devices may use up the same counters. */
  readonly otherSlices: readonly ResourceSlice[]
  readonly counterSets: ReadonlyMap<string, Readonly<Record<string, { readonly value: string }>>>
}

/** How a device is known: no driver's name has a slash, and no device's. */
export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`

/** Something about claims, classes or devices is wrong, whichever node is looked at; worded as Kubernetes words it. */
export class AllocationError extends Error {
  override name = 'AllocationError'
}
/** Kubernetes: a claim has no more devices than this. */
export const devicesOfClaimMax = 32
