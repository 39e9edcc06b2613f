import type { Client } from '../../client/index.ts'
import { type Clock, timestampOf } from '../../machinery/index.ts'
import {
  claimUsesOf,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  persistentVolumes,
} from '../../resources/index.ts'
import type { RecordEvent } from '../events.ts'
import { blockDeviceAt, growFilesystem } from './block-device.ts'
import { growing, grown, growthOf, notGrown } from './growth.ts'
import type { MountedVolume } from './volumes.ts'

export interface GrowParts {
  readonly client: Client
  readonly clock: Clock
  readonly record: RecordEvent
  readonly complain: (about: string, error: unknown) => void
  /** The node's pods, and what is mounted for them. */
  readonly pods: () => readonly { readonly pod: Pod; readonly mounted: ReadonlyMap<string, MountedVolume> }[]
  /** How long it took to make one larger. */
  readonly onGrown?: (seconds: number, isWell: boolean) => void
}

const periodMs = 30_000

/**
 * Makes the filesystems of local volumes as large as their devices have become while pods use them, and says so in their
 * claims, until the signal aborts. Kubernetes: of what is built in, only local volumes grow on their node.
 */
export async function growVolumes(parts: GrowParts, signal: AbortSignal): Promise<void> {
  const others = new Set<string>()
  while (!signal.aborted) {
    await parts.clock.sleep(periodMs, signal).catch(() => {})
    if (signal.aborted) return
    const seen = new Set<string>()
    for (const { pod, mounted } of parts.pods())
      for (const { volume, claim, readonly } of claimUsesOf(pod)) {
        const place = mounted.get(volume)
        const key = `${pod.metadata.namespace}/${claim}`
        if (place === undefined || readonly || seen.has(key)) continue
        seen.add(key)
        await look(parts, pod, claim, place, others).catch((error) =>
          parts.complain(`the size of the claim ${key}`, error),
        )
      }
  }
}

async function look(
  { client, clock, record, onGrown }: GrowParts,
  pod: Pod,
  name: string,
  { hostPath }: MountedVolume,
  others: Set<string>,
): Promise<void> {
  const namespace = pod.metadata.namespace ?? ''
  const claim = await client.get<PersistentVolumeClaim>(persistentVolumeClaims, { namespace, name })
  const volumeName = claim.spec.volumeName ?? ''
  if (others.has(volumeName)) return
  const volume = await client.get<PersistentVolume>(persistentVolumes, { name: volumeName })
  // Where a volume lies does not change.
  if (volume.spec.local === undefined) return void others.add(volumeName)
  const growth = growthOf(claim, volume)
  if (growth === undefined || volume.spec.claimRef?.uid !== claim.metadata.uid) return
  const write = (now: PersistentVolumeClaim, status: NonNullable<PersistentVolumeClaim['status']>) =>
    client.update<PersistentVolumeClaim>(persistentVolumeClaims, { ...now, status }, 'status')
  const marked = growth.isTracked ? await write(claim, growing(claim.status!)) : claim
  const startedMs = clock.monotonic()
  try {
    await growOne(volume, hostPath)
  } catch (error) {
    onGrown?.((clock.monotonic() - startedMs) / 1000, false)
    const why = error instanceof Error ? error.message : String(error)
    const failed = 'NodeExpandVolume.NodeExpandVolume failed'
    record(pod, 'Warning', 'VolumeResizeFailed', `${failed} for volume ${JSON.stringify(volumeName)} : ${why}`)
    if (growth.isTracked) await write(marked, notGrown(marked.status!, why, timestampOf(clock.now())))
    return
  }
  onGrown?.((clock.monotonic() - startedMs) / 1000, true)
  const done = 'MountVolume.NodeExpandVolume succeeded'
  const message = `${done} for volume ${JSON.stringify(volumeName)} ${pod.spec.nodeName ?? ''}`
  for (const about of [pod, marked]) record(about, 'Normal', 'FileSystemResizeSuccessful', message)
  await write(marked, grown(marked.status!, growth.size))
}

/** Kubernetes: a directory has nothing to grow, and a device is as large as it is. */
async function growOne({ spec }: PersistentVolume, directory: string): Promise<void> {
  if (spec.volumeMode === 'Block') return
  const device = await blockDeviceAt(spec.local!.path)
  if (device !== undefined) await growFilesystem(device, directory)
}
