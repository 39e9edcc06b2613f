import {
  dns1123LabelErrors,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  parseQuantity,
  pathSegmentErrors,
  required,
} from '../../machinery/index.ts'
import { containerResourceNameErrors } from '../core/pod/resources.ts'
import type {
  AutoscalingV1HorizontalPodAutoscaler,
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HPAScalingPolicy,
  HPAScalingRules,
  MetricSpec,
  MetricTarget,
} from '../generated/types.ts'
import type { Checks } from '../validation/object-meta.ts'
import { complaints, nonNegative } from '../validation/object-meta.ts'

const windowSecondsMax = 3600
const periodSecondsMax = 1800
const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource']
const targetTypes = ['Utilization', 'Value', 'AverageValue']
const selectPolicies = ['Disabled', 'Max', 'Min']
const policyTypes = ['Percent', 'Pods']

/** What of an older object is let be. */
interface Allowed {
  readonly replicasMin: number
  readonly target: { readonly anyVersion: boolean; readonly noGroup: boolean }
  readonly described: { readonly anyVersion: boolean; readonly noGroup: boolean }
}

type Spec = Partial<HorizontalPodAutoscaler['spec']>

/** Checks of autoscalers; `zero` says whether they may scale to nothing. */
export function autoscalerChecks(zero: boolean): Checks<HorizontalPodAutoscaler> {
  return {
    create: ({ spec }) => specErrors(spec, allowedBy(zero, spec, undefined)),
    update: ({ spec }, previous) => specErrors(spec, allowedBy(zero, spec, previous.spec)),
    status: statusErrors,
  }
}

/** The same for the first version, which knows processor time alone. */
export function autoscalerV1Checks(zero: boolean): Checks<AutoscalingV1HorizontalPodAutoscaler> {
  return {
    create: ({ spec }) => specErrors(newerSpec(spec), allowedBy(zero, newerSpec(spec), undefined)),
    update: ({ spec }, previous) => {
      const newer = newerSpec(spec)
      return specErrors(newer, allowedBy(zero, newer, newerSpec(previous.spec)))
    },
    status: statusErrors,
  }
}

function newerSpec(spec: AutoscalingV1HorizontalPodAutoscaler['spec'] | undefined): Spec {
  const { targetCPUUtilizationPercentage: averageUtilization, ...rest } = spec ?? {}
  if (averageUtilization === undefined) return rest
  const target = { type: 'Utilization', averageUtilization }
  return { ...rest, metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] }
}

/** Kubernetes: a reference that is not changed is not judged anew, nor is zero that was allowed before. */
function allowedBy(zero: boolean, spec: Spec | undefined, previous: Spec | undefined): Allowed {
  const target = spec?.scaleTargetRef
  const before = previous?.scaleTargetRef
  const isSame =
    before !== undefined && before.kind === target?.kind && (before.apiVersion ?? '') === (target.apiVersion ?? '')
  const wasWrong = (previous?.metrics ?? []).some(
    ({ type, object }) =>
      type === 'Object' && object !== undefined && versionProblem(object.describedObject, true) !== undefined,
  )
  return {
    replicasMin: zero || previous?.minReplicas === 0 ? 0 : 1,
    target: { anyVersion: isSame, noGroup: !isSame && target?.kind === 'ReplicationController' },
    described: { anyVersion: wasWrong, noGroup: true },
  }
}

function statusErrors({
  status,
}: {
  readonly status?: { readonly currentReplicas?: number; readonly desiredReplicas?: number }
}): readonly FieldError[] {
  return [
    ...nonNegative('status.currentReplicas', status?.currentReplicas),
    ...nonNegative('status.desiredReplicas', status?.desiredReplicas),
  ]
}

function specErrors(spec: Spec = {}, allowed: Allowed): readonly FieldError[] {
  const errors: FieldError[] = []
  const { minReplicas, maxReplicas = 0, scaleTargetRef, metrics = [], behavior } = spec
  if (minReplicas !== undefined && minReplicas < allowed.replicasMin)
    errors.push(invalid('spec.minReplicas', minReplicas, `must be greater than or equal to ${allowed.replicasMin}`))
  if (maxReplicas === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'))
  else if (maxReplicas < 0) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1'))
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'))
  errors.push(...referenceErrors(scaleTargetRef, 'spec.scaleTargetRef', allowed.target))
  for (const [index, metric] of metrics.entries())
    errors.push(...metricErrors(metric, `spec.metrics[${index}]`, allowed))
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const why = 'must specify at least one Object or External metric to support scaling to zero replicas'
    errors.push(forbiddenField('spec.metrics', why))
  }
  for (const direction of ['scaleUp', 'scaleDown'] as const)
    errors.push(...rulesErrors(behavior?.[direction], `spec.behavior.${direction}`))
  return errors
}

