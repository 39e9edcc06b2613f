import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type {
  AdmissionregistrationV1alpha1MutatingAdmissionPolicy,
  AdmissionregistrationV1alpha1MutatingAdmissionPolicyBinding,
  AdmissionregistrationV1beta1MutatingAdmissionPolicy,
  AdmissionregistrationV1beta1MutatingAdmissionPolicyBinding,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../generated/types.ts'
import {
  mutatingAdmissionPolicyBindingHooks,
  mutatingAdmissionPolicyHooks,
  mutatingWebhookConfigurationHooks,
  validatingAdmissionPolicyBindingHooks,
  validatingAdmissionPolicyHooks,
  validatingWebhookConfigurationHooks,
} from './hooks.ts'

export const mutatingAdmissionPolicies = defineResource<MutatingAdmissionPolicy>(
  'mutatingadmissionpolicies.v1.admissionregistration.k8s.io',
  mutatingAdmissionPolicyHooks,
)
export const mutatingAdmissionPolicyBindings = defineResource<MutatingAdmissionPolicyBinding>(
  'mutatingadmissionpolicybindings.v1.admissionregistration.k8s.io',
  mutatingAdmissionPolicyBindingHooks,
)
export const mutatingWebhookConfigurations = defineResource<MutatingWebhookConfiguration>(
  'mutatingwebhookconfigurations.v1.admissionregistration.k8s.io',
  mutatingWebhookConfigurationHooks,
)
export const validatingAdmissionPolicies = defineResource<ValidatingAdmissionPolicy>(
  'validatingadmissionpolicies.v1.admissionregistration.k8s.io',
  validatingAdmissionPolicyHooks,
)
export const validatingAdmissionPolicyBindings = defineResource<ValidatingAdmissionPolicyBinding>(
  'validatingadmissionpolicybindings.v1.admissionregistration.k8s.io',
  validatingAdmissionPolicyBindingHooks,
)
export const validatingWebhookConfigurations = defineResource<ValidatingWebhookConfiguration>(
  'validatingwebhookconfigurations.v1.admissionregistration.k8s.io',
  validatingWebhookConfigurationHooks,
)
export const admissionregistrationV1beta1MutatingAdmissionPolicies =
  defineResource<AdmissionregistrationV1beta1MutatingAdmissionPolicy>(
    'mutatingadmissionpolicies.v1beta1.admissionregistration.k8s.io',
  )
export const admissionregistrationV1beta1MutatingAdmissionPolicyBindings =
  defineResource<AdmissionregistrationV1beta1MutatingAdmissionPolicyBinding>(
    'mutatingadmissionpolicybindings.v1beta1.admissionregistration.k8s.io',
  )
export const admissionregistrationV1alpha1MutatingAdmissionPolicies =
  defineResource<AdmissionregistrationV1alpha1MutatingAdmissionPolicy>(
    'mutatingadmissionpolicies.v1alpha1.admissionregistration.k8s.io',
  )
export const admissionregistrationV1alpha1MutatingAdmissionPolicyBindings =
  defineResource<AdmissionregistrationV1alpha1MutatingAdmissionPolicyBinding>(
    'mutatingadmissionpolicybindings.v1alpha1.admissionregistration.k8s.io',
  )

/** Every resource of this group, in the order discovery would list them. */
export const admissionregistrationResources: readonly ResourceDefinition<any>[] = [
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  admissionregistrationV1beta1MutatingAdmissionPolicies,
  admissionregistrationV1beta1MutatingAdmissionPolicyBindings,
  admissionregistrationV1alpha1MutatingAdmissionPolicies,
  admissionregistrationV1alpha1MutatingAdmissionPolicyBindings,
]
