import type { HooksFor } from '../define.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../generated/types.ts'
import {
  admissionPolicyBindingCells,
  mutatingAdmissionPolicyCells,
  validatingAdmissionPolicyCells,
  webhookCells,
} from './cells.ts'

export const mutatingWebhookConfigurationHooks: HooksFor<MutatingWebhookConfiguration> = { cells: webhookCells }
export const validatingWebhookConfigurationHooks: HooksFor<ValidatingWebhookConfiguration> = { cells: webhookCells }
export const validatingAdmissionPolicyHooks: HooksFor<ValidatingAdmissionPolicy> = {
  cells: validatingAdmissionPolicyCells,
}
export const validatingAdmissionPolicyBindingHooks: HooksFor<ValidatingAdmissionPolicyBinding> = {
  cells: admissionPolicyBindingCells,
}
export const mutatingAdmissionPolicyHooks: HooksFor<MutatingAdmissionPolicy> = { cells: mutatingAdmissionPolicyCells }
export const mutatingAdmissionPolicyBindingHooks: HooksFor<MutatingAdmissionPolicyBinding> = {
  cells: admissionPolicyBindingCells,
}
