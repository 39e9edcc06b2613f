import {
  bestVolumeFor,
  claimProblem,
  classOfClaim,
  isVolumeOf,
  modesDiffer,
  noProvisioner,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
  saysClass,
  volumeAnnotations,
  waitsForConsumer,
} from '../../resources/index.ts'

/** What a claim or a volume is told. */
export interface Notice {
  readonly about: PersistentVolumeClaim | PersistentVolume
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}
/** What is to become of a claim. */
export type ClaimPlan =
  | { readonly step: 'bind'; readonly volume: PersistentVolume }
  | { readonly step: 'wait'; readonly notice?: Notice }
  | { readonly step: 'assignClass'; readonly className: string }
  /** An external provisioner is to make a volume. */
  | { readonly step: 'provision'; readonly provisioner: string }
  | { readonly step: 'tell'; readonly notice: Notice }
  | { readonly step: 'lose'; readonly notice: Notice }
  | { readonly step: 'fail'; readonly notice: Notice; readonly error: string }
/** What a claim is held against. */
export interface ClaimWorld {
  readonly volumes: readonly PersistentVolume[]
  volume(name: string): PersistentVolume | undefined
  storageClass(name: string): StorageClass | undefined
  defaultClass(): StorageClass | undefined
  /** The pods that use the claim and have no node yet, by name. */
  waitingPods(): readonly string[]
}
/** What is to become of a volume. */
export type VolumePlan =
  | { readonly step: 'phase'; readonly phase: 'Available' | 'Bound' }
  | { readonly step: 'leaveToClaim' }
  | { readonly step: 'tell'; readonly notices: readonly Notice[] }
  | { readonly step: 'reclaim' }
  | { readonly step: 'unbind' }

const has = ({ metadata }: PersistentVolumeClaim | PersistentVolume, name: string) =>
  metadata.annotations?.[name] !== undefined
const quoted = (text: string) => JSON.stringify(text)

