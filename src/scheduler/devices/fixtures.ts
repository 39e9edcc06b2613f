/** For tests: a cluster's devices without an API, of one driver and one class, which also stands for a resource. */
import { seededRandom, systemClock } from '../../machinery/index.ts'
import type { AllocationResult, ResourceClaim, ResourceSlice } from '../../resources/index.ts'
import type { DeviceBook } from './device-book.ts'
import { deviceId } from './shapes.ts'

const driver = 'd.example.com'
const features = {
  adminAccess: true,
  prioritizedList: true,
  partitionableDevices: true,
  deviceTaints: true,
  bindingConditions: true,
  consumableCapacity: true,
  extendedResources: true,
}

/** What the scheduler sees of devices: so many on each node, and those that are decided taken. */
export function deviceBookThat(countOn: (nodeName: string) => number, resource: string): DeviceBook {
  const taken = new Map<string, readonly string[]>()
  const sliceOf = (nodeName: string) =>
    ({
      metadata: { name: nodeName },
      spec: {
        driver,
        nodeName,
        pool: { name: nodeName, generation: 1, resourceSliceCount: 1 },
        devices: Array.from({ length: countOn(nodeName) }, (_, at) => ({ name: `d${at}` })),
      },
    }) as unknown as ResourceSlice
  const book = {
    features,
    clock: systemClock(),
    random: seededRandom(1),
    isReady: true,
    taken: {
      isTaken: (id: string) => [...taken.values()].some((ids) => ids.includes(id)),
      consumed: () => undefined,
    },
    slicesFor: (nodeName: string) => [sliceOf(nodeName)],
    slicesOf: (_driver: string, pool: string) => [sliceOf(pool)],
    classOf: () => ({ metadata: { name: 'class' }, spec: {} }),
    classForResource: (name: string) => (name === resource ? 'class' : undefined),
    extendedClaimOf: () => undefined,
    claim: () => undefined,
    isBeingAllocated: () => false,
    decide({ metadata }: ResourceClaim, { devices }: AllocationResult) {
      const ids = (devices?.results ?? []).map((one) => deviceId(one.driver, one.pool, one.device))
      taken.set(metadata.uid, ids)
      return { [Symbol.dispose]: () => void taken.delete(metadata.uid) }
    },
  }
  return book as unknown as DeviceBook
}
