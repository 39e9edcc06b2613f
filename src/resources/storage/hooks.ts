import type { HooksFor } from '../define.ts'
import { labelWarning } from '../deprecated-labels.ts'
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

const tokensAsAttributes =
  'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes'

export const csiDriverHooks: HooksFor<CSIDriver> = {
  cells: csiDriverCells,
  checks: { create: csiDriverErrors, update: csiDriverUpdateErrors },
  warnings: ({ spec }) =>
    (spec.tokenRequests ?? []).length === 0 || spec.serviceAccountTokenInSecrets !== undefined
      ? []
      : [tokensAsAttributes],
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
  warnings: ({ allowedTopologies = [] }) =>
    allowedTopologies.flatMap(({ matchLabelExpressions = [] }, term) =>
      matchLabelExpressions.flatMap(({ key }, index) =>
        labelWarning(key, `allowedTopologies[${term}].matchLabelExpressions[${index}].key`),
      ),
    ),
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