/** What a claim needs next, as things are. */
export function planClaim(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimPlan {
  if (has(claim, volumeAnnotations.bindCompleted)) return planBoundClaim(claim, world)
  const name = claim.spec?.volumeName ?? ''
  return name === '' ? planOpenClaim(claim, world) : planNamedVolume(claim, world.volume(name))
}

/** A claim that has had a volume. */
function planBoundClaim(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimPlan {
  const lost = (reason: string, message: string): ClaimPlan => ({
    step: 'lose',
    notice: { about: claim, type: 'Warning', reason, message },
  })
  const name = claim.spec?.volumeName ?? ''
  if (name === '')
    return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  const volume = world.volume(name)
  if (volume === undefined)
    return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  const ref = volume.spec?.claimRef
  if (ref === undefined || ref.uid === claim.metadata.uid) return { step: 'bind', volume }
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
}

/** A claim that takes any volume which suits it. */
function planOpenClaim(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimPlan {
  const className = classOfClaim(claim)
  const storageClass = className === '' ? undefined : world.storageClass(className)
  const waits = waitsForConsumer(storageClass)
  const volume = bestVolumeFor({ claim, volumes: world.volumes, onlyOwn: waits })
  if (volume !== undefined) return { step: 'bind', volume }
  const byDefault = saysClass(claim) ? undefined : world.defaultClass()
  if (byDefault !== undefined) return { step: 'assignClass', className: byDefault.metadata.name }
  if (waits && !has(claim, volumeAnnotations.selectedNode))
    return { step: 'wait', notice: waitingNotice(claim, world.waitingPods()) }
  if (className === '') {
    const message = 'no persistent volumes available for this claim and no storage class is set'
    return { step: 'wait', notice: { about: claim, type: 'Normal', reason: 'FailedBinding', message } }
  }
  return planProvision(claim, className, storageClass)
}

function waitingNotice(about: PersistentVolumeClaim, pods: readonly string[]): Notice {
  const type = 'Normal'
  if (pods.length === 0) {
    const message = 'waiting for first consumer to be created before binding'
    return { about, type, reason: 'WaitForFirstConsumer', message }
  }
  const who = pods.length > 1 ? `pods ${pods.join(',')}` : `pod ${pods[0]}`
  return { about, type, reason: 'WaitForPodScheduled', message: `waiting for ${who} to be scheduled` }
}

/** Kubernetes: what was built in is made by CSI drivers today, under these names. */
const movedToCsi: Readonly<Record<string, string>> = {
  'kubernetes.io/aws-ebs': 'ebs.csi.aws.com',
  'kubernetes.io/gce-pd': 'pd.csi.storage.gke.io',
  'kubernetes.io/cinder': 'cinder.csi.openstack.org',
  'kubernetes.io/azure-disk': 'disk.csi.azure.com',
  'kubernetes.io/azure-file': 'file.csi.azure.com',
  'kubernetes.io/vsphere-volume': 'csi.vsphere.vmware.com',
  'kubernetes.io/portworx-volume': 'pxd.portworx.com',
}

function planProvision(
  claim: PersistentVolumeClaim,
  className: string,
  storageClass: StorageClass | undefined,
): ClaimPlan {
  const failed = (message: string): ClaimPlan => ({
    step: 'tell',
    notice: { about: claim, type: 'Warning', reason: 'ProvisioningFailed', message },
  })
  if (storageClass === undefined) return failed(`storageclass.storage.k8s.io ${quoted(className)} not found`)
  const { provisioner } = storageClass
  const csi = movedToCsi[provisioner]
  if (csi !== undefined) return { step: 'provision', provisioner: csi }
  if (provisioner === noProvisioner || provisioner.startsWith('kubernetes.io/'))
    return failed(`no volume plugin matched name: ${provisioner}`)
  return { step: 'provision', provisioner }
}

/** A claim that asks for one volume by name. */
function planNamedVolume(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): ClaimPlan {
  if (volume === undefined) return { step: 'wait' }
  const { name } = volume.metadata
  const ref = volume.spec?.claimRef
  if (ref === undefined) {
    const problem = claimProblem(volume, claim)
    if (problem === undefined) return { step: 'bind', volume }
    const message = `Cannot bind to requested volume ${quoted(name)}: ${problem}`
    return { step: 'wait', notice: { about: claim, type: 'Warning', reason: 'VolumeMismatch', message } }
  }
  if (isVolumeOf(volume, claim)) return { step: 'bind', volume }
  const message = `volume ${quoted(name)} already bound to a different claim.`
  const notice: Notice = { about: claim, type: 'Warning', reason: 'FailedBinding', message }
  if (!has(claim, volumeAnnotations.boundByController)) return { step: 'wait', notice }
  const { namespace, name: claimName } = claim.metadata
  const error = `invalid binding of claim ${quoted(`${namespace}/${claimName}`)} to volume ${quoted(name)}: volume already claimed by ${quoted(`${ref.namespace}/${ref.name}`)}`
  return { step: 'fail', notice, error }
}

/** What a volume needs next. `claim` is the one it names, if that is still the same; undefined when it is gone. */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const ref = volume.spec?.claimRef
  if (ref === undefined || (ref.uid ?? '') === '') return { step: 'phase', phase: 'Available' }
  if (claim === undefined) return { step: 'reclaim' }
  const bound = claim.spec?.volumeName ?? ''
  if (bound === '') {
    if (!modesDiffer(claim, volume)) return { step: 'leaveToClaim' }
    const [of, to] = [volume.metadata.name, claim.metadata.name].map(quoted)
    const tell = (about: Notice['about'], message: string): Notice => ({
      about,
      type: 'Warning',
      reason: 'VolumeMismatch',
      message,
    })
    return {
      step: 'tell',
      notices: [
        tell(
          volume,
          `Cannot bind PersistentVolume to requested PersistentVolumeClaim ${to} due to incompatible volumeMode.`,
        ),
        tell(
          claim,
          `Cannot bind PersistentVolume ${of} to requested PersistentVolumeClaim due to incompatible volumeMode.`,
        ),
      ],
    }
  }
  if (bound === volume.metadata.name) return { step: 'phase', phase: 'Bound' }
  // It was made for this claim, which has found another: nobody needs it.
  const isMade = has(volume, volumeAnnotations.provisionedBy)
  return isMade && volume.spec.persistentVolumeReclaimPolicy === 'Delete' ? { step: 'reclaim' } : { step: 'unbind' }
}

/** How a volume that nobody claims any more goes; undefined: it stays as it is, or somebody else sees to it. */
export function planReclaim(
  volume: PersistentVolume,
): 'recycle' | { readonly reason: string; readonly message: string } | undefined {
  if ((volume.metadata.annotations?.[volumeAnnotations.migratedTo] ?? '') !== '') return undefined
  switch (volume.spec.persistentVolumeReclaimPolicy) {
    case 'Retain':
      return undefined
    case 'Recycle':
      return 'recycle'
    case 'Delete': {
      const provisioner = volume.metadata.annotations?.[volumeAnnotations.provisionedBy] ?? ''
      if (provisioner !== '' && !provisioner.startsWith('kubernetes.io/')) return undefined
      if (volume.spec.csi !== undefined) return undefined
      // Unlike Kubernetes: directories below /tmp of the machine that the controllers run on are left alone too.
      const path = volume.spec.hostPath?.path
      if (path !== undefined && !/^\/tmp\/.+/.test(path)) {
        const message = `host_path deleter only supports /tmp/.+ but received provided ${path}`
        return { reason: 'VolumeFailedDelete', message }
      }
      const why = `error getting deleter volume plugin for volume ${quoted(volume.metadata.name)}: no deletable volume plugin matched`
      return { reason: 'VolumeFailedDelete', message: why }
    }
    default:
      return {
        reason: 'VolumeUnknownReclaimPolicy',
        message: 'Volume has unrecognized PersistentVolumeReclaimPolicy',
      }
  }
}
