import { controllerOf } from '../../machinery/index.ts'
import type { Pod, PodResourceClaim, ResourceClaim } from '../generated/types.ts'

/** What keeps an allocated claim from going before its devices are given back. */
export const claimFinalizer = 'resource.kubernetes.io/delete-protection'
/** Which of its pod's claims a claim that was made for it is. */
export const podClaimAnnotation = 'resource.kubernetes.io/pod-claim-name'
/** Marks the claim that was made for a pod's extended resources. */
export const extendedClaimAnnotation = 'resource.kubernetes.io/extended-resource-claim'

/** Which ResourceClaim stands for one of a pod's claims. */
export type ClaimOfPod =
  /** No name: the pod turned out to need none. */
  | { readonly name: string | undefined; readonly mustBeOwned: boolean; readonly problem?: undefined }
  | { readonly problem: string; readonly isMissing: boolean }

/** The ResourceClaim of one of a pod's claims, or why there is none yet, as Kubernetes words it. */
export function claimOfPod({ metadata, status }: Pod, claim: PodResourceClaim): ClaimOfPod {
  if (claim.resourceClaimName !== undefined) return { name: claim.resourceClaimName, mustBeOwned: false }
  const about = `pod "${metadata.namespace}/${metadata.name}"`
  if (claim.resourceClaimTemplateName === undefined)
    return {
      problem: `${about}, spec.resourceClaim ${JSON.stringify(claim.name)}: none of the supported fields are set`,
      isMissing: false,
    }
  const known = status?.resourceClaimStatuses?.find(({ name }) => name === claim.name)
  if (known === undefined) return { problem: `${about}: ResourceClaim not created yet`, isMissing: true }
  return { name: known.resourceClaimName, mustBeOwned: true }
}

/** Why a claim is not one that was made for the pod; undefined when it is. */
export function notForPod(pod: Pod, claim: ResourceClaim): string | undefined {
  const { namespace, name, uid } = pod.metadata
  if (controllerOf(claim)?.uid === uid) return undefined
  return `ResourceClaim ${claim.metadata.namespace}/${claim.metadata.name} was not created for Pod ${namespace}/${name} (Pod is not owner)`
}

/** Whether the pod is among those a claim is reserved for. */
export const isReservedFor = ({ status }: ResourceClaim, { metadata }: Pod): boolean =>
  (status?.reservedFor ?? []).some(({ uid }) => uid === metadata.uid)
