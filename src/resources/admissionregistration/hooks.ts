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
import { mutatingPolicyBindingErrors, validatingPolicyBindingErrors } from './match-checks.ts'
import { policyStatusErrors } from './policy-status.ts'
import { webhookErrors, webhookUpdateErrors } from './webhook-checks.ts'

export const mutatingWebhookConfigurationHooks: HooksFor<MutatingWebhookConfiguration> = {
  cells: webhookCells,
  checks: { create: webhookErrors as never, update: webhookUpdateErrors as never },
  allowUnconditionalUpdate: false,
}
export const validatingWebhookConfigurationHooks: HooksFor<ValidatingWebhookConfiguration> = {
  cells: webhookCells,
  checks: { create: webhookErrors, update: webhookUpdateErrors },
  allowUnconditionalUpdate: false,
}
export const validatingAdmissionPolicyHooks: HooksFor<ValidatingAdmissionPolicy> = {
  cells: validatingAdmissionPolicyCells,
  checks: { status: policyStatusErrors },
  allowUnconditionalUpdate: false,
}
export const validatingAdmissionPolicyBindingHooks: HooksFor<ValidatingAdmissionPolicyBinding> = {
  cells: admissionPolicyBindingCells,
  checks: { create: validatingPolicyBindingErrors },
  allowUnconditionalUpdate: false,
}
export const mutatingAdmissionPolicyHooks: HooksFor<MutatingAdmissionPolicy> = {
  cells: mutatingAdmissionPolicyCells,
  allowUnconditionalUpdate: false,
}
export const mutatingAdmissionPolicyBindingHooks: HooksFor<MutatingAdmissionPolicyBinding> = {
  cells: admissionPolicyBindingCells,
  checks: { create: mutatingPolicyBindingErrors },
  allowUnconditionalUpdate: false,
}
