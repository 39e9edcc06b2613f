import {
  type FieldError,
  invalid,
  notSupported,
  parseQuantity,
  qualifiedNameErrors,
  required,
} from '../../machinery/index.ts'
import type { PersistentVolumeClaim } from '../generated/types.ts'
import { complaints } from '../validation/object-meta.ts'
import { resourceAmountErrors } from './pod/resources.ts'
import { isNativeResource } from './resource-names.ts'

const resizeStates = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
].sort()

function resourceKeyErrors(name: string, field: string): readonly FieldError[] {
  const errors = complaints(field, name, qualifiedNameErrors(name))
  if (errors.length > 0 || !isNativeResource(name) || name === 'storage') return errors
  return [notSupported(field, name, ['storage'])]
}

/** Kubernetes: of an amount below nothing, the whole units are shown. */
function belowNothing(amount: string, field: string): readonly FieldError[] {
  const { nanos } = parseQuantity(amount)
  const whole = nanos / 1_000_000_000n
  return whole < 0n ? [invalid(field, Number(whole), 'must be a valid resource quantity')] : []
}

/** What is wrong with a change of a claim's status. */
export function claimStatusErrors({ spec, status }: PersistentVolumeClaim): readonly FieldError[] {
  const errors: FieldError[] = []
  if ((spec?.accessModes ?? []).length === 0) errors.push(required('Spec.accessModes'))
  for (const [name, amount] of Object.entries(status?.capacity ?? {}))
    errors.push(...belowNothing(amount, `status.capacity[${name}]`))
  const states = 'status.allocatedResourceStatuses'
  for (const [name, state] of Object.entries(status?.allocatedResourceStatuses ?? {})) {
    errors.push(...resourceKeyErrors(name, states))
    if (!resizeStates.includes(state)) errors.push(notSupported(states, name, resizeStates))
  }
  const allocated = 'status.allocatedResources'
  for (const [name, amount] of Object.entries(status?.allocatedResources ?? {})) {
    const wrong = resourceKeyErrors(name, allocated)
    const negative = belowNothing(amount, `${allocated}[${name}]`)
    if (wrong.length > 0) errors.push(...wrong)
    else if (negative.length > 0) errors.push(...negative)
    else errors.push(...resourceAmountErrors('storage', amount, `${allocated}[${name}]`))
  }
  return errors
}
