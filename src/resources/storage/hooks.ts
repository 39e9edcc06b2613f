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
  storageClassCells,
  volumeAttachmentCells,
  volumeAttributesClassCells,
} from '../other-cells.ts'
import {
  attachmentStatusErrors,
  csiDriverErrors,
  csiDriverUpdateErrors,
  csiNodeErrors,
  csiNodeUpdateErrors,
  csiStorageCapacityErrors,
  csiStorageCapacityUpdateErrors,
  storageClassErrors,
  storageClassUpdateErrors,
  volumeAttachmentErrors,
  volumeAttachmentUpdateErrors,
  volumeAttributesClassErrors,
  volumeAttributesClassUpdateErrors,
} from './validate.ts'

export const csiDriverHooks: HooksFor<CSIDriver> = {
  cells: csiDriverCells,
  checks: { create: csiDriverErrors, update: csiDriverUpdateErrors },
  allowUnconditionalUpdate: false,
}
export const csiNodeHooks: HooksFor<CSINode> = {
  cells: csiNodeCells,
  checks: { create: csiNodeErrors, update: csiNodeUpdateErrors },
  allowUnconditionalUpdate: false,
}
export const csiStorageCapacityHooks: HooksFor<CSIStorageCapacity> = {
  checks: { create: csiStorageCapacityErrors, update: csiStorageCapacityUpdateErrors },
  allowUnconditionalUpdate: false,
}
export const storageClassHooks: HooksFor<StorageClass> = {
  cells: storageClassCells,
  checks: { create: storageClassErrors, update: storageClassUpdateErrors },
}
export const volumeAttributesClassHooks: HooksFor<VolumeAttributesClass> = {
  cells: volumeAttributesClassCells,
  checks: { create: volumeAttributesClassErrors, update: volumeAttributesClassUpdateErrors },
}
export const volumeAttachmentHooks: HooksFor<VolumeAttachment> = {
  cells: volumeAttachmentCells,
  checks: { create: volumeAttachmentErrors, update: volumeAttachmentUpdateErrors, status: attachmentStatusErrors },
  allowUnconditionalUpdate: false,
}