function referenceErrors(
  reference: Partial<CrossVersionObjectReference> | undefined,
  at: string,
  allowed: Allowed['target'],
): readonly FieldError[] {
  const { kind = '', name = '' } = reference ?? {}
  const errors = [...segmentErrors(kind, `${at}.kind`, ''), ...segmentErrors(name, `${at}.name`, '')]
  const problem = allowed.anyVersion ? undefined : versionProblem(reference, allowed.noGroup)
  if (problem !== undefined) errors.push(invalid(`${at}.apiVersion`, reference?.apiVersion ?? '', problem))
  return errors
}

function versionProblem(
  reference: Partial<CrossVersionObjectReference> | undefined,
  noGroup: boolean,
): string | undefined {
  const { apiVersion = '' } = reference ?? {}
  const parts = apiVersion.split('/')
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`
  const group = parts.length === 2 ? parts[0] : ''
  return group === '' && !noGroup ? 'apiVersion must specify API group' : undefined
}

function segmentErrors(text: string, field: string, missing: string): FieldError[] {
  return text === '' ? [required(field, missing)] : [...complaints(field, text, pathSegmentErrors(text))]
}

type Check = (metric: MetricSpec, at: string, allowed: Allowed) => readonly FieldError[]

/** What is checked of each kind of metric, in Kubernetes' order. */
const sourceChecks: Readonly<Record<string, Check>> = {
  object({ object }, at, allowed) {
    const { describedObject, metric, target = { type: '' } } = object ?? {}
    return [
      ...referenceErrors(describedObject, `${at}.describedObject`, allowed.described),
      ...segmentErrors(metric?.name ?? '', `${at}.metric.name`, 'must specify a metric name'),
      ...targetErrors(target, `${at}.target`),
      ...neither(target, at, 'must set either a target value or averageValue'),
    ]
  },
  external({ external }, at) {
    const { metric, target = { type: '' } } = external ?? {}
    const both = target.value !== undefined && target.averageValue !== undefined
    const why = 'may not set both a target value for metric and a per-pod target'
    return [
      ...segmentErrors(metric?.name ?? '', `${at}.metric.name`, 'must specify a metric name'),
      ...targetErrors(target, `${at}.target`),
      ...neither(target, at, 'must set either a target value for metric or a per-pod target'),
      ...(both ? [forbiddenField(`${at}.target.value`, why)] : []),
    ]
  },
  pods({ pods }, at) {
    const { metric, target = { type: '' } } = pods ?? {}
    const missing = 'must specify a positive target averageValue'
    return [
      ...segmentErrors(metric?.name ?? '', `${at}.metric.name`, 'must specify a metric name'),
      ...targetErrors(target, `${at}.target`),
      ...(target.averageValue === undefined ? [required(`${at}.target.averageValue`, missing)] : []),
    ]
  },
  resource({ resource }, at) {
    const { name = '', target = { type: '' } } = resource ?? {}
    return [
      ...(name === '' ? [required(`${at}.name`, 'must specify a resource name')] : []),
      ...targetErrors(target, `${at}.target`),
      ...resourceTargetErrors(target, `${at}.target`),
    ]
  },
  containerResource({ containerResource }, at) {
    const { name = '', container = '', target = { type: '' } } = containerResource ?? {}
    return [
      ...(name === ''
        ? [required(`${at}.name`, 'must specify a resource name')]
        : containerResourceNameErrors(name, `${at}.name`)),
      ...(container === ''
        ? [required(`${at}.container`, 'must specify a container')]
        : complaints(`${at}.container`, container, dns1123LabelErrors(container))),
      ...targetErrors(target, `${at}.target`),
      ...resourceTargetErrors(target, `${at}.target`),
    ]
  },
}

const sourceOf = (type: string) => type.slice(0, 1).toLowerCase() + type.slice(1)

function metricErrors(metric: MetricSpec, at: string, allowed: Allowed): readonly FieldError[] {
  const { type = '' } = metric
  const errors: FieldError[] = []
  if (type === '') errors.push(required(`${at}.type`, 'must specify a metric source type'))
  const known = metricTypes.includes(type)
  if (!known) errors.push(notSupported(`${at}.type`, type, metricTypes))
  const present = Object.keys(sourceChecks).filter((source) => Object.hasOwn(metric, source))
  // Kubernetes: only the first source is looked into; more than one is wrong in any case.
  const [first] = present
  if (first !== undefined) errors.push(...sourceChecks[first]!(metric, `${at}.${first}`, allowed))
  if (known && !present.includes(sourceOf(type)))
    errors.push(required(`${at}.${sourceOf(type)}`, 'must populate information for the given metric source'))
  if (present.length === 1) return errors
  const others = present.filter((source) => source !== sourceOf(type)).sort()
  return [
    ...errors,
    ...others.map((one) => forbiddenField(`${at}.${one}`, 'must populate the given metric source only')),
  ]
}

function targetErrors({ type = '', value, averageValue, averageUtilization }: MetricTarget, at: string) {
  const errors: FieldError[] = []
  if (type === '') errors.push(required(`${at}.type`, 'must specify a metric target type'))
  if (!targetTypes.includes(type))
    errors.push(invalid(`${at}.type`, type, 'must be either Utilization, Value, or AverageValue'))
  for (const [name, amount] of [
    ['value', value],
    ['averageValue', averageValue],
  ] as const)
    if (amount !== undefined && parseQuantity(amount).nanos <= 0n)
      errors.push(invalid(`${at}.${name}`, amount, 'must be positive'))
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalid(`${at}.averageUtilization`, averageUtilization, 'must be greater than 0'))
  return errors
}

function neither({ value, averageValue }: MetricTarget, at: string, why: string): readonly FieldError[] {
  return value === undefined && averageValue === undefined ? [required(`${at}.target.averageValue`, why)] : []
}

function resourceTargetErrors({ averageUtilization, averageValue }: MetricTarget, at: string): readonly FieldError[] {
  if (averageUtilization === undefined && averageValue === undefined)
    return [required(`${at}.averageUtilization`, 'must set either a target raw value or a target utilization')]
  if (averageUtilization !== undefined && averageValue !== undefined)
    return [forbiddenField(`${at}.averageValue`, 'may not set both a target raw value and a target utilization')]
  return []
}

function rulesErrors(rules: HPAScalingRules | undefined, at: string): readonly FieldError[] {
  if (rules === undefined) return []
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules
  const errors: FieldError[] = []
  if (window !== undefined && window < 0)
    errors.push(invalid(`${at}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'))
  if (window !== undefined && window > windowSecondsMax) {
    const why = `must be less than or equal to ${windowSecondsMax}`
    errors.push(invalid(`${at}.stabilizationWindowSeconds`, window, why))
  }
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy))
    errors.push(notSupported(`${at}.selectPolicy`, selectPolicy, selectPolicies))
  if (policies.length === 0) errors.push(required(`${at}.policies`, 'must specify at least one Policy'))
  for (const [index, policy] of policies.entries()) errors.push(...policyErrors(policy, `${at}.policies[${index}]`))
  if (tolerance !== undefined && parseQuantity(tolerance).nanos < 0n)
    errors.push(invalid(`${at}.tolerance`, tolerance, 'must be greater than or equal to 0'))
  return errors
}

function policyErrors({ type = '', value = 0, periodSeconds = 0 }: HPAScalingPolicy, at: string) {
  const errors: FieldError[] = []
  if (!policyTypes.includes(type)) errors.push(notSupported(`${at}.type`, type, policyTypes))
  if (value <= 0) errors.push(invalid(`${at}.value`, value, 'must be greater than zero'))
  if (periodSeconds <= 0) errors.push(invalid(`${at}.periodSeconds`, periodSeconds, 'must be greater than zero'))
  if (periodSeconds > periodSecondsMax)
    errors.push(invalid(`${at}.periodSeconds`, periodSeconds, `must be less than or equal to ${periodSecondsMax}`))
  return errors
}
