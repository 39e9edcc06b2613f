import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type {
  DeviceClass,
  DeviceTaintRule,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourcePoolStatusRequest,
  ResourceSlice,
  ResourceV1alpha3DeviceTaintRule,
  ResourceV1beta1DeviceClass,
  ResourceV1beta1ResourceClaim,
  ResourceV1beta1ResourceClaimTemplate,
  ResourceV1beta1ResourceSlice,
  ResourceV1beta2DeviceClass,
  ResourceV1beta2ResourceClaim,
  ResourceV1beta2ResourceClaimTemplate,
  ResourceV1beta2ResourceSlice,
} from '../generated/types.ts'
import {
  deviceClassHooks,
  deviceTaintRuleHooks,
  resourceClaimHooks,
  resourceClaimTemplateHooks,
  resourceSliceHooks,
} from './hooks.ts'

export const deviceClasses = defineResource<DeviceClass>('deviceclasses.v1.resource.k8s.io', deviceClassHooks)
export const resourceClaims = defineResource<ResourceClaim>('resourceclaims.v1.resource.k8s.io', resourceClaimHooks)
export const resourceClaimTemplates = defineResource<ResourceClaimTemplate>(
  'resourceclaimtemplates.v1.resource.k8s.io',
  resourceClaimTemplateHooks,
)
export const resourceSlices = defineResource<ResourceSlice>('resourceslices.v1.resource.k8s.io', resourceSliceHooks)
export const resourceV1beta2DeviceClasses = defineResource<ResourceV1beta2DeviceClass>(
  'deviceclasses.v1beta2.resource.k8s.io',
)
export const deviceTaintRules = defineResource<DeviceTaintRule>(
  'devicetaintrules.v1beta2.resource.k8s.io',
  deviceTaintRuleHooks,
)
export const resourceV1beta2ResourceClaims = defineResource<ResourceV1beta2ResourceClaim>(
  'resourceclaims.v1beta2.resource.k8s.io',
)
export const resourceV1beta2ResourceClaimTemplates = defineResource<ResourceV1beta2ResourceClaimTemplate>(
  'resourceclaimtemplates.v1beta2.resource.k8s.io',
)
export const resourceV1beta2ResourceSlices = defineResource<ResourceV1beta2ResourceSlice>(
  'resourceslices.v1beta2.resource.k8s.io',
)
export const resourceV1beta1DeviceClasses = defineResource<ResourceV1beta1DeviceClass>(
  'deviceclasses.v1beta1.resource.k8s.io',
)
export const resourceV1beta1ResourceClaims = defineResource<ResourceV1beta1ResourceClaim>(
  'resourceclaims.v1beta1.resource.k8s.io',
)
export const resourceV1beta1ResourceClaimTemplates = defineResource<ResourceV1beta1ResourceClaimTemplate>(
  'resourceclaimtemplates.v1beta1.resource.k8s.io',
)
export const resourceV1beta1ResourceSlices = defineResource<ResourceV1beta1ResourceSlice>(
  'resourceslices.v1beta1.resource.k8s.io',
)
export const resourceV1alpha3DeviceTaintRules = defineResource<ResourceV1alpha3DeviceTaintRule>(
  'devicetaintrules.v1alpha3.resource.k8s.io',
)
export const resourcePoolStatusRequests = defineResource<ResourcePoolStatusRequest>(
  'resourcepoolstatusrequests.v1alpha3.resource.k8s.io',
)

/** Every resource of this group, in the order discovery would list them. */
export const resourceResources: readonly ResourceDefinition<any>[] = [
  deviceClasses,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  resourceV1beta2DeviceClasses,
  deviceTaintRules,
  resourceV1beta2ResourceClaims,
  resourceV1beta2ResourceClaimTemplates,
  resourceV1beta2ResourceSlices,
  resourceV1beta1DeviceClasses,
  resourceV1beta1ResourceClaims,
  resourceV1beta1ResourceClaimTemplates,
  resourceV1beta1ResourceSlices,
  resourceV1alpha3DeviceTaintRules,
  resourcePoolStatusRequests,
]
