import type { HooksFor } from '../define.ts'
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../generated/types.ts'
import {
  csiDriverCells,
  csiNodeCells,
  csiStorageCapacityCells,
  storageClassCells,
  volumeAttachmentCells,
  volumeAttributesClassCells,
} from '../other-cells.ts'

export const csiDriverHooks: HooksFor<CSIDriver> = { cells: csiDriverCells }
export const csiNodeHooks: HooksFor<CSINode> = { cells: csiNodeCells }
export const csiStorageCapacityHooks: HooksFor<CSIStorageCapacity> = { cells: csiStorageCapacityCells }
export const storageClassHooks: HooksFor<StorageClass> = { cells: storageClassCells }
export const volumeAttributesClassHooks: HooksFor<VolumeAttributesClass> = { cells: volumeAttributesClassCells }
export const volumeAttachmentHooks: HooksFor<VolumeAttachment> = { cells: volumeAttachmentCells }
