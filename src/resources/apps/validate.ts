import {
  dns1123LabelErrors,
  type FieldError,
  forbiddenField,
  invalid,
  labelQueryOf,
  labelSelectorErrors,
  notSupported,
  required,
  sameJson,
} from '../../machinery/index.ts'
import { claimSpecErrors } from '../core/claims.ts'
import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  DeploymentStrategy,
  PodTemplateSpec,
  ReplicaSet,
  StatefulSet,
} from '../generated/types.ts'
import { complaints, immutable, nonNegative } from '../validation/object-meta.ts'
import {
  countOrPercentErrors,
  lastingTemplateErrors,
  notAboveAllErrors,
  numberIn,
  selectorErrors,
  statusCountErrors,
  templateMatchErrors,
} from '../validation/workload.ts'

function strategyErrors(strategy: DeploymentStrategy | undefined, field: string): readonly FieldError[] {
  const rolling = strategy?.rollingUpdate
  const at = `${field}.rollingUpdate`
  if (strategy?.type === 'Recreate') {
    const why = "may not be specified when strategy `type` is 'Recreate'"
    return rolling === undefined ? [] : [forbiddenField(at, why)]
  }
  if (strategy?.type !== 'RollingUpdate') {
    const type = strategy?.type ?? ''
    const { maxUnavailable = 0, maxSurge = 0 } = rolling ?? {}
    const shown = rolling === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge }
    return [notSupported(field, { Type: type, RollingUpdate: shown }, ['Recreate', 'RollingUpdate'])]
  }
  if (rolling === undefined) return [required(at, 'this should be defaulted and never be nil')]
  const { maxUnavailable, maxSurge } = rolling
  const errors = [
    ...countOrPercentErrors(maxUnavailable, `${at}.maxUnavailable`),
    ...countOrPercentErrors(maxSurge, `${at}.maxSurge`),
  ]
  // Kubernetes: a roll-out that may neither add nor remove a pod would never move.
  if (numberIn(maxUnavailable) === 0 && numberIn(maxSurge) === 0)
    errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  return [...errors, ...notAboveAllErrors(maxUnavailable, `${at}.maxUnavailable`)]
}

export function deploymentErrors({ spec }: Deployment): readonly FieldError[] {
  if (spec === undefined) return [required('spec')]
  const errors = [
    ...nonNegative('spec.replicas', spec.replicas),
    ...selectorErrors(spec.selector, 'spec.selector', 'deployment'),
    ...templateMatchErrors(spec.selector, spec.template, 'spec.template'),
    ...lastingTemplateErrors(spec.template, 'spec.template', 'ReplicaSet'),
    ...strategyErrors(spec.strategy, 'spec.strategy'),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ]
  const deadline = spec.progressDeadlineSeconds
  if (deadline === undefined) return errors
  errors.push(...nonNegative('spec.progressDeadlineSeconds', deadline))
  if (deadline <= (spec.minReadySeconds ?? 0))
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
  return errors
}

/** Errors of a kind's new state, and the selector that may not change. */
const withFixedSelector =
  <T extends { readonly spec?: { readonly selector?: unknown } }>(errors: (object: T) => readonly FieldError[]) =>
  (next: T, previous: T): readonly FieldError[] => [
    ...errors(next),
    ...immutable('spec.selector', next.spec?.selector, previous.spec?.selector),
  ]
export const deploymentUpdateErrors = withFixedSelector(deploymentErrors)

const collisionErrors = (
  next: { collisionCount?: number } | undefined,
  previous: { collisionCount?: number } | undefined,
) => {
  const [count = 0, before] = [next?.collisionCount, previous?.collisionCount]
  const errors = nonNegative('status.collisionCount', count)
  if (before === undefined || count >= before) return errors
  return [...errors, invalid('status.collisionCount', count, 'cannot be decremented')]
}
const moreThanAll = 'cannot be greater than status.replicas'
const moreThanReady = 'cannot be greater than readyReplicas'

export function deploymentStatusErrors(next: Deployment, previous: Deployment): readonly FieldError[] {
  const names = [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
  ]
  return [
    ...statusCountErrors(next.status as Record<string, unknown>, names, [
      ['updatedReplicas', 'replicas', moreThanAll],
      ['readyReplicas', 'replicas', moreThanAll],
      ['availableReplicas', 'replicas', moreThanAll],
      ['availableReplicas', 'readyReplicas', moreThanReady],
    ]),
    ...collisionErrors(next.status, previous.status),
  ]
}

export function replicaSetErrors({ spec }: ReplicaSet): readonly FieldError[] {
  if (spec === undefined) return [required('spec')]
  return [
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...selectorErrors(spec.selector, 'spec.selector', 'deployment'),
    ...templateMatchErrors(spec.selector, spec.template, 'spec.template'),
    ...lastingTemplateErrors(spec.template, 'spec.template', 'ReplicaSet'),
  ]
}
export const replicaSetUpdateErrors = withFixedSelector(replicaSetErrors)

