import { milliValueOf } from '../../machinery/index.ts'
import { termWarnings } from '../deprecated-labels.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../generated/types.ts'

const classAnnotation = 'volume.beta.kubernetes.io/storage-class'
const noLonger: Readonly<Record<string, string>> = {
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
}
const annotation = (key: string, why: string) => `metadata.annotations[${key}]: ${why}`

/** What the author of a volume is told. */
export function persistentVolumeWarnings({ metadata, spec }: PersistentVolume): readonly string[] {
  const annotations = metadata.annotations ?? {}
  const of = (spec ?? {}) as unknown as Readonly<Record<string, unknown>>
  const old = [
    [classAnnotation, 'deprecated since v1.8; use "storageClassName" attribute instead'],
    ['volume.beta.kubernetes.io/mount-options', 'deprecated since v1.31; use "mountOptions" attribute instead'],
  ] as const
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? []
  const recycle =
    'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.'
  return [
    ...old.flatMap(([key, why]) => (annotations[key] === undefined ? [] : [annotation(key, why)])),
    ...(spec?.persistentVolumeReclaimPolicy === 'Recycle' ? [recycle] : []),
    ...terms.flatMap((term, index) => termWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`)),
    ...Object.entries(noLonger).flatMap(([kind, why]) =>
      of[kind] === undefined ? [] : [`spec.${kind === 'storageos' ? 'storageOS' : kind}: ${why}`],
    ),
  ]
}

/** What the author of a claim is told. */
export function persistentVolumeClaimWarnings({ metadata, spec }: PersistentVolumeClaim): readonly string[] {
  const old = metadata.annotations?.[classAnnotation] !== undefined
  const fractional = (['requests', 'limits'] as const).flatMap((kind) => {
    const amount = spec?.resources?.[kind]?.['storage']
    if (amount === undefined || milliValueOf(amount) % 1000 === 0) return []
    const why = `fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`
    return [`spec.resources.${kind}[storage]: ${why}`]
  })
  return [
    ...(old ? [annotation(classAnnotation, 'deprecated since v1.8; use "storageClassName" attribute instead')] : []),
    ...fractional,
  ]
}
