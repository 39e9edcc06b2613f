import { type StorageClass, storageClasses } from '../../../../resources/index.ts'
import type { Registry } from '../../../registry/registry.ts'
import type { AdmissionPlugin } from '../../admission.ts'
import { claimClassAnnotation } from './claim-class.ts'
import { newestOf } from './newest.ts'

const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]

/** DefaultStorageClass: a claim that names no class gets the newest of the default ones. */
export function defaultStorageClass({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    resources: ['/persistentvolumeclaims'],
    async admit({ operation, definition, subresource, object }) {
      if (operation !== 'CREATE' || definition.group !== '' || definition.plural !== 'persistentvolumeclaims') return
      if (subresource !== '' || object.spec?.storageClassName !== undefined) return
      if (object.metadata.annotations?.[claimClassAnnotation] !== undefined) return
      const classes = await registry().all<StorageClass>(storageClasses)
      const found = newestOf(
        classes.filter(({ metadata }) => defaultAnnotations.some((key) => metadata.annotations?.[key] === 'true')),
      )
      if (found !== undefined) object.spec = { ...object.spec, storageClassName: found.metadata.name }
    },
  }
}
