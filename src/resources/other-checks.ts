import {
  type FieldError,
  forbiddenField,
  invalid,
  labelSelectorErrors,
  notSupported,
  required,
} from '../machinery/index.ts'
import type { Lease, PodDisruptionBudget, PriorityClass } from './generated/types.ts'
import { conditionsErrors } from './validation/conditions.ts'
import { goForm } from './validation/go-form.ts'
import { immutable, nonNegative } from './validation/object-meta.ts'
import { countOrPercentErrors, notAboveAllErrors } from './validation/workload.ts'

export function leaseErrors({ spec }: Lease): readonly FieldError[] {
  const errors: FieldError[] = []
  const seconds = spec?.leaseDurationSeconds
  if (seconds !== undefined && seconds <= 0)
    errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'))
  return [...errors, ...nonNegative('spec.leaseTransitions', spec?.leaseTransitions)]
}

export function podDisruptionBudgetErrors({ spec }: PodDisruptionBudget): readonly FieldError[] {
  const { minAvailable, maxUnavailable, selector } = spec ?? {}
  const errors: FieldError[] = []
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    errors.push(
      invalid(
        'spec',
        goForm('io.k8s.api.policy.v1.PodDisruptionBudgetSpec', spec),
        'minAvailable and maxUnavailable cannot be both set',
      ),
    )
  for (const [name, value] of [
    ['minAvailable', minAvailable],
    ['maxUnavailable', maxUnavailable],
  ] as const)
    errors.push(...countOrPercentErrors(value, `spec.${name}`), ...notAboveAllErrors(value, `spec.${name}`))
  return [...errors, ...labelSelectorErrors(selector, 'spec.selector')]
}
export function podDisruptionBudgetStatusErrors({ status }: PodDisruptionBudget): readonly FieldError[] {
  const names = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const
  return [
    ...conditionsErrors(status?.conditions ?? [], 'status.conditions'),
    ...names.flatMap((name) => nonNegative(`status.${name}`, status?.[name])),
  ]
}

const systemPriorityMin = 2_000_000_000
const userPriorityMax = 1_000_000_000
const systemClasses: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
}

const preemptions = ['PreemptLowerPriority', 'Never']
const preemptionErrors = (policy: string | undefined): readonly FieldError[] => {
  if (policy === undefined || preemptions.includes(policy)) return []
  return policy === '' ? [required('preemptionPolicy')] : [notSupported('preemptionPolicy', policy, preemptions)]
}

export function priorityClassErrors(priorityClass: PriorityClass): readonly FieldError[] {
  return [...valueErrors(priorityClass), ...preemptionErrors(priorityClass.preemptionPolicy)]
}

function valueErrors({ metadata, value = 0 }: PriorityClass): readonly FieldError[] {
  const { name = '' } = metadata as Partial<typeof metadata>
  if (name.startsWith('system-')) {
    const known = systemClasses[name]
    const forbidden = "priority class names with 'system-' prefix are reserved for system use only. error: "
    if (known === undefined)
      return [forbiddenField('metadata.name', `${forbidden}${name} is not a known system priority class`)]
    return known === value
      ? []
      : [forbiddenField('metadata.name', `${forbidden}value of ${name} PriorityClass must be ${known}`)]
  }
  const why = `maximum allowed value of a user defined priority is ${userPriorityMax}`
  return value > userPriorityMax && value < systemPriorityMin + 2 ** 31 ? [forbiddenField('value', why)] : []
}
export function priorityClassUpdateErrors(next: PriorityClass, previous: PriorityClass): readonly FieldError[] {
  const errors: FieldError[] = []
  if ((next.value ?? 0) !== (previous.value ?? 0))
    errors.push(forbiddenField('value', 'may not be changed in an update.'))
  return [...errors, ...immutable('preemptionPolicy', next.preemptionPolicy, previous.preemptionPolicy)]
}
