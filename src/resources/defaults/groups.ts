import { type DefaultStep, givenEmpty, type TypeDefaults } from '../../machinery/index.ts'
import type { Draft } from '../definition.ts'

const deploymentSpec: DefaultStep = (draft) => {
  if (draft.strategy?.type !== 'RollingUpdate') return
  draft.strategy.rollingUpdate ??= {}
  draft.strategy.rollingUpdate.maxUnavailable ??= '25%'
  draft.strategy.rollingUpdate.maxSurge ??= '25%'
}
const daemonSetSpec: DefaultStep = (draft) => {
  if (draft.updateStrategy?.type !== 'RollingUpdate') return
  draft.updateStrategy.rollingUpdate ??= {}
  draft.updateStrategy.rollingUpdate.maxUnavailable ??= 1
  draft.updateStrategy.rollingUpdate.maxSurge ??= 0
}
/** Kubernetes: the number of a DaemonSet's template was a field once, and is an annotation since. */
export const templateGenerationAnnotation = 'deprecated.daemonset.template.generation'
const daemonSet: DefaultStep = (draft) => {
  draft.metadata ??= {}
  draft.metadata.annotations ??= {}
  draft.metadata.annotations[templateGenerationAnnotation] ??= '0'
}
const statefulSetSpec: DefaultStep = (draft) => {
  // Kubernetes: claims within a set say what they are.
  for (const claim of draft.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1'
    claim.kind = 'PersistentVolumeClaim'
  }
  draft.updateStrategy ??= {}
  const strategy = draft.updateStrategy
  // Kubernetes: only a strategy that names no type is given the rolling update's settings.
  if ((strategy.type ?? '') === '') strategy.rollingUpdate ??= {}
  const isRolling = (strategy.type || 'RollingUpdate') === 'RollingUpdate'
  if (isRolling && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0
}

const job: DefaultStep = (draft) => {
  const labels = draft.spec?.template?.metadata?.labels
  draft.metadata ??= {}
  if (labels && Object.keys(draft.metadata.labels ?? {}).length === 0) draft.metadata.labels = { ...labels }
  draft.spec ??= {}
  jobSpec(draft.spec)
}
const jobSpec = (draft: Draft) => {
  if (isUnset(draft.completions) && isUnset(draft.parallelism)) draft.completions = 1
  draft.backoffLimit ??= isUnset(draft.backoffLimitPerIndex) ? 6 : 2147483647
  draft.podReplacementPolicy ??= isUnset(draft.podFailurePolicy) ? 'TerminatingOrFailed' : 'Failed'
}

const hpaMetricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics'
const horizontalPodAutoscalerV1: DefaultStep = (draft) => {
  if (draft.metadata?.annotations?.[hpaMetricsAnnotation] === undefined) {
    draft.spec ??= {}
    draft.spec.targetCPUUtilizationPercentage ??= 80
  }
}
const percentPolicy = { type: 'Percent', value: 100, periodSeconds: 15 }
const horizontalPodAutoscalerSpec: DefaultStep = (draft) => {
  if (!draft.metrics?.length) {
    const target = { type: 'Utilization', averageUtilization: 80 }
    draft.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }]
  }
  const { behavior } = draft
  if (isUnset(behavior)) return
  const up = rules(behavior, 'scaleUp', [{ type: 'Pods', value: 4, periodSeconds: 15 }, { ...percentPolicy }])
  up.stabilizationWindowSeconds ??= 0
  rules(behavior, 'scaleDown', [{ ...percentPolicy }])
}
function rules(behavior: Draft, member: string, policies: readonly object[]): Draft {
  behavior[member] ??= {}
  const scaling = behavior[member]
  scaling.selectPolicy ??= 'Max'
  // Kubernetes: who says that there are none has none.
  if (isUnset(scaling.policies) && givenEmpty(scaling, 'policies') === undefined) scaling.policies = policies
  return scaling
}

const networkPolicySpec: DefaultStep = (draft) => {
  if (!draft.policyTypes?.length) draft.policyTypes = draft.egress?.length ? ['Ingress', 'Egress'] : ['Ingress']
}
const rbacSubject: DefaultStep = (draft) => {
  if (draft.kind === 'User' || draft.kind === 'Group') draft.apiGroup ||= 'rbac.authorization.k8s.io'
}
const deviceRequest: DefaultStep = (draft) => {
  if (draft.allocationMode === 'ExactCount') draft.count ||= 1
}
const deviceTaint: DefaultStep = (draft, { now }) => {
  if (now !== undefined) draft.timeAdded ??= now
}

const customResourceDefinition: DefaultStep = (draft) => {
  const { spec } = draft
  if (spec?.names) {
    spec.names.singular ||= String(spec.names.kind ?? '').toLowerCase()
    if ((spec.names.kind ?? '') !== '') spec.names.listKind ||= `${spec.names.kind}List`
  }
  const storage = spec?.versions?.find((version: Draft) => version.storage === true)
  draft.status ??= {}
  if (!draft.status.storedVersions?.length && storage !== undefined) draft.status.storedVersions = [storage.name]
}
const customResourceDefinitionSpec: DefaultStep = (draft) => {
  draft.conversion ??= { strategy: 'None' }
}

const isUnset = (value: unknown): boolean => value === undefined || value === null

/** Defaults of the kinds outside the core group. */
export const groupDefaults: Readonly<Record<string, TypeDefaults>> = {
  'io.k8s.api.apps.v1.DeploymentSpec': { after: deploymentSpec },
  'io.k8s.api.apps.v1.DaemonSet': { before: daemonSet },
  'io.k8s.api.apps.v1.DaemonSetSpec': { after: daemonSetSpec },
  'io.k8s.api.apps.v1.StatefulSetSpec': { before: statefulSetSpec },
  'io.k8s.api.batch.v1.Job': { before: job },
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler': { before: horizontalPodAutoscalerV1 },
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec': { after: horizontalPodAutoscalerSpec },
  'io.k8s.api.networking.v1.NetworkPolicySpec': { after: networkPolicySpec },
  'io.k8s.api.rbac.v1.Subject': { after: rbacSubject },
  'io.k8s.api.resource.v1.ExactDeviceRequest': { after: deviceRequest },
  'io.k8s.api.resource.v1.DeviceSubRequest': { after: deviceRequest },
  'io.k8s.api.resource.v1.DeviceTaint': { after: deviceTaint },
  'io.k8s.api.resource.v1beta2.ExactDeviceRequest': { after: deviceRequest },
  'io.k8s.api.resource.v1beta2.DeviceSubRequest': { after: deviceRequest },
  'io.k8s.api.resource.v1beta2.DeviceTaint': { after: deviceTaint },
  'io.k8s.api.resource.v1beta1.DeviceRequest': { after: deviceRequest },
  'io.k8s.api.resource.v1beta1.DeviceSubRequest': { after: deviceRequest },
  'io.k8s.api.resource.v1beta1.DeviceTaint': { after: deviceTaint },
  'io.k8s.api.resource.v1alpha3.DeviceTaint': { after: deviceTaint },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition': {
    after: customResourceDefinition,
  },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec': {
    after: customResourceDefinitionSpec,
  },
}
