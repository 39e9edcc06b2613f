import type { Metrics } from '../../machinery/index.ts'
import { extendedClaimAnnotation, podClaimAnnotation, type ResourceClaim } from '../../resources/index.ts'

const isAdmin = ({ spec }: ResourceClaim) =>
  String((spec.devices?.requests ?? []).some(({ exactly }) => exactly?.adminAccess === true))

function sourceOf({ metadata }: ResourceClaim): string {
  const { annotations = {} } = metadata
  if (annotations[extendedClaimAnnotation] === 'true') return 'extended_resource'
  return (annotations[podClaimAnnotation] ?? '') === '' ? '' : 'resource_claim_template'
}

/** The measures under Kubernetes' names; a claim that could not be made is told as undefined. */
export function claimMeasures(metrics: Metrics, claims: () => readonly ResourceClaim[]) {
  metrics.readings(
    'resourceclaim_controller_resource_claims',
    'gauge',
    "Number of ResourceClaims, categorized by allocation status, admin access, and source. Source can be 'resource_claim_template' (created from a template), 'extended_resource' (extended resources), or empty (manually created by a user).",
    () => {
      const counts = new Map<string, number>()
      for (const claim of claims()) {
        const key = JSON.stringify([claim.status?.allocation !== undefined, isAdmin(claim), sourceOf(claim)])
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
      return [...counts].map(([key, value]) => {
        const [allocated, admin_access, source] = JSON.parse(key).map(String)
        return { labels: { allocated, admin_access, source }, value }
      })
    },
  )
  const creates = metrics.counter(
    'resourceclaim_controller_creates_total',
    'Number of ResourceClaims creation requests, categorized by creation status and admin access',
  )
  return {
    created(claim: ResourceClaim | undefined) {
      const status = claim === undefined ? 'failure' : 'success'
      creates.inc({ status, admin_access: claim === undefined ? 'false' : isAdmin(claim) })
    },
  }
}
