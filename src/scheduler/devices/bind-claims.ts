import type { Client } from '../../client/index.ts'
import { isConflict, isNotFound, msOf, timestampOf } from '../../machinery/index.ts'
import {
  type AllocationResult,
  claimFinalizer,
  isReservedFor,
  type Pod,
  pods,
  type ResourceClaim,
  resourceClaims,
} from '../../resources/index.ts'
import { until } from '../framework/until.ts'
import type { DeviceBook } from './device-book.ts'
import type { ExtendedClaim } from './extended.ts'
import { mustBeMadeReady, readiness } from './pod-claims.ts'

/** Kubernetes: a write that lost a race is tried again so often. */
const tries = 5

export interface ClaimTools {
  readonly client: Client
  readonly book: DeviceBook
}

/** Writes what a pod's claim is given, and that it is the pod's; answers the claim as it then is. */
export async function bindClaim(
  claim: ResourceClaim,
  allocation: AllocationResult | undefined,
  pod: Pod,
  { client, book }: ClaimTools,
): Promise<ResourceClaim> {
  const name = { namespace: claim.metadata.namespace ?? '', name: claim.metadata.name }
  const about = `${name.namespace}/${name.name}`
  let current = claim
  for (let tried = 1; ; tried++) {
    try {
      if (current.metadata.deletionTimestamp !== undefined)
        throw new Error(`claim ${about} got deleted in the meantime`)
      if (allocation !== undefined) {
        if (current.status?.allocation !== undefined)
          throw new Error(`claim ${about} got allocated elsewhere in the meantime`)
        current = await withFinalizer(current, client)
      } else if (current.status?.allocation === undefined && book.features.bindingConditions)
        throw new Error(`claim ${about} got deallocated elsewhere in the meantime`)
      const written = await client.update(resourceClaims, reserved(current, allocation, pod, book), 'status')
      book.written(written)
      return written
    } catch (error) {
      if (!isConflict(error) || tried >= tries) throw error
      current = await client.get(resourceClaims, name)
    }
  }
}

async function withFinalizer(claim: ResourceClaim, client: Client): Promise<ResourceClaim> {
  const { finalizers = [] } = claim.metadata
  if (finalizers.includes(claimFinalizer)) return claim
  const metadata = { ...claim.metadata, finalizers: [...finalizers, claimFinalizer] }
  return client.update(resourceClaims, { ...claim, metadata })
}

function reserved(
  claim: ResourceClaim,
  allocation: AllocationResult | undefined,
  { metadata }: Pod,
  { features, clock }: DeviceBook,
): ResourceClaim {
  const known = allocation ?? claim.status?.allocation
  const { name, uid } = metadata
  return {
    ...claim,
    status: {
      ...claim.status,
      ...(known === undefined
        ? {}
        : {
            allocation:
              features.bindingConditions && known.allocationTimestamp === undefined
                ? { ...known, allocationTimestamp: timestampOf(clock.now()) }
                : known,
          }),
      reservedFor: [...(claim.status?.reservedFor ?? []), { resource: 'pods', name, uid }],
    },
  }
}

/** Waits until the devices of a pod's claims are ready; rejects when they will not be, or take too long. */
export async function untilReady(
  claims: readonly ResourceClaim[],
  book: DeviceBook,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const isReady = () => {
    let all = true
    for (const { metadata } of claims) {
      const claim = book.claim(metadata.namespace ?? '', metadata.name)
      if (claim === undefined)
        throw new Error(`could not find v1.ResourceClaim "${metadata.namespace}/${metadata.name}"`)
      const { isReady, failure } = readiness(claim)
      if (failure !== undefined) throw new Error(failure)
      if (isReady) continue
      all = false
      if (isOverdue(claim, book, timeoutMs)) throw new Error(`device binding timeout: claim=${metadata.name}`)
    }
    return all
  }
  await until(
    { holds: isReady, follow: (look) => book.followClaims(look) },
    { clock: book.clock, timeoutMs, late: 'device binding timeout: context deadline exceeded' },
    signal,
  )
}

/** Whether devices that had to be made ready are not, long after they were given. */
export function isOverdue(claim: ResourceClaim, book: DeviceBook, timeoutMs: number): boolean {
  const since = claim.status?.allocation?.allocationTimestamp
  return since !== undefined && mustBeMadeReady(claim) && msOf(since) + timeoutMs < book.clock.now()
}

/** Takes a pod that is not bound after all from those its claims are reserved for. */
export async function giveUpClaims(claims: readonly ResourceClaim[], pod: Pod, { client }: ClaimTools): Promise<void> {
  for (const { metadata, status } of claims) {
    if (status?.allocation === undefined || !isReservedFor({ metadata, status } as ResourceClaim, pod)) continue
    const body = {
      metadata: { uid: metadata.uid },
      status: { reservedFor: [{ $patch: 'delete', uid: pod.metadata.uid }] },
    }
    const name = { namespace: metadata.namespace ?? '', name: metadata.name }
    await client.patch(resourceClaims, name, { type: 'strategic', body }, 'status').catch((error) => {
      if (!isNotFound(error) && !isConflict(error)) throw error
    })
  }
}

/** Takes the devices from a claim that nobody uses, so that others can be found for it. */
export async function deallocateClaim(claim: ResourceClaim, { client, book }: ClaimTools): Promise<void> {
  const { allocation: _a, devices: _d, reservedFor: _r, ...status } = claim.status
  try {
    book.written(await client.update(resourceClaims, { ...claim, status }, 'status'))
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

/** Makes the claim that stands for a pod's extended resources, with the devices that were found for it, and names it to the pod. */
export async function makeExtendedClaim(
  { claim, mappings }: ExtendedClaim,
  pod: Pod,
  tools: ClaimTools,
  signal: AbortSignal,
): Promise<ResourceClaim> {
  const { client, book } = tools
  const allocation = book.decided(claim.metadata.uid)
  const { name: _name, uid: _uid, ...metadata } = claim.metadata
  const { namespace = '', name, uid } = pod.metadata
  const made = await client.create(resourceClaims, { metadata, spec: claim.spec } as never).catch((error: unknown) => {
    book.measures.claimMade('failure')
    throw error
  })
  book.measures.claimMade('success')
  const bound = await bindClaim(made, allocation, pod, tools)
  // What was decided counts only until now.
  await book.seen(bound, signal)
  const extendedResourceClaimStatus = { requestMappings: mappings, resourceClaimName: bound.metadata.name }
  const body = { metadata: { uid }, status: { extendedResourceClaimStatus } }
  await client.patch(pods, { namespace, name }, { type: 'strategic', body }, 'status')
  return bound
}

/** Deletes a claim that the scheduler made for a pod that is not bound after all. */
export async function deleteClaim(claim: ResourceClaim, client: Client): Promise<void> {
  const name = { namespace: claim.metadata.namespace ?? '', name: claim.metadata.name }
  try {
    const finalizers = (claim.metadata.finalizers ?? []).filter((one) => one !== claimFinalizer)
    if (finalizers.length !== (claim.metadata.finalizers ?? []).length)
      await client.update(resourceClaims, { ...claim, metadata: { ...claim.metadata, finalizers } })
    await client.delete(resourceClaims, name, { preconditions: { uid: claim.metadata.uid } })
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
