import { claimOfPod, notForPod, type Pod, type ResourceClaim } from '../../resources/index.ts'
import type { DeviceBook } from './device-book.ts'

/** The claims of a pod as they are now, or why they are not all there, as Kubernetes words it. */
export function claimsOfPod(
  pod: Pod,
  book: DeviceBook,
): { readonly claims: readonly ResourceClaim[] } | { readonly problem: string } {
  const claims: ResourceClaim[] = []
  const { namespace = '' } = pod.metadata
  for (const one of pod.spec?.resourceClaims ?? []) {
    const known = claimOfPod(pod, one)
    if (known.problem !== undefined) return { problem: known.problem }
    if (known.name === undefined) continue
    const claim = book.claim(namespace, known.name)
    if (claim === undefined)
      return { problem: `could not find v1.ResourceClaim ${JSON.stringify(`${namespace}/${known.name}`)}` }
    if (claim.metadata.deletionTimestamp !== undefined)
      return { problem: `resourceclaim ${JSON.stringify(known.name)} is being deleted` }
    const problem = known.mustBeOwned ? notForPod(pod, claim) : undefined
    if (problem !== undefined) return { problem }
    claims.push(claim)
  }
  return { claims }
}

/** Why no node can be looked for yet; undefined when one can. */
export function claimsProblem(claims: readonly ResourceClaim[], book: DeviceBook): string | undefined {
  for (const claim of claims) {
    if (claim.status?.allocation !== undefined) continue
    const about = `${claim.metadata.namespace}/${claim.metadata.name}`
    if (book.isBeingAllocated(claim.metadata.uid)) return `resource claim ${about} is in the process of being allocated`
    for (const { name, exactly, firstAvailable = [] } of claim.spec.devices?.requests ?? []) {
      if (exactly === undefined && firstAvailable.length === 0)
        return `resource claim ${about}, request ${name}: unknown request type`
      const wishes =
        exactly === undefined
          ? firstAvailable.map((one) => ({ of: `${name}/${one.name}`, deviceClassName: one.deviceClassName }))
          : [{ of: name, deviceClassName: exactly.deviceClassName }]
      if (exactly === undefined && !book.features.prioritizedList)
        return `resource claim ${about}, request ${name}: has subrequests, but the DRAPrioritizedList feature is disabled`
      const missing = wishes.find(({ deviceClassName }) => book.classOf(deviceClassName) === undefined)
      if (missing !== undefined) return `request ${missing.of}: device class ${missing.deviceClassName} does not exist`
    }
  }
  return undefined
}

/** How far a claim's devices are from being ready for its pod, where they must be made so first. */
export function readiness(claim: ResourceClaim): { readonly isReady: boolean; readonly failure?: string } {
  for (const result of claim.status?.allocation?.devices?.results ?? []) {
    const { bindingConditions = [], bindingFailureConditions = [], driver, pool, device } = result
    if (bindingConditions.length === 0) continue
    const state = claim.status?.devices?.find(
      (one) => one.driver === driver && one.pool === pool && one.device === device,
    )
    const conditionOf = (type: string) => state?.conditions?.find((one) => one.type === type && one.status === 'True')
    const failed = bindingFailureConditions.map(conditionOf).find((one) => one !== undefined)
    if (failed !== undefined)
      return {
        isReady: false,
        failure: `device binding failed: claim=${claim.metadata.name}, reason=${failed.reason}, message=${JSON.stringify(failed.message)}`,
      }
    if (!bindingConditions.every((type) => conditionOf(type) !== undefined)) return { isReady: false }
  }
  return { isReady: true }
}

/** Whether devices of the claim must be made ready before its pod is bound. */
export const mustBeMadeReady = ({ status }: ResourceClaim): boolean =>
  (status?.allocation?.devices?.results ?? []).some(({ bindingConditions = [] }) => bindingConditions.length > 0)
