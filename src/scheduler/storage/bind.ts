import type { Client } from '../../client/index.ts'
import type { Clock } from '../../machinery/index.ts'
import {
  isFullyBound,
  isReachableFrom,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaims,
  persistentVolumes,
  volumeAnnotations,
} from '../../resources/index.ts'
import { until } from '../framework/until.ts'
import type { Decision, StorageBook } from './storage-book.ts'

export interface BindParts {
  readonly client: Client
  readonly clock: Clock
  readonly book: StorageBook
  /** The node as it is now; undefined when it is gone. */
  readonly nodeNow: () => Node | undefined
  readonly timeoutMs: number
}
/** Kubernetes: bindTimeoutSeconds of VolumeBindingArgs. */
export const bindTimeoutMsDefault = 600_000

/** Tells the API what was decided, and waits until the claims are bound; rejects when it cannot be so any more. */
export async function bindDecided(decision: Decision, parts: BindParts, signal: AbortSignal): Promise<void> {
  const { client, book } = parts
  const volumes: PersistentVolume[] = []
  for (const { volume } of decision.volumes) {
    const known = book.seenVolume(volume.metadata.name)
    // One that named the claim before needs no writing.
    volumes.push(known === volume ? known : await client.update(persistentVolumes, volume))
  }
  const claims: PersistentVolumeClaim[] = []
  for (const claim of decision.claims) {
    const seen = book.seenClaim(claim.metadata.namespace ?? '', claim.metadata.name)
    const isSaid = seen?.metadata.annotations?.[volumeAnnotations.selectedNode] === decision.nodeName
    claims.push(isSaid ? seen : await client.update(persistentVolumeClaims, claim))
  }
  const written = { volumes, claims, bound: decision.volumes.map(({ claim }) => claim) }
  try {
    await until(
      { holds: () => isBound(written, decision.nodeName, parts), follow: (look) => parts.book.follow(look) },
      { clock: parts.clock, timeoutMs: parts.timeoutMs, late: 'context deadline exceeded' },
      signal,
    )
  } catch (error) {
    throw new Error(`binding volumes: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

interface Written {
  readonly volumes: readonly PersistentVolume[]
  /** The claims that the volumes are for. */
  readonly bound: readonly PersistentVolumeClaim[]
  /** The claims for which volumes are made. */
  readonly claims: readonly PersistentVolumeClaim[]
}

const revisionOf = ({ metadata }: PersistentVolume | PersistentVolumeClaim) => Number(metadata.resourceVersion)

/** Whether everything is bound; throws when the pod must look for another place. */
function isBound({ volumes, bound, claims }: Written, nodeName: string, { book, nodeNow }: BindParts): boolean {
  const node = nodeNow()
  if (node === undefined) throw new Error(`failed to get node ${JSON.stringify(nodeName)}: node not found`)
  let isDone = true
  for (const [index, volume] of volumes.entries()) {
    const { name } = volume.metadata
    const seen = book.seenVolume(name)
    if (seen === undefined || revisionOf(seen) < revisionOf(volume)) {
      if (seen === undefined && book.seen.volumes >= revisionOf(volume))
        throw new Error(`failed to check binding: persistentvolume ${JSON.stringify(name)} not found`)
      isDone = false
      continue
    }
    checkReach(seen, node)
    if ((seen.spec.claimRef?.uid ?? '') === '') throw new Error(`ClaimRef got reset for pv ${JSON.stringify(name)}`)
    const claim = seenClaim(bound[index]!, book)
    if (!isFullyBound(claim)) isDone = false
  }
  for (const claim of claims) {
    const seen = seenClaim(claim, book)
    if (revisionOf(seen) < revisionOf(claim)) {
      isDone = false
      continue
    }
    const { annotations } = seen.metadata
    const name = JSON.stringify(seen.metadata.name)
    if (annotations === undefined) throw new Error(`selectedNode annotation reset for PVC ${name}`)
    // Kubernetes: a provisioner that cannot do it takes the node away.
    if (annotations[volumeAnnotations.selectedNode] !== nodeName) throw new Error(`provisioning failed for PVC ${name}`)
    const volumeName = seen.spec.volumeName ?? ''
    const volume = volumeName === '' ? undefined : book.seenVolume(volumeName)
    if (volume !== undefined) checkReach(volume, node)
    if (!isFullyBound(seen) || volume === undefined) isDone = false
  }
  return isDone
}

function checkReach(volume: PersistentVolume, node: Node): void {
  if (isReachableFrom(volume, node)) return
  const [of, on] = [volume.metadata.name, node.metadata.name].map((name) => JSON.stringify(name))
  throw new Error(`pv ${of} node affinity doesn't match node ${on}: no matching NodeSelectorTerms`)
}

function seenClaim({ metadata }: PersistentVolumeClaim, book: StorageBook): PersistentVolumeClaim {
  const seen = book.seenClaim(metadata.namespace ?? '', metadata.name)
  if (seen?.metadata.uid === metadata.uid) return seen
  throw new Error(`failed to check binding: persistentvolumeclaim ${JSON.stringify(metadata.name)} not found`)
}
