import {
  type ClaimUse,
  claimUsesOf,
  ephemeralProblem,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
} from '../../resources/index.ts'

/** The claims and volumes of the node's pods, as the API has them now; rejects as it does. */
export interface StorageObjects {
  claim(namespace: string, name: string): Promise<PersistentVolumeClaim>
  volume(name: string): Promise<PersistentVolume>
}
/** A pod's volume that cannot be looked at yet, worded as Kubernetes words it in the event. */
export class UnprocessedVolumeError extends Error {
  override name = 'UnprocessedVolumeError'
}

const protection = 'kubernetes.io/pvc-protection'

/** The volume behind a pod's claim, and whether the pod only reads it; undefined: the volume of the pod is no claim. */
export async function volumeBehind(
  pod: Pod,
  volumeName: string,
  storage: StorageObjects,
): Promise<{ readonly volume: PersistentVolume; readonly readonly: boolean } | undefined> {
  const use = claimUsesOf(pod).find((one) => one.volume === volumeName)
  if (use === undefined) return undefined
  const { namespace = '' } = pod.metadata
  try {
    return { volume: await boundVolume(pod, use, storage), readonly: use.readonly }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const about = `error processing PVC ${namespace}/${use.claim}: ${why}`
    const lists = `unmounted volumes=[${volumeName}], unattached volumes=[], failed to process volumes=[${volumeName}]`
    throw new UnprocessedVolumeError(`Unable to attach or mount volumes: ${lists}: ${about}`, { cause: error })
  }
}

async function boundVolume(pod: Pod, use: ClaimUse, storage: StorageObjects): Promise<PersistentVolume> {
  const claim = await storage.claim(pod.metadata.namespace ?? '', use.claim).catch((error: Error) => {
    throw new Error(`failed to fetch PVC from API server: ${error.message}`, { cause: error })
  })
  const problem = claimProblemOf(claim) ?? (use.isEphemeral ? ephemeralProblem(pod, claim) : undefined)
  if (problem !== undefined) throw new Error(problem)
  const name = claim.spec.volumeName ?? ''
  const volume = await storage.volume(name).catch((error: Error) => {
    throw new Error(`failed to fetch PV ${name} from API server: ${error.message}`, { cause: error })
  })
  const ref = volume.spec.claimRef
  if (ref === undefined)
    throw new Error(
      `found PV object ${name} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`,
    )
  if (ref.uid !== claim.metadata.uid)
    throw new Error(
      `found PV object ${name} but its pv.Spec.ClaimRef.UID ${ref.uid ?? ''} does not point to claim.UID ${claim.metadata.uid}`,
    )
  const mode = volume.spec.volumeMode ?? 'Filesystem'
  const isMounted = containersOf(pod).some(({ volumeMounts }) => volumeMounts?.some((one) => one.name === use.volume))
  if (mode !== 'Filesystem' && isMounted)
    throw new Error(`volume ${use.volume} has volumeMode ${mode}, but is specified in volumeMounts`)
  const isDevice = containersOf(pod).some(({ volumeDevices }) => volumeDevices?.some((one) => one.name === use.volume))
  if (mode !== 'Block' && isDevice)
    throw new Error(`volume ${use.volume} has volumeMode ${mode}, but is specified in volumeDevices`)
  return volume
}

const containersOf = ({ spec }: Pod) => [...(spec.initContainers ?? []), ...spec.containers]

function claimProblemOf({ metadata, spec, status }: PersistentVolumeClaim): string | undefined {
  const isProtected = metadata.finalizers?.includes(protection) === true
  if (metadata.deletionTimestamp !== undefined && !isProtected) return 'PVC is being deleted'
  if (status?.phase !== 'Bound') return 'PVC is not bound'
  return (spec.volumeName ?? '') === '' ? 'PVC has empty pvc.Spec.VolumeName' : undefined
}
