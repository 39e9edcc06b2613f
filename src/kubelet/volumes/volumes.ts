import { chmod, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, microTimestampOf, wholeValueOf } from '../../machinery/index.ts'
import { type PersistentVolume, type Pod, type Volume, volumeAnnotations } from '../../resources/index.ts'
import { command } from '../machine/command.ts'
import { isMountPoint, unmountBelow } from '../machine/mounts.ts'
import { giveToGroup, writePayload } from './atomic-writer.ts'
import { blockDeviceAt, mountDevice } from './block-device.ts'
import { type StorageObjects, UnprocessedVolumeError, volumeBehind } from './claims.ts'
import { prepareHostPath } from './host-path.ts'
import { isOwnVolume, makeLocalVolume } from './local-volume.ts'
import { type PayloadSources, payloadOf } from './payload.ts'
import { pluginBehind, pluginOf } from './plugin-names.ts'
import { bindSubPath } from './sub-path.ts'

export interface VolumeParts extends PayloadSources {
  /** Holds a directory per pod uid. */
  readonly podsDirectory: string
  readonly clock: Clock
  readonly storage: StorageObjects
  /** Forgets an image that was mounted at a directory; left out where images cannot be. */
  readonly releaseImage?: ((directory: string) => Promise<void>) | undefined
  /** This process, whose open files `mount` is pointed at. */
  readonly pid: number
  /** Told of each volume that was mounted or taken down, and how long it took. */
  readonly onOperation?: (operation: VolumeOperation) => void
}
export interface VolumeOperation {
  readonly name: 'volume_mount' | 'volume_unmount' | 'volume_fs_resize'
  readonly plugin: string
  readonly seconds: number
  readonly isWell: boolean
}
/** A mounted volume: where its content is on the node. */
export interface MountedVolume {
  readonly hostPath: string
  /** The kind forbids writing (configMap, secret, …). */
  readonly readonly: boolean
  /** Containers get it as a device, not as files. */
  readonly isDevice?: true
  /** How its use is found out, where it can be: by what lies below, or by the file system it is. */
  readonly measure?: 'du' | 'statfs'
  /** The image that is still to be mounted there. */
  readonly image?: NonNullable<Volume['image']>
}
/** A pod's volumes: made before its containers, kept true while it runs, taken down after it. */
export interface Volumes {
  /** Mounts all volumes, or brings them up to date; done twice it changes nothing. */
  mount(pod: Pod): Promise<ReadonlyMap<string, MountedVolume>>
  /** The place of a subPath of a mounted volume, bound so that it cannot be swapped. */
  subPath(
    pod: Pod,
    volume: string,
    container: string,
    index: number,
    hostPath: string,
    subPath: string,
  ): Promise<string>
  /** Whether a refresh of this pod's volumes can change anything. */
  refreshes(pod: Pod): boolean
  unmount(uid: string): Promise<void>
  /** Directory for a container's own small files. */
  containerDirectory(uid: string, container: string): string
}

export function createVolumes(given: VolumeParts): Volumes {
  const parts: KeptParts = { ...given, owned: new Set(), plugins: new Map() }
  const podDirectory = (uid: string) => join(parts.podsDirectory, uid)
  return {
    async mount(pod) {
      const names = new Set((pod.spec.volumes ?? []).map(({ name }) => name))
      const mounted = await Promise.all(
        (pod.spec.volumes ?? []).map(async (volume) => [volume.name, await mountOrTell(parts, pod, volume)] as const),
      )
      return new Map(mounted.filter(([name]) => names.has(name)))
    },
    async subPath(pod, volume, container, index, hostPath, subPath) {
      const target = join(podDirectory(pod.metadata.uid), 'volume-subpaths', volume, container, String(index))
      if (await isMountPoint(target)) await command('umount', ['-l', target])
      await bindSubPath(hostPath, subPath, target, parts.pid)
      return target
    },
    refreshes: (pod) =>
      (pod.spec.volumes ?? []).some(
        ({ configMap, secret, downwardAPI, projected }) =>
          configMap !== undefined || secret !== undefined || downwardAPI !== undefined || projected !== undefined,
      ),
    async unmount(uid) {
      const directory = podDirectory(uid)
      const startedMs = parts.clock.monotonic()
      for (const key of parts.owned) if (key.startsWith(`${uid}/`)) parts.owned.delete(key)
      await unmountBelow(directory)
      const images = join(directory, 'volumes', imagePlugin)
      for (const name of await readdir(images).catch(() => [])) await parts.releaseImage?.(join(images, name))
      await rm(directory, { recursive: true, force: true })
      const seconds = (parts.clock.monotonic() - startedMs) / 1000
      for (const plugin of parts.plugins.get(uid)?.values() ?? [])
        parts.onOperation?.({ name: 'volume_unmount', plugin, seconds, isWell: true })
      parts.plugins.delete(uid)
    },
    containerDirectory: (uid, container) => join(podDirectory(uid), 'containers', container),
  }
}

