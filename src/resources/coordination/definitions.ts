import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { CoordinationV1alpha2LeaseCandidate, Lease, LeaseCandidate } from '../generated/types.ts'
import { leaseCandidateChecks } from './candidates.ts'
import { leaseHooks } from './hooks.ts'

export const leases = defineResource<Lease>('leases.v1.coordination.k8s.io', leaseHooks)
export const leaseCandidates = defineResource<LeaseCandidate>('leasecandidates.v1beta1.coordination.k8s.io', {
  checks: leaseCandidateChecks,
})
export const coordinationV1alpha2LeaseCandidates = defineResource<CoordinationV1alpha2LeaseCandidate>(
  'leasecandidates.v1alpha2.coordination.k8s.io',
  { checks: leaseCandidateChecks },
)

/** Every resource of this group, in the order discovery would list them. */
export const coordinationResources: readonly ResourceDefinition<any>[] = [
  leases,
  leaseCandidates,
  coordinationV1alpha2LeaseCandidates,
]
