import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type {
  Ingress,
  IngressClass,
  IPAddress,
  NetworkingV1beta1IPAddress,
  NetworkingV1beta1ServiceCIDR,
  NetworkPolicy,
  ServiceCIDR,
} from '../generated/types.ts'
import { ingressClassHooks, ingressHooks, ipAddressHooks, networkPolicyHooks, serviceCidrHooks } from './hooks.ts'

export const ingressClasses = defineResource<IngressClass>('ingressclasses.v1.networking.k8s.io', ingressClassHooks)
export const ingresses = defineResource<Ingress>('ingresses.v1.networking.k8s.io', ingressHooks)
export const ipAddresses = defineResource<IPAddress>('ipaddresses.v1.networking.k8s.io', ipAddressHooks)
export const networkPolicies = defineResource<NetworkPolicy>('networkpolicies.v1.networking.k8s.io', networkPolicyHooks)
export const serviceCIDRs = defineResource<ServiceCIDR>('servicecidrs.v1.networking.k8s.io', serviceCidrHooks)
export const networkingV1beta1IPAddresses = defineResource<NetworkingV1beta1IPAddress>(
  'ipaddresses.v1beta1.networking.k8s.io',
)
export const networkingV1beta1ServiceCIDRs = defineResource<NetworkingV1beta1ServiceCIDR>(
  'servicecidrs.v1beta1.networking.k8s.io',
)

/** Every resource of this group, in the order discovery would list them. */
export const networkingResources: readonly ResourceDefinition<any>[] = [
  ingressClasses,
  ingresses,
  ipAddresses,
  networkPolicies,
  serviceCIDRs,
  networkingV1beta1IPAddresses,
  networkingV1beta1ServiceCIDRs,
]