/** What is known of the volumes that are mounted. */
interface KeptParts extends VolumeParts {
  /** `UID/VOLUME` of those that have been given to their pod's group. */
  readonly owned: Set<string>
  /** By pod and volume: the plugins of those that are mounted. */
  readonly plugins: Map<string, Map<string, string>>
}

async function mountOrTell(parts: KeptParts, pod: Pod, volume: Volume): Promise<MountedVolume> {
  let name = volume.name
  try {
    const behind = await volumeBehind(pod, volume.name, parts.storage)
    if (behind === undefined)
      return await measured(parts, pod, volume, pluginOf(volume), () => mountOne(parts, pod, volume))
    name = behind.volume.metadata.name
    return await measured(parts, pod, volume, pluginBehind(behind.volume), () =>
      mountPersistent(parts, pod, behind.volume, behind.readonly),
    )
  } catch (error) {
    if (error instanceof UnprocessedVolumeError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`MountVolume.SetUp failed for volume "${name}" : ${why}`, { cause: error })
  }
}

/** Mounts it, and tells how that went. */
async function measured(
  parts: KeptParts,
  { metadata: { uid } }: Pod,
  { name }: Volume,
  plugin: string,
  mount: () => Promise<MountedVolume>,
): Promise<MountedVolume> {
  const startedMs = parts.clock.monotonic()
  let isWell = false
  try {
    const mounted = await mount()
    isWell = true
    const known = parts.plugins.get(uid) ?? new Map<string, string>()
    parts.plugins.set(uid, known.set(name, plugin))
    return mounted
  } finally {
    parts.onOperation?.({
      ...{ name: 'volume_mount', plugin, isWell },
      seconds: (parts.clock.monotonic() - startedMs) / 1000,
    })
  }
}

/** A volume that outlives the pod. Kubernetes: only a local one is given to the pod's group, a hostPath never. */
async function mountPersistent(
  parts: KeptParts,
  pod: Pod,
  volume: PersistentVolume,
  readonly: boolean,
): Promise<MountedVolume> {
  const { hostPath, local, volumeMode } = volume.spec
  if (hostPath !== undefined) {
    await prepareHostPath(hostPath)
    return { hostPath: hostPath.path, readonly }
  }
  if (local === undefined)
    throw new Error(`no volume plugin matched: volumes of kind ${kindOf(volume)} are not supported`)
  const { path } = local
  if ((await stat(path).catch(() => undefined)) === undefined) {
    if (
      !isOwnVolume(path, parts.podsDirectory) ||
      volume.metadata.annotations?.[volumeAnnotations.provisionedBy] === undefined
    )
      throw new Error(`path "${path}" does not exist`)
    await makeLocalVolume(path)
  }
  const device = await blockDeviceAt(path)
  if (volumeMode === 'Block') {
    if (device === undefined) throw new Error(`path "${path}" is not a block device`)
    return { hostPath: device, readonly, isDevice: true }
  }
  if (device !== undefined) return mountFilesystem(parts, pod, volume, device, readonly)
  await giveLocal(parts, pod, volume, path, readonly)
  return { hostPath: path, readonly, measure: 'statfs' }
}

/** A local volume whose place is a device holds the filesystem on it. */
async function mountFilesystem(
  parts: KeptParts,
  pod: Pod,
  volume: PersistentVolume,
  device: string,
  readonly: boolean,
): Promise<MountedVolume> {
  const { local, mountOptions: options = [] } = volume.spec
  const directory = volumeDirectory(parts, pod, 'kubernetes.io~local-volume', volume.metadata.name)
  const { fsType } = local!
  await mountDevice(device, directory, { ...(fsType === undefined ? {} : { fsType }), readonly, options })
  await giveLocal(parts, pod, volume, directory, readonly)
  return { hostPath: directory, readonly, measure: 'statfs' }
}

