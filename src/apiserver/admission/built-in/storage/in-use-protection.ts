import type { AdmissionPlugin } from '../../admission.ts'

/** Who holds objects back from going while something uses them. */
const finalizers: Readonly<Record<string, string>> = {
  '/persistentvolumes': 'kubernetes.io/pv-protection',
  '/persistentvolumeclaims': 'kubernetes.io/pvc-protection',
  'storage.k8s.io/volumeattributesclasses': 'kubernetes.io/vac-protection',
}

/** StorageObjectInUseProtection: volumes, claims and classes of attributes stay while they are used. */
export function storageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: 'StorageObjectInUseProtection',
    resources: Object.keys(finalizers),
    async admit({ operation, definition, subresource, object }) {
      const finalizer = finalizers[`${definition.group}/${definition.plural}`]
      if (finalizer === undefined || operation !== 'CREATE' || subresource !== '') return
      const known: readonly string[] = object.metadata.finalizers ?? []
      if (!known.includes(finalizer)) object.metadata.finalizers = [...known, finalizer]
    },
  }
}
