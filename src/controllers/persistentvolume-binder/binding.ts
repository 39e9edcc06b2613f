import { compareQuantities, parseQuantity, sameJson } from '../../machinery/index.ts'
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentVolumeClaims,
  persistentVolumes,
  storageCapacity,
  volumeAnnotations,
  volumeBoundTo,
} from '../../resources/index.ts'
import type { Turn } from '../runtime/controller.ts'

/** Kubernetes: what a volume held before it grew, until its file system has grown as well. */
const sizeBeforeResize = 'volume.alpha.kubernetes.io/pre-resize-capacity'

type Phase = NonNullable<PersistentVolumeClaim['status']['phase']>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Names the two to each other and marks both as bound; the volume first. What is so already is not written. */
export async function bind({ client }: Turn, volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
  const named = volumeBoundTo(volume, claim)
  const own = named === volume ? volume : await client.update(persistentVolumes, named)
  const bound = await setVolumePhase({ client }, own, 'Bound')
  const { name } = bound.metadata
  const { bindCompleted, boundByController } = volumeAnnotations
  const { annotations = {} } = claim.metadata
  const isNew = claim.spec.volumeName !== name
  let known = claim
  if (isNew || annotations[bindCompleted] === undefined) {
    const marks = {
      ...annotations,
      ...(isNew && annotations[boundByController] === undefined ? { [boundByController]: 'yes' } : {}),
      ...(annotations[bindCompleted] === undefined ? { [bindCompleted]: 'yes' } : {}),
    }
    known = await client.update(persistentVolumeClaims, {
      ...claim,
      metadata: { ...claim.metadata, annotations: marks },
      spec: { ...claim.spec, volumeName: name },
    })
  }
  await setClaimPhase({ client }, known, 'Bound', bound)
}

/** Writes a claim's phase, with what it has of its volume; answers whether anything changed. */
export async function setClaimPhase(
  { client }: Pick<Turn, 'client'>,
  claim: PersistentVolumeClaim,
  phase: Phase,
  volume: PersistentVolume | undefined,
): Promise<boolean> {
  const status = claimStatus(claim, phase, volume)
  if (sameJson(status, claim.status ?? {})) return false
  await client.update(persistentVolumeClaims, { ...claim, status }, 'status')
  return true
}

/** The status of a claim in a phase. Kubernetes: its size is taken over when it is bound, and later left to who grows it. */
export function claimStatus(
  claim: PersistentVolumeClaim,
  phase: Phase,
  volume: PersistentVolume | undefined,
): PersistentVolumeClaim['status'] {
  const { accessModes: _, capacity, currentVolumeAttributesClassName: current, ...rest } = claim.status ?? {}
  const status: Mutable<PersistentVolumeClaim['status']> = { ...rest, phase }
  if (volume === undefined) return status
  const isNew = claim.status?.phase !== phase
  if (volume.spec.accessModes !== undefined) status.accessModes = volume.spec.accessModes
  const size = isNew ? sizeOf(volume, capacity) : capacity
  if (size !== undefined) status.capacity = size
  const attributes =
    claim.status?.phase === 'Pending' && phase === 'Bound' ? volume.spec.volumeAttributesClassName : current
  if (attributes !== undefined) status.currentVolumeAttributesClassName = attributes
  return status
}

function sizeOf(
  volume: PersistentVolume,
  capacity: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  const before = volume.metadata.annotations?.[sizeBeforeResize]
  if (before !== undefined) return { ...capacity, storage: before }
  const own = capacity?.['storage']
  const isSame = own !== undefined && compareQuantities(parseQuantity(own), storageCapacity(volume)) === 0
  return isSame ? capacity : volume.spec.capacity
}

/** Writes a volume's phase; answers the volume as it is then. */
export async function setVolumePhase(
  { client }: Pick<Turn, 'client'>,
  volume: PersistentVolume,
  phase: NonNullable<PersistentVolume['status']['phase']>,
  message = '',
): Promise<PersistentVolume> {
  if (volume.status?.phase === phase) return volume
  const { message: _, ...rest } = volume.status ?? {}
  const status = { ...rest, phase, ...(message === '' ? {} : { message }) }
  return client.update(persistentVolumes, { ...volume, status }, 'status')
}

/** Takes the claim off a volume; one that its maker meant for the claim by name keeps the name. */
export async function unbind({ client }: Turn, volume: PersistentVolume): Promise<void> {
  const { annotations = {} } = volume.metadata
  const { claimRef, ...spec } = volume.spec
  const { [volumeAnnotations.boundByController]: mark, ...others } = annotations
  const { annotations: _, ...metadata } = volume.metadata
  const { uid: __, ...name } = claimRef ?? {}
  const next: PersistentVolume =
    mark === undefined
      ? { ...volume, spec: { ...spec, claimRef: name } }
      : {
          ...volume,
          metadata: { ...metadata, ...(Object.keys(others).length === 0 ? {} : { annotations: others }) },
          spec,
        }
  await setVolumePhase({ client }, await client.update(persistentVolumes, next), 'Available')
}