async function giveLocal(
  parts: KeptParts,
  pod: Pod,
  volume: PersistentVolume,
  path: string,
  readonly: boolean,
): Promise<void> {
  const key = `${pod.metadata.uid}/${volume.metadata.name}`
  const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext ?? {}
  if (fsGroup === undefined || readonly || parts.owned.has(key)) return
  if (fsGroupChangePolicy !== 'OnRootMismatch' || !(await isGivenTo(path, fsGroup)))
    await giveToGroup(path, fsGroup, { readonly: false })
  parts.owned.add(key)
}

const groupBits = 0o2070
async function isGivenTo(path: string, group: number): Promise<boolean> {
  const { gid, mode } = await stat(path)
  return gid === group && (mode & groupBits) === groupBits
}

const plainMembers = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
])
const kindOf = ({ spec }: PersistentVolume) => Object.keys(spec).find((key) => !plainMembers.has(key)) ?? 'unknown'

async function mountOne(parts: VolumeParts, pod: Pod, volume: Volume): Promise<MountedVolume> {
  const { emptyDir, hostPath, image } = volume
  if (hostPath !== undefined) {
    await prepareHostPath(hostPath)
    return { hostPath: hostPath.path, readonly: false }
  }
  if (emptyDir !== undefined) return mountEmptyDir(parts, pod, volume)
  if (image !== undefined) return prepareImage(parts, pod, volume, image)
  const payload = await payloadOf(pod, volume, parts)
  if (payload === undefined) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'
    throw new Error(`no volume plugin matched: volumes of kind ${kind} are not supported`)
  }
  const kind = Object.keys(pluginNames).find((key) => volume[key as keyof Volume] !== undefined)!
  const directory = volumeDirectory(parts, pod, pluginNames[kind as keyof typeof pluginNames], volume.name)
  // What holds secrets lives in memory only.
  if (kind === 'secret' || kind === 'projected') await mountTmpfs(directory, 'mode=0755')
  else await mkdir(directory, { recursive: true })
  const group = pod.spec.securityContext?.fsGroup
  const stamp = microTimestampOf(parts.clock.now()).replaceAll(/[-:T]/g, '_').replace('Z', '')
  await writePayload(directory, payload, stamp, async (fresh) => {
    if (group !== undefined) await giveToGroup(fresh, group, { readonly: true })
  })
  return { hostPath: directory, readonly: true, measure: 'du' }
}
const imagePlugin = 'kubernetes.io~image'
const pluginNames = {
  configMap: 'kubernetes.io~configmap',
  secret: 'kubernetes.io~secret',
  downwardAPI: 'kubernetes.io~downward-api',
  projected: 'kubernetes.io~projected',
} as const

function volumeDirectory(parts: VolumeParts, pod: Pod, plugin: string, name: string): string {
  return join(parts.podsDirectory, pod.metadata.uid, 'volumes', plugin, name)
}

/** Kubernetes: the image itself comes when the first container that mounts it starts, and says of itself how that went. */
async function prepareImage(
  parts: VolumeParts,
  pod: Pod,
  { name }: Volume,
  image: NonNullable<Volume['image']>,
): Promise<MountedVolume> {
  const hostPath = volumeDirectory(parts, pod, imagePlugin, name)
  await mkdir(hostPath, { recursive: true })
  return { hostPath, readonly: true, ...((await isMountPoint(hostPath)) ? {} : { image }) }
}

async function mountEmptyDir(parts: VolumeParts, pod: Pod, volume: Volume): Promise<MountedVolume> {
  const directory = volumeDirectory(parts, pod, 'kubernetes.io~empty-dir', volume.name)
  const { medium = '', sizeLimit } = volume.emptyDir!
  const there = await stat(directory).then(
    () => true,
    () => false,
  )
  if (medium === 'Memory') {
    const size = sizeLimit === undefined ? [] : [`size=${wholeValueOf(sizeLimit)}`]
    // Kubernetes: as the kernel has it, so that nobody removes files of others.
    await mountTmpfs(directory, ['mode=1777', ...size].join(','))
  } else if (medium !== '') throw new Error(`unknown storage medium ${JSON.stringify(medium)}`)
  if (there) return { hostPath: directory, readonly: false, measure: 'du' }
  await mkdir(directory, { recursive: true })
  // The umask has taken bits away: set them again.
  if (medium !== 'Memory') await chmod(directory, 0o777)
  const group = pod.spec.securityContext?.fsGroup
  if (group !== undefined) await giveToGroup(directory, group, { readonly: false })
  return { hostPath: directory, readonly: false, measure: 'du' }
}

async function mountTmpfs(directory: string, options: string): Promise<void> {
  if (await isMountPoint(directory)) return
  await mkdir(directory, { recursive: true })
  await command('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
}
