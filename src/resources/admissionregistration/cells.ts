import { type KubeObject, labelSelectorText } from '../../machinery/index.ts'
import { ageOf, type Cells } from '../cells.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../generated/types.ts'

export const webhookCells: Cells<MutatingWebhookConfiguration | ValidatingWebhookConfiguration> = (hooks, nowMs) => [
  hooks.metadata.name,
  hooks.webhooks?.length ?? 0,
  ageOf(hooks, nowMs),
]

const paramKindText = (kind: ParamKind | undefined) =>
  kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`

export const validatingAdmissionPolicyCells: Cells<ValidatingAdmissionPolicy> = (policy, nowMs) => [
  policy.metadata.name,
  policy.spec?.validations?.length ?? 0,
  paramKindText(policy.spec?.paramKind),
  ageOf(policy, nowMs),
]

export const mutatingAdmissionPolicyCells: Cells<MutatingAdmissionPolicy> = (policy, nowMs) => [
  policy.metadata.name,
  policy.spec?.mutations?.length ?? 0,
  paramKindText(policy.spec?.paramKind),
  ageOf(policy, nowMs),
]

/** What a binding's parameters are called; a name without a namespace may be in any. */
function paramText(reference: ParamRef | undefined): string {
  const name = reference?.name ?? ''
  if (name !== '') return `${reference?.namespace || '*'}/${name}`
  return reference?.selector === undefined ? '<unset>' : labelSelectorText(reference.selector)
}

export const admissionPolicyBindingCells: Cells<ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding> = (
  binding,
  nowMs,
) => [
  binding.metadata.name,
  binding.spec?.policyName ?? '',
  paramText(binding.spec?.paramRef),
  ageOf(binding as KubeObject, nowMs),
]
