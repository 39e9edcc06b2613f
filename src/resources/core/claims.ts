import {
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalid,
  labelSelectorErrors,
  notSupported,
  parseQuantity,
  required,
} from '../../machinery/index.ts'
import type { PersistentVolumeClaimSpec } from '../generated/types.ts'
import { complaints } from '../validation/object-meta.ts'
import { resourceAmountErrors } from './pod/resources.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

/** What is wrong with what a claim asks for. */
export function claimSpecErrors(spec: Partial<PersistentVolumeClaimSpec>, field: string): readonly FieldError[] {
  const modes = spec.accessModes ?? []
  const errors: FieldError[] = []
  for (const mode of modes)
    if (!accessModes.includes(mode)) errors.push(notSupported(`${field}.accessModes`, mode, accessModes))
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
    const group = source.apiGroup ?? ''
    if (group !== '') errors.push(...complaints(`${field}.${name}.apiGroup`, group, dns1123SubdomainErrors(group)))
  }
  const { dataSource: old, dataSourceRef: source, volumeAttributesClassName: attributes = '' } = spec
  const isSame = (one: 'apiGroup' | 'kind' | 'name') => (old?.[one] ?? '') === (source?.[one] ?? '')
  if (old !== undefined && source !== undefined && (source.namespace ?? '') === '')
    if (!isSame('apiGroup') || !isSame('kind') || !isSame('name'))
      // Kubernetes: the value that is shown is that of a path.
      errors.push(invalid(field, {}, 'must match dataSourceRef'))
  if (attributes !== '')
    errors.push(...complaints(`${field}.volumeAttributesClassName`, attributes, dns1123SubdomainErrors(attributes)))
  return errors
}
