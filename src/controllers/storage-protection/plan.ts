import { controllerOf } from '../../machinery/index.ts'
import { claimNamesOf, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '../../resources/index.ts'

/** The claims that a pod uses once it has a node, by name. Kubernetes: before that nobody mounts anything for it. */
export function claimsUsedBy(pod: Pod): readonly string[] {
  if ((pod.spec.nodeName ?? '') === '') return []
  return claimNamesOf(pod)
}

/** Whether a pod keeps a claim from going. An ephemeral volume's claim counts only when it is really that pod's. */
export function isUsing(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!claimsUsedBy(pod).includes(claim.metadata.name)) return false
  const isNamed = (pod.spec.volumes ?? []).some(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim.metadata.name,
  )
  return isNamed || controllerOf(claim)?.uid === pod.metadata.uid
}

/** What to do with the finalizer of an object: a used one keeps it, and one that is not going gets it. */
export function finalizersOf(
  object: { readonly metadata: { readonly finalizers?: readonly string[]; readonly deletionTimestamp?: string } },
  finalizer: string,
  isUsed: boolean,
): readonly string[] | undefined {
  const { finalizers = [], deletionTimestamp } = object.metadata
  const has = finalizers.includes(finalizer)
  if (deletionTimestamp === undefined) return has ? undefined : [...finalizers, finalizer]
  return has && !isUsed ? finalizers.filter((one) => one !== finalizer) : undefined
}

/** The classes of attributes that a volume or a claim uses or is about to. */
export function attributesClassesOf({ spec, status }: PersistentVolume | PersistentVolumeClaim): readonly string[] {
  const state = (status ?? {}) as {
    readonly currentVolumeAttributesClassName?: string
    readonly modifyVolumeStatus?: { readonly targetVolumeAttributesClassName?: string }
  }
  const names = [
    spec?.volumeAttributesClassName,
    state.currentVolumeAttributesClassName,
    state.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return names.filter((name): name is string => name !== undefined && name !== '')
}
