import {
  compareQuantities,
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalid,
  labelSelectorErrors,
  notSupported,
  parseQuantity,
  required,
  sameJson,
} from '../../machinery/index.ts'
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../generated/types.ts'
import { complaints, immutable } from '../validation/object-meta.ts'
import { nodeSelectorErrors } from './pod/affinity.ts'
import { resourceAmountErrors } from './pod/resources.ts'

/** What is wrong with what a claim asks for. */
export function claimSpecErrors(spec: PersistentVolumeClaimSpec, field: string): readonly FieldError[] {
  const modes = spec.accessModes ?? []
  const errors: FieldError[] = []
  if (modes.length === 0) errors.push(required(`${field}.accessModes`, 'at least 1 access mode is required'))
  errors.push(...labelSelectorErrors(spec.selector, `${field}.selector`))
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    const why = 'may not use ReadWriteOncePod with other access modes'
    errors.push(forbiddenField(`${field}.accessModes`, why))
  }
  const storage = spec.resources?.requests?.['storage']
  const at = `${field}.resources[storage]`
  if (storage === undefined) errors.push(required(at))
  else if (parseQuantity(storage).nanos <= 0n) errors.push(invalid(at, storage, 'must be greater than zero'))
  else errors.push(...resourceAmountErrors('storage', storage, at))
  const storageClass = spec.storageClassName ?? ''
  if (storageClass !== '')
    errors.push(...complaints(`${field}.storageClassName`, storageClass, dns1123SubdomainErrors(storageClass)))
  for (const name of ['dataSource', 'dataSourceRef'] as const) {
    const source = spec[name]
    if (source === undefined) continue
    if (source.name === '') errors.push(required(`${field}.${name}.name`))
    if (source.kind === '') errors.push(required(`${field}.${name}.kind`))
    if ((source.apiGroup ?? '') === '' && source.kind !== 'PersistentVolumeClaim') {
      const why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
      errors.push(invalid(`${field}.${name}`, source.kind, why))
    }
  }
  return errors
}

export function persistentVolumeClaimErrors({ spec }: PersistentVolumeClaim): readonly FieldError[] {
  return spec === undefined ? [required('spec')] : claimSpecErrors(spec, 'spec')
}

export function persistentVolumeClaimUpdateErrors(
  next: PersistentVolumeClaim,
  previous: PersistentVolumeClaim,
): readonly FieldError[] {
  const errors = [...persistentVolumeClaimErrors(next)]
  const [spec, before] = [next.spec ?? {}, previous.spec ?? {}]
  const comparable: Record<string, unknown> = { ...spec }
  if ((before.volumeName ?? '') === '') comparable['volumeName'] = before.volumeName
  if (before.storageClassName === undefined) comparable['storageClassName'] = before.storageClassName
  comparable['volumeAttributesClassName'] = before.volumeAttributesClassName
  const size = spec.resources?.requests?.['storage']
  const oldSize = before.resources?.requests?.['storage']
  if (previous.status?.phase === 'Bound' && size !== undefined)
    comparable['resources'] = { ...spec.resources, requests: { ...spec.resources?.requests, storage: oldSize } }
  if (!sameJson(comparable, before)) {
    const why =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
    errors.push(forbiddenField('spec', why))
    return errors
  }
  if (
    size !== undefined &&
    oldSize !== undefined &&
    compareQuantities(parseQuantity(size), parseQuantity(oldSize)) < 0
  ) {
    const capacity = previous.status?.capacity?.['storage']
    if (capacity !== undefined && compareQuantities(parseQuantity(size), parseQuantity(capacity)) <= 0)
      errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  }
  return errors
}

const volumeSources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const

export function persistentVolumeErrors({ spec }: PersistentVolume): readonly FieldError[] {
  if (spec === undefined) return [required('spec')]
  const errors: FieldError[] = []
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required('spec.accessModes'))
  if (modes.includes('ReadWriteOncePod') && modes.length > 1)
    errors.push(forbiddenField('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'))
  const capacity = spec.capacity ?? {}
  if (Object.keys(capacity).length === 0) errors.push(required('spec.capacity'))
  else if (capacity['storage'] === undefined || Object.keys(capacity).length > 1)
    errors.push(notSupported('spec.capacity', capacity, ['storage']))
  for (const [name, amount] of Object.entries(capacity)) {
    const at = `spec.capacity[${name}]`
    if (parseQuantity(amount).nanos <= 0n) errors.push(invalid(at, amount, 'must be greater than zero'))
  }
  const given = volumeSources.filter((name) => spec[name] !== undefined)
  if (given.length === 0) errors.push(required('spec', 'must specify a volume type'))
  for (const name of given.slice(1))
    errors.push(forbiddenField(`spec.${name}`, 'may not specify more than 1 volume type'))
  if (spec.hostPath !== undefined) {
    const path = spec.hostPath.path ?? ''
    if (path === '') errors.push(required('spec.hostPath.path'))
    else if (path.split('/').includes('..')) errors.push(invalid('spec.hostPath.path', path, "must not contain '..'"))
    if (spec.persistentVolumeReclaimPolicy === 'Recycle' && path.replace(/\/+$/, '') === '')
      errors.push(
        forbiddenField('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"),
      )
  }
  const needed = spec.nodeAffinity?.required
  if (needed !== undefined) errors.push(...nodeSelectorErrors(needed, 'spec.nodeAffinity.required'))
  if (spec.local !== undefined && needed === undefined)
    errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'))
  const storageClass = spec.storageClassName ?? ''
  if (storageClass !== '')
    errors.push(...complaints('spec.storageClassName', storageClass, dns1123SubdomainErrors(storageClass)))
  return errors
}
export function persistentVolumeUpdateErrors(
  next: PersistentVolume,
  previous: PersistentVolume,
): readonly FieldError[] {
  const errors = [...persistentVolumeErrors(next)]
  const source = (volume: PersistentVolume) => volumeSources.map((name) => volume.spec?.[name] ?? null)
  if (!sameJson(source(next), source(previous))) {
    const why = 'spec.persistentvolumesource is immutable after creation'
    errors.push(forbiddenField('spec.persistentvolumesource', why))
  }
  return [...errors, ...immutable('volumeMode', next.spec?.volumeMode, previous.spec?.volumeMode)]
}
