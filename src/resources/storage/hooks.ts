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
import { csiDriverUpdateErrors, csiNodeErrors, storageClassErrors, storageClassUpdateErrors } from '../other-checks.ts'

export const csiDriverHooks: HooksFor<CSIDriver> = {
  cells: csiDriverCells,
  checks: { update: csiDriverUpdateErrors },
  allowUnconditionalUpdate: false,
}
export const csiNodeHooks: HooksFor<CSINode> = {
  cells: csiNodeCells,
  checks: { create: csiNodeErrors },
  allowUnconditionalUpdate: false,
}
export const csiStorageCapacityHooks: HooksFor<CSIStorageCapacity> = { cells: csiStorageCapacityCells }
export const storageClassHooks: HooksFor<StorageClass> = {
  cells: storageClassCells,
  checks: { create: storageClassErrors, update: storageClassUpdateErrors },
}
export const volumeAttributesClassHooks: HooksFor<VolumeAttributesClass> = { cells: volumeAttributesClassCells }
export const volumeAttachmentHooks: HooksFor<VolumeAttachment> = {
  cells: volumeAttachmentCells,
  allowUnconditionalUpdate: false,
}
