import {
  dns1123SubdomainErrors,
  type FieldError,
  forbiddenField,
  invalid,
  labelSelectorErrors,
  parseQuantity,
  required,
} from '../../machinery/index.ts'
import type { PersistentVolumeClaimSpec } from '../generated/types.ts'
import { complaints } from '../validation/object-meta.ts'
import { resourceAmountErrors } from './pod/resources.ts'

/** What is wrong with what a claim asks for. */
export function claimSpecErrors(spec: Partial<PersistentVolumeClaimSpec>, field: string): readonly FieldError[] {
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
