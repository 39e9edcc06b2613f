import { type ClaimUse, claimUsesOf, type Pod, type Volume } from '../../resources/index.ts'

/** What a pod asks of storage. */
export interface PodStorage {
  /** Each claim once. */
  readonly claims: readonly ClaimUse[]
  /** Volumes of its own that not every node can take beside others. */
  readonly disks: readonly Volume[]
  /** CSI drivers of volumes of its own. */
  readonly drivers: readonly string[]
}

/** What the pod asks of storage; undefined: nothing that has to do with where it goes. */
export function storageOf(pod: Pod): PodStorage | undefined {
  const volumes = pod.spec?.volumes ?? []
  if (volumes.length === 0) return undefined
  const uses = claimUsesOf(pod)
  const disks = volumes.filter(
    ({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }) =>
      gcePersistentDisk ?? awsElasticBlockStore ?? iscsi ?? rbd,
  )
  const drivers = volumes.flatMap(({ csi }) => (csi === undefined ? [] : [csi.driver]))
  if (uses.length === 0 && disks.length === 0 && drivers.length === 0) return undefined
  const seen = new Set<string>()
  const claims = uses.filter(({ claim }) => !seen.has(claim) && seen.add(claim))
  return { claims, disks, drivers }
}
