import { type Field, type FieldError, invalid, sameJson } from '../../machinery/index.ts'
import { builtInSchema } from '../schema.ts'
import { immutableText } from './object-meta.ts'

/** Names in Go that are more than the JSON name with a capital. */
const goNames: Readonly<Record<string, string>> = {
  apiGroup: 'APIGroup',
  apiVersion: 'APIVersion',
  cel: 'CEL',
  awsElasticBlockStore: 'AWSElasticBlockStore',
  cephfs: 'CephFS',
  csi: 'CSI',
  fc: 'FC',
  fsType: 'FSType',
  gcePersistentDisk: 'GCEPersistentDisk',
  scaleIO: 'ScaleIO',
  storageos: 'StorageOS',
  iscsi: 'ISCSI',
  nfs: 'NFS',
  rbd: 'RBD',
  uid: 'UID',
}
const goNameOf = (name: string) => goNames[name] ?? name[0]!.toUpperCase() + name.slice(1)

/**
 * A value as Kubernetes shows it in errors. Kubernetes: its inner types have no JSON names, so that what it prints of them has the
 * fields' names in Go, and all of them.
 */
export function goForm(typeName: string, value: unknown): unknown {
  const type = builtInSchema.type(typeName)
  if (value === undefined || value === null) return null
  // What comes from meta/v1 is the same inside and outside.
  if (type === undefined || type.special !== undefined || typeName.includes('.meta.v1.')) return value
  const of = value as Readonly<Record<string, unknown>>
  const shown: Record<string, unknown> = {}
  for (const field of type.jsonFields) {
    if (field.name === 'metadata') Object.assign(shown, of['metadata'])
    else shown[goNameOf(field.name)] = fieldForm(field, of[field.name])
  }
  return shown
}

function fieldForm(field: Field, value: unknown): unknown {
  if (field.repeated) return Array.isArray(value) ? value.map((item) => goForm(field.type, item ?? {})) : null
  if (field.map)
    return value === undefined || value === null
      ? null
      : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, goForm(field.type, item ?? {})]))
  if (value !== undefined && value !== null) return goForm(field.type, value)
  if (field.pointer) return null
  if (field.type === 'string') return ''
  if (field.type === 'boolean') return false
  if (field.type === 'integer' || field.type === 'number') return 0
  const inner = builtInSchema.type(field.type)
  return inner === undefined || inner.special !== undefined ? null : goForm(field.type, {})
}

/** That a struct may not change, shown as Kubernetes shows it. */
export function immutableStruct(
  typeName: string,
  field: string,
  next: unknown,
  previous: unknown,
): readonly FieldError[] {
  if (sameJson(next ?? null, previous ?? null)) return []
  return [invalid(field, goForm(typeName, next), immutableText)]
}