/** Also the counts of a ReplicationController. */
export function replicaSetStatusErrors(next: { readonly status?: object }): readonly FieldError[] {
  const names = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration']
  return statusCountErrors(next.status as Record<string, unknown>, names, [
    ['fullyLabeledReplicas', 'replicas', moreThanAll],
    ['readyReplicas', 'replicas', moreThanAll],
    ['availableReplicas', 'replicas', moreThanAll],
    ['availableReplicas', 'readyReplicas', moreThanReady],
  ])
}

function daemonStrategyErrors(strategy: NonNullable<DaemonSet['spec']>['updateStrategy']): readonly FieldError[] {
  if (strategy?.type === 'OnDelete') return []
  const rolling = strategy?.rollingUpdate
  if (strategy?.type !== 'RollingUpdate') {
    const { maxUnavailable = 0, maxSurge = 0 } = rolling ?? {}
    const shown = rolling === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge }
    const value = { Type: strategy?.type ?? '', RollingUpdate: shown }
    return [notSupported('spec.updateStrategy', value, ['RollingUpdate', 'OnDelete'])]
  }
  const field = 'spec.updateStrategy.rollingUpdate'
  if (rolling === undefined) return [required(field)]
  const { maxUnavailable, maxSurge } = rolling
  const errors = [
    ...countOrPercentErrors(maxUnavailable, `${field}.maxUnavailable`),
    ...notAboveAllErrors(maxUnavailable, `${field}.maxUnavailable`),
    ...countOrPercentErrors(maxSurge, `${field}.maxSurge`),
    ...notAboveAllErrors(maxSurge, `${field}.maxSurge`),
  ]
  const [unavailable, surge] = [numberIn(maxUnavailable) !== 0, numberIn(maxSurge) !== 0]
  if (unavailable && surge)
    errors.push(invalid(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  if (!unavailable && !surge) errors.push(required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  return errors
}

/** Kubernetes: that there must be a selector is told only by the pods it would not find. */
function daemonSelectorErrors(spec: NonNullable<DaemonSet['spec']>): readonly FieldError[] {
  const { template } = spec
  const selector: typeof spec.selector | undefined = spec.selector ?? undefined
  const errors = [...labelSelectorErrors(selector, 'spec.selector')]
  const labels = template?.metadata?.labels
  if (errors.length === 0 && (selector === undefined || !labelQueryOf(selector).matches(labels)))
    errors.push(invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'))
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {}
  const isEmpty = Object.keys(matchLabels).length + matchExpressions.length === 0
  if (selector !== undefined && isEmpty)
    errors.push(invalid('spec.selector', selector, 'empty selector is invalid for daemonset'))
  return errors
}

export function daemonSetErrors({ spec }: DaemonSet): readonly FieldError[] {
  if (spec === undefined) return [required('spec')]
  return [
    ...daemonSelectorErrors(spec),
    ...lastingTemplateErrors(spec.template, 'spec.template', 'DaemonSet'),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...daemonStrategyErrors(spec.updateStrategy),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ]
}
/** Kubernetes: of a DaemonSet the selector is looked at first. */
export const daemonSetUpdateErrors = (next: DaemonSet, previous: DaemonSet): readonly FieldError[] => [
  ...immutable('spec.selector', next.spec?.selector, previous.spec?.selector),
  ...daemonSetErrors(next),
]

export function daemonSetStatusErrors(next: DaemonSet, previous: DaemonSet): readonly FieldError[] {
  const names = [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
  ]
  return [
    ...statusCountErrors(next.status as unknown as Record<string, unknown>, names, []),
    ...collisionErrors(next.status, previous.status),
  ]
}

export function statefulSetErrors({ spec }: StatefulSet, previous?: StatefulSet): readonly FieldError[] {
  if (spec === undefined) return [required('spec')]
  const rolling = spec.updateStrategy?.rollingUpdate
  const field = 'spec.updateStrategy.rollingUpdate'
  const errors: FieldError[] = []
  const type = spec.updateStrategy?.type ?? ''
  const { partition = 0, maxUnavailable: limit = null } = rolling ?? {}
  const shown = rolling === undefined ? null : { Partition: partition, MaxUnavailable: limit }
  if (type !== 'RollingUpdate' && type !== 'OnDelete') {
    const why = "must be 'RollingUpdate' or 'OnDelete'"
    errors.push(invalid('spec.updateStrategy', { Type: type, RollingUpdate: shown }, why))
  }
  if (spec.updateStrategy?.type === 'OnDelete' && rolling !== undefined)
    errors.push(invalid(field, shown, "only allowed for updateStrategy 'RollingUpdate'"))
  else if (rolling !== undefined) {
    errors.push(...nonNegative(`${field}.partition`, rolling.partition))
    const { maxUnavailable } = rolling
    errors.push(
      ...countOrPercentErrors(maxUnavailable, `${field}.maxUnavailable`),
      ...notAboveAllErrors(maxUnavailable, `${field}.maxUnavailable`),
    )
    if (maxUnavailable !== undefined && numberIn(maxUnavailable) === 0)
      errors.push(invalid(`${field}.maxUnavailable`, maxUnavailable, 'cannot be 0'))
  }
  return [
    ...errors,
    ...nonNegative('spec.replicas', spec.replicas),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.ordinals.start', spec.ordinals?.start),
    ...retentionErrors(spec),
    ...(previous !== undefined || (spec.serviceName ?? '') === ''
      ? []
      : complaints('spec.serviceName', spec.serviceName, dns1123LabelErrors(spec.serviceName ?? ''))),
    ...selectorErrors(spec.selector, 'spec.selector', 'statefulset'),
    ...templateMatchErrors(spec.selector, spec.template, 'spec.template'),
    // Kubernetes: neither can change any more, so that what was accepted once may stay.
    ...(previous === undefined ? (spec.volumeClaimTemplates ?? []) : []).flatMap((claim, index) =>
      claimSpecErrors(claim.spec, `spec.volumeClaimTemplates[${index}].spec`),
    ),
    ...lastingTemplateErrors(templateWithClaims(spec), 'spec.template', 'StatefulSet'),
  ]
}

function retentionErrors({ persistentVolumeClaimRetentionPolicy: policy }: StatefulSet['spec']): readonly FieldError[] {
  const field = 'spec.persistentVolumeClaimRetentionPolicy'
  return (['whenDeleted', 'whenScaled'] as const).flatMap((name) => {
    const value = policy?.[name]
    const isKnown = policy === undefined || value === 'Retain' || value === 'Delete'
    return isKnown ? [] : [notSupported(`${field}.${name}`, value ?? '', ['Retain', 'Delete'])]
  })
}

/** The template as its pods come from it: with a volume for each claim, and a name and a domain that are not its own. */
function templateWithClaims({ template, volumeClaimTemplates = [] }: StatefulSet['spec']): PodTemplateSpec {
  if (template?.spec === undefined) return template
  const { hostname: _, subdomain: __, ...spec } = template.spec
  if (volumeClaimTemplates.length === 0) return { ...template, spec }
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata.name))
  const claims = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  const others = (spec.volumes ?? []).filter(({ name }) => !names.has(name))
  return { ...template, spec: { ...spec, volumes: [...claims, ...others] } }
}

/** All that may change of a StatefulSet. */
const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const

export function statefulSetUpdateErrors(next: StatefulSet, previous: StatefulSet): readonly FieldError[] {
  const errors = [...statefulSetErrors(next, previous)]
  const fixed: Record<string, unknown> = { ...next.spec }
  for (const key of changeable) fixed[key] = previous.spec?.[key]
  if (!sameJson(fixed, previous.spec)) {
    const listed = changeable.map((key) => `'${key}'`)
    const names = `${listed.slice(0, -1).join(', ')} and ${listed.at(-1)}`
    errors.push(forbiddenField('spec', `updates to statefulset spec for fields other than ${names} are forbidden`))
  }
  return errors
}

export function statefulSetStatusErrors(next: StatefulSet, previous: StatefulSet): readonly FieldError[] {
  const names = [
    'replicas',
    'readyReplicas',
    'currentReplicas',
    'updatedReplicas',
    'availableReplicas',
    'observedGeneration',
  ]
  return [
    ...statusCountErrors(next.status as unknown as Record<string, unknown>, names, [
      ['readyReplicas', 'replicas', moreThanAll],
      ['currentReplicas', 'replicas', moreThanAll],
      ['updatedReplicas', 'replicas', moreThanAll],
      ['availableReplicas', 'replicas', moreThanAll],
      ['availableReplicas', 'readyReplicas', 'cannot be greater than status.readyReplicas'],
    ]),
    ...collisionErrors(next.status, previous.status),
  ]
}

function revisionDataErrors(data: unknown): readonly FieldError[] {
  if (data === undefined || data === null) return [required('data', 'data is mandatory')]
  const isObject = typeof data === 'object' && !Array.isArray(data)
  return isObject ? [] : [required('data', 'data must be a valid JSON object')]
}

export function controllerRevisionErrors(revision: ControllerRevision): readonly FieldError[] {
  return [...nonNegative('revision', revision.revision), ...revisionDataErrors(revision.data)]
}
export function controllerRevisionUpdateErrors(
  next: ControllerRevision,
  previous: ControllerRevision,
): readonly FieldError[] {
  return [...immutable('data', next.data, previous.data), ...nonNegative('revision', next.revision)]
}
