import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  StorageV1beta1VolumeAttributesClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../generated/types.ts'
import {
  csiDriverHooks,
  csiNodeHooks,
  csiStorageCapacityHooks,
  storageClassHooks,
  volumeAttachmentHooks,
  volumeAttributesClassHooks,
} from './hooks.ts'

export const csiDrivers = defineResource<CSIDriver>('csidrivers.v1.storage.k8s.io', csiDriverHooks)
export const csiNodes = defineResource<CSINode>('csinodes.v1.storage.k8s.io', csiNodeHooks)
export const csiStorageCapacities = defineResource<CSIStorageCapacity>(
  'csistoragecapacities.v1.storage.k8s.io',
  csiStorageCapacityHooks,
)
export const storageClasses = defineResource<StorageClass>('storageclasses.v1.storage.k8s.io', storageClassHooks)
export const volumeAttachments = defineResource<VolumeAttachment>(
  'volumeattachments.v1.storage.k8s.io',
  volumeAttachmentHooks,
)
export const volumeAttributesClasses = defineResource<VolumeAttributesClass>(
  'volumeattributesclasses.v1.storage.k8s.io',
  volumeAttributesClassHooks,
)
export const storageV1beta1VolumeAttributesClasses = defineResource<StorageV1beta1VolumeAttributesClass>(
  'volumeattributesclasses.v1beta1.storage.k8s.io',
)

/** Every resource of this group, in the order discovery would list them. */
export const storageResources: readonly ResourceDefinition<any>[] = [
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
  storageV1beta1VolumeAttributesClasses,
]
