import { lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { wholeValueOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { isSidecar, type PodView } from '../sync/containers.ts'
import type { MountedVolume } from '../volumes/volumes.ts'
import type { Verdict } from './context.ts'
import { podTotal } from './resources.ts'

/** Where what a pod writes on the node's disk lies. */
export interface PodStorage {
  readonly mounted: ReadonlyMap<string, MountedVolume>
  readonly view: PodView
  /** The directory of what a container has changed in its image; undefined where the runtime does not say. */
  writableLayer(containerId: string): Promise<string | undefined>
}
const ephemeral = 'ephemeral-storage'

/** Whether anything limits what the pod may write. */
export function limitsStorage({ spec }: Pod): boolean {
  const byVolume = (spec.volumes ?? []).some(
    ({ emptyDir }) => emptyDir?.sizeLimit !== undefined && emptyDir.medium !== 'Memory',
  )
  return (
    byVolume ||
    [...(spec.initContainers ?? []), ...spec.containers].some((one) => one.resources?.limits?.[ephemeral] !== undefined)
  )
}

/** Kubernetes: a pod that has written more than it may is evicted, with what it exceeded as the message. */
export async function storageVerdict(pod: Pod, storage: PodStorage): Promise<Verdict | undefined> {
  const { mounted, view } = storage
  let total = 0
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const path = mounted.get(name)?.hostPath
    if (emptyDir === undefined || emptyDir.medium === 'Memory' || path === undefined) continue
    const used = await diskUsage(path)
    total += used
    const { sizeLimit } = emptyDir
    if (sizeLimit !== undefined && wholeValueOf(sizeLimit) > 0 && used > wholeValueOf(sizeLimit))
      return evicted(`Usage of EmptyDir volume "${name}" exceeds the limit "${sizeLimit}". `)
  }
  for (const container of [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]) {
    const instance = view.instances.get(container.name)?.[0]
    if (instance === undefined) continue
    const used = await containerUsage(instance, storage)
    total += used
    const limit = container.resources?.limits?.[ephemeral]
    if (limit !== undefined && used > wholeValueOf(limit))
      return evicted(`Container ${container.name} exceeded its local ephemeral storage limit "${limit}". `)
  }
  const limit = podTotal(pod, 'limits', ephemeral, wholeValueOf)
  if (limit?.all === true && total > limit.sum)
    return evicted(`Pod ephemeral local storage usage exceeds the total limit of containers ${limit.sum}. `)
  return undefined
}
const evicted = (message: string): Verdict => ({ reason: 'Evicted', message })

async function containerUsage(instance: ObservedContainer, storage: PodStorage): Promise<number> {
  const layer = await storage.writableLayer(instance.id)
  const logs = instance.logPath === '' ? 0 : await diskUsage(dirname(instance.logPath))
  return logs + (layer === undefined ? 0 : await diskUsage(layer))
}

/** So many bytes on disk, in so many files and directories. */
export interface DiskUse {
  readonly bytes: number
  readonly inodes: number
}
const noUse: DiskUse = { bytes: 0, inodes: 0 }
const sumOf = (uses: readonly DiskUse[]): DiskUse =>
  uses.reduce((sum, use) => ({ bytes: sum.bytes + use.bytes, inodes: sum.inodes + use.inodes }), noUse)

/** What a pod has written on the node's disk: its emptyDirs, its logs, and what its containers changed in their images. */
export async function podDiskUse(pod: Pod, { mounted, view, writableLayer }: PodStorage): Promise<DiskUse> {
  const paths: (string | undefined)[] = (pod.spec.volumes ?? [])
    .filter(({ emptyDir }) => emptyDir !== undefined && emptyDir.medium !== 'Memory')
    .map(({ name }) => mounted.get(name)?.hostPath)
  for (const [newest] of view.instances.values()) {
    if (newest === undefined) continue
    if (newest.logPath !== '') paths.push(dirname(newest.logPath))
    paths.push(await writableLayer(newest.id))
  }
  return sumOf(await Promise.all(paths.map((path) => (path === undefined ? noUse : diskUse(path)))))
}

/** What lies on disk below a path, and it; what vanishes while being counted counts nothing. */
export async function diskUse(path: string): Promise<DiskUse> {
  const found = await lstat(path).catch(() => undefined)
  if (found === undefined) return noUse
  const own = { bytes: found.blocks * 512, inodes: 1 }
  if (!found.isDirectory()) return own
  const uses = [own]
  for (const name of await readdir(path).catch(() => [])) uses.push(await diskUse(join(path, name)))
  return sumOf(uses)
}

/** Bytes on disk below a path; what vanishes while being counted counts nothing. */
export async function diskUsage(path: string): Promise<number> {
  return (await diskUse(path)).bytes
}
