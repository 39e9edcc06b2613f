import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
} from '../../resources/index.ts'

/** The cluster's storage as placing a pod sees it: what was decided for other pods counts as done. */
export interface StorageView {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined
  volume(name: string): PersistentVolume | undefined
  volumesOfClass(name: string): readonly PersistentVolume[]
  storageClass(name: string): StorageClass | undefined
  csiDriver(name: string): CSIDriver | undefined
  csiNode(name: string): CSINode | undefined
  attachmentsOn(node: string): readonly VolumeAttachment[]
  capacitiesOf(storageClass: string): readonly CSIStorageCapacity[]
}

/** A cluster without storage. */
export const noStorage: StorageView = {
  claim: () => undefined,
  volume: () => undefined,
  volumesOfClass: () => [],
  storageClass: () => undefined,
  csiDriver: () => undefined,
  csiNode: () => undefined,
  attachmentsOn: () => [],
  capacitiesOf: () => [],
}
