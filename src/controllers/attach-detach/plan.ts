import { conditionOf, isTerminal } from '../../machinery/index.ts'
import type { CSIDriver, Node, PersistentVolume, Pod, VolumeAttachment } from '../../resources/index.ts'

/** Whoever runs the cluster says by this that the node will not come back as it was. */
const outOfService = 'node.kubernetes.io/out-of-service'

/** A volume that pods of a node need there. */
export interface Wanted {
  readonly volume: PersistentVolume
  readonly pods: readonly Pod[]
}
/** What is to be done about the volumes of one node. */
export interface AttachPlan {
  readonly attach: readonly Wanted[]
  /** Volumes that another node has for itself, and what the pods are told. */
  readonly refuse: readonly { readonly wanted: Wanted; readonly message: string }[]
  readonly detach: readonly VolumeAttachment[]
  /** Of those to detach, the ones that are so by force, and why. */
  readonly forced: ReadonlyMap<VolumeAttachment, 'timeout' | 'out-of-service'>
  /** Nobody needs them, and they wait for the kubelet to let go. */
  readonly held: readonly VolumeAttachment[]
  /** What the Node is to say is attached. */
  readonly attached: readonly string[]
}
export interface AttachWorld {
  /** The pods of the node. */
  readonly pods: readonly Pod[]
  /** The volumes that a pod uses, as far as they are bound. */
  volumesOf(pod: Pod): readonly PersistentVolume[]
  driver(name: string): CSIDriver | undefined
  volume(name: string): PersistentVolume | undefined
  /** All attachments of a volume. */
  attachmentsOf(volume: PersistentVolume): readonly VolumeAttachment[]
  /** What the attachment of a volume to the node is called. */
  attachmentName(volume: PersistentVolume): string
  /** The attachments to the node. */
  readonly attachments: readonly VolumeAttachment[]
  /** How long an attachment has been waited for that nobody needs, and whether that is too long for a node that is not Ready. */
  isOverdue(attachment: VolumeAttachment): boolean
  /** Pods elsewhere that use the volume. */
  othersUsing(volume: PersistentVolume): readonly Pod[]
}

/** The name by which Node and kubelet know a volume; undefined when it is none of a CSI driver. */
export function uniqueName({ spec }: PersistentVolume): string | undefined {
  return spec.csi === undefined ? undefined : `kubernetes.io/csi/${spec.csi.driver}^${spec.csi.volumeHandle}`
}

/** What is to be done about the volumes of a node, as things are. */
export function planAttachments(node: Node, world: AttachWorld): AttachPlan {
  const wanted = wantedOn(world)
  const inUse = new Set(node.status?.volumesInUse ?? [])
  const attach: Wanted[] = []
  const refuse: { readonly wanted: Wanted; readonly message: string }[] = []
  for (const one of wanted.values()) {
    const all = world.attachmentsOf(one.volume)
    if (all.some(({ spec }) => spec.nodeName === node.metadata.name)) continue
    if (all.length > 0 && isExclusive(one.volume)) refuse.push({ wanted: one, message: whyNot(one, world) })
    else attach.push(one)
  }
  const detach: VolumeAttachment[] = []
  const held: VolumeAttachment[] = []
  const forced = new Map<VolumeAttachment, 'timeout' | 'out-of-service'>()
  const isReady = conditionOf(node, 'Ready')?.status === 'True'
  const isOut = node.spec?.taints?.some(({ key }) => key === outOfService) === true
  const attached: string[] = []
  for (const one of world.attachments) {
    const volume = world.volume(one.spec.source.persistentVolumeName ?? '')
    const name = volume === undefined ? undefined : uniqueName(volume)
    const isWanted = name !== undefined && wanted.has(name)
    // Kubernetes: attachments of others' making are left alone, and what the kubelet still has mounted stays attached.
    const isOwn = volume !== undefined && one.metadata.name === world.attachmentName(volume)
    const isMounted = name !== undefined && inUse.has(name)
    const isFree = isOwn && !isWanted
    const isOverdue = isFree && world.isOverdue(one)
    // Kubernetes: of a node that is out, or has not been Ready for long, nobody will unmount it.
    const goes = isFree && (!isMounted || isOut || (isOverdue && !isReady))
    if (isFree && !goes) held.push(one)
    if (goes && one.metadata.deletionTimestamp === undefined) {
      detach.push(one)
      if (isOverdue || isOut) forced.set(one, isOverdue ? 'timeout' : 'out-of-service')
    }
    if (!goes && name !== undefined && one.status?.attached === true) attached.push(name)
  }
  return { attach, refuse, detach, forced, held, attached: attached.sort() }
}

function wantedOn(world: AttachWorld): ReadonlyMap<string, Wanted> {
  const wanted = new Map<string, { readonly volume: PersistentVolume; readonly pods: Pod[] }>()
  for (const pod of world.pods) {
    if (isTerminal(pod as never)) continue
    for (const volume of world.volumesOf(pod)) {
      const name = uniqueName(volume)
      // Kubernetes: a driver that says nothing wants its volumes attached.
      if (name === undefined || world.driver(volume.spec.csi!.driver)?.spec?.attachRequired === false) continue
      const known = wanted.get(name)
      if (known === undefined) wanted.set(name, { volume, pods: [pod] })
      else known.pods.push(pod)
    }
  }
  return wanted
}

/** Kubernetes: only modes that name one node keep others off; a volume without modes is its driver's affair. */
function isExclusive({ spec }: PersistentVolume): boolean {
  const modes = spec.accessModes ?? []
  return modes.length > 0 && !modes.includes('ReadWriteMany') && !modes.includes('ReadOnlyMany')
}

function whyNot({ volume, pods: [pod] }: Wanted, world: AttachWorld): string {
  const others = world.othersUsing(volume)
  const here = others.filter(({ metadata }) => metadata.namespace === pod?.metadata.namespace)
  const elsewhere = others.length - here.length
  const names = here.map(({ metadata }) => metadata.name).join(', ')
  const about = `Multi-Attach error for volume ${JSON.stringify(volume.metadata.name)} `
  if (others.length === 0)
    return `${about}Volume is already exclusively attached to one node and can't be attached to another`
  if (here.length === 0) return `${about}Volume is already used by ${elsewhere} pod(s) in different namespaces`
  const more = elsewhere === 0 ? '' : ` and ${elsewhere} pod(s) in different namespaces`
  return `${about}Volume is already used by pod(s) ${names}${more}`
}
