import { compareQuantities, parseQuantity } from '../../machinery/index.ts'
import { type PersistentVolume, type PersistentVolumeClaim, storageCapacity } from '../../resources/index.ts'

type Status = NonNullable<PersistentVolumeClaim['status']>
type Condition = NonNullable<Status['conditions']>[number]
/** A volume that has become larger than its claim knows, so that the node has to make its filesystem larger. */
export interface Growth {
  readonly size: string
  /** Whoever made the volume larger says in the claim how far that is. */
  readonly isTracked: boolean
}

const pending = 'NodeResizePending'
const inProgress = 'NodeResizeInProgress'
/** Kubernetes: the conditions that tell of a claim that grows. */
const growthConditions = new Set(['FileSystemResizePending', 'Resizing', 'ControllerResizeError', 'NodeResizeError'])

/** What is to be done for a claim whose volume grew; undefined when it did not, or when it is not the node's turn. */
export function growthOf({ status }: PersistentVolumeClaim, volume: PersistentVolume): Growth | undefined {
  const has = parseQuantity(status?.capacity?.['storage'] ?? '0')
  const size = volume.spec.capacity?.['storage']
  if (size === undefined || compareQuantities(storageCapacity(volume), has) <= 0) return undefined
  const allocated = status?.allocatedResources?.['storage']
  if (allocated === undefined) return { size, isTracked: false }
  const turn = status?.allocatedResourceStatuses?.['storage']
  return turn === pending || turn === inProgress ? { size: allocated, isTracked: true } : undefined
}

/** The status of a claim whose node is at it. */
export function growing(status: Status): Status {
  return { ...status, allocatedResourceStatuses: { ...status.allocatedResourceStatuses, storage: inProgress } }
}

/** The status of a claim that has all of its volume. */
export function grown(status: Status, size: string): Status {
  const { storage: _, ...others } = status.allocatedResourceStatuses ?? {}
  const { allocatedResourceStatuses: __, conditions, ...rest } = status
  const left = (conditions ?? []).filter(({ type }) => !growthConditions.has(type))
  return {
    ...rest,
    capacity: { ...status.capacity, storage: size },
    ...(Object.keys(others).length === 0 ? {} : { allocatedResourceStatuses: others }),
    ...(left.length === 0 ? {} : { conditions: left }),
  }
}

/** The status of a claim whose filesystem could not be made larger; it is tried again. */
export function notGrown(status: Status, why: string, now: string): Status {
  const type = 'NodeResizeError'
  const known = status.conditions ?? []
  if (known.some((one) => one.type === type && one.status === 'True')) return status
  const message = `failed to expand pvc with ${why}`
  const condition: Condition = { type, status: 'True', lastTransitionTime: now, message }
  return { ...status, conditions: [...known.filter((one) => one.type !== type), condition] }
}
