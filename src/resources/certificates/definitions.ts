import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type {
  CertificateSigningRequest,
  CertificatesV1alpha1ClusterTrustBundle,
  ClusterTrustBundle,
  PodCertificateRequest,
} from '../generated/types.ts'
import { alphaTrustBundleHooks, certificateSigningRequestHooks, clusterTrustBundleHooks } from './hooks.ts'

export const certificateSigningRequests = defineResource<CertificateSigningRequest>(
  'certificatesigningrequests.v1.certificates.k8s.io',
  certificateSigningRequestHooks,
)
export const clusterTrustBundles = defineResource<ClusterTrustBundle>(
  'clustertrustbundles.v1beta1.certificates.k8s.io',
  clusterTrustBundleHooks,
)
export const podCertificateRequests = defineResource<PodCertificateRequest>(
  'podcertificaterequests.v1beta1.certificates.k8s.io',
)
export const certificatesV1alpha1ClusterTrustBundles = defineResource<CertificatesV1alpha1ClusterTrustBundle>(
  'clustertrustbundles.v1alpha1.certificates.k8s.io',
  alphaTrustBundleHooks,
)

/** Every resource of this group, in the order discovery would list them. */
export const certificatesResources: readonly ResourceDefinition<any>[] = [
  certificateSigningRequests,
  clusterTrustBundles,
  podCertificateRequests,
  certificatesV1alpha1ClusterTrustBundles,
]
