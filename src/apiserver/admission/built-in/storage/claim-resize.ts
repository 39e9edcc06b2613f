import { compareQuantities, forbidden, parseQuantity } from '../../../../machinery/index.ts'
import { type Draft, type StorageClass, storageClasses } from '../../../../resources/index.ts'
import type { Registry } from '../../../registry/registry.ts'
import type { AdmissionPlugin } from '../../admission.ts'
import { classOfClaim } from './claim-class.ts'

/** PersistentVolumeClaimResize: a claim grows only once it is bound, and only when its class allows it. */
export function persistentVolumeClaimResize({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    resources: ['/persistentvolumeclaims'],
    async validate({ operation, definition, subresource, object, previous, name }) {
      if (operation !== 'UPDATE' || definition.group !== '' || definition.plural !== 'persistentvolumeclaims') return
      if (subresource !== '') return
      const sizeOf = ({ spec }: Draft) => parseQuantity(spec?.resources?.requests?.storage ?? '0')
      const before = previous as Draft
      if (compareQuantities(sizeOf(object), sizeOf(before)) <= 0) return
      const refuse = (why: string) => forbidden({ group: '', resource: definition.plural }, name, why)
      if (before.status?.phase !== 'Bound') throw refuse('Only bound persistent volume claims can be expanded')
      const className = classOfClaim(object)
      const found =
        className === '' || className !== classOfClaim(before)
          ? undefined
          : await registry().find<StorageClass>(storageClasses, undefined, className)
      if (found?.allowVolumeExpansion !== true)
        throw refuse(
          'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        )
    },
  }
}
