import type { Client } from '../../client/index.ts'
import {
  type Clock,
  isAlreadyExists,
  isConflict,
  isNotFound,
  microTimestampOf,
  type Random,
} from '../../machinery/index.ts'
import { type Lease, leases, nodes } from '../../resources/index.ts'

export interface LeaseParts {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly nodeName: string
  readonly complain: (about: string, error: unknown) => void
}
const namespace = 'kube-node-lease'
export const leaseDurationSeconds = 40
const renewMs = 10_000
const renewJitter = 0.04
const retryMs = 1000

/** Renews the node's Lease every 10 s, so that the cluster knows the node lives. */
export async function keepLease(parts: LeaseParts, signal: AbortSignal): Promise<void> {
  let lease: Lease | undefined
  while (!signal.aborted) {
    let waitMs = renewMs * (1 + parts.random.next() * renewJitter)
    try {
      lease = await renewLease(parts, lease)
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) parts.complain('node lease', error)
      lease = undefined
      waitMs = retryMs
    }
    await parts.clock.sleep(waitMs, signal).catch(() => {})
  }
}

/** One renewal: an update of the Lease as last written, or a fresh read, or a new one once there is a Node to own it. */
export async function renewLease(
  { client, clock, nodeName }: Pick<LeaseParts, 'client' | 'clock' | 'nodeName'>,
  last: Lease | undefined,
): Promise<Lease> {
  const name = { namespace, name: nodeName }
  const spec = { holderIdentity: nodeName, leaseDurationSeconds, renewTime: microTimestampOf(clock.now()) }
  const current =
    last ?? (await client.get(leases, name).catch((error) => (isNotFound(error) ? undefined : Promise.reject(error))))
  const isOwned = (current?.metadata.ownerReferences ?? []).length > 0
  const owned = async () => {
    const { uid } = (await client.get(nodes, { name: nodeName })).metadata
    return { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid }] }
  }
  if (current !== undefined) {
    const owner = isOwned ? {} : await owned().catch(() => ({}))
    const metadata = { ...current.metadata, ...owner }
    return client.update(leases, { ...current, metadata, spec: { ...current.spec, ...spec } })
  }
  const owner = await owned()
  try {
    return await client.create(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...name, ...owner },
      spec,
    })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    return client.get(leases, name)
  }
}
