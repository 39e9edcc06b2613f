import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { timestampOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { Kubelet } from '../kubelet.ts'
import { hostsFilePath } from '../pods/container-config.ts'
import { podCgroupPath } from '../pods/resources.ts'
import { diskUse } from '../pods/storage-limits.ts'
import type { ContainerUsage } from '../runtime/runtime.ts'
import { newestOf, type PodView, podViewOf } from '../sync/containers.ts'
import { partOf, type WholeFs } from './filesystem.ts'
import { type NodeFilesystems, nodeCpuAndMemory, nodeFilesystems, nodeStats } from './node.ts'
import type { CpuRates } from './rates.ts'
import { cpuAndMemoryOf, ioOf, networkOf, sumOf } from './usage.ts'
import type { VolumeMeasuring, VolumeStats } from './volumes.ts'

export interface SummaryParts {
  readonly kubelet: Kubelet
  readonly rates: CpuRates
  readonly startedAtMs: number
  readonly volumes: VolumeMeasuring
}

/** /stats/summary: the node, and each pod with its containers, volumes and interfaces. */
export async function statsSummary(parts: SummaryParts): Promise<object> {
  const { kubelet } = parts
  const [usages, filesystems] = await Promise.all([kubelet.runtime.usage(), nodeFilesystems(kubelet)])
  const [node, pods] = await Promise.all([
    nodeStats(parts, filesystems),
    Promise.all(running(kubelet, usages).map((one) => podStats(parts, one, filesystems))),
  ])
  return { node, pods }
}

/** /stats/summary?only_cpu_and_memory=true: nothing that has to be looked for on disks. */
export async function cpuAndMemorySummary(parts: SummaryParts): Promise<object> {
  const usages = await parts.kubelet.runtime.usage()
  const pods = running(parts.kubelet, usages).map(async (one) => {
    const { usage, ...about } = await podUse(parts, one)
    const containers = one.own.map((own) => containerUse(parts, one.view, own))
    return { ...about, containers, ...cpuAndMemoryOf(parts.rates, rateKeyOf(one), usage, parts.kubelet.clock.now()) }
  })
  return { node: await nodeCpuAndMemory(parts), pods: await Promise.all(pods) }
}

/** A pod of which something runs. */
interface RunningPod {
  readonly pod: Pod
  readonly own: readonly ContainerUsage[]
  readonly view: PodView
}

function running(kubelet: Kubelet, usages: readonly ContainerUsage[]): readonly RunningPod[] {
  const byPod = Map.groupBy(usages, ({ podUid }) => podUid)
  return kubelet.pods().flatMap((pod) => {
    const own = byPod.get(pod.metadata.uid)
    return own === undefined ? [] : [{ pod, own, view: podViewOf(kubelet.observed, pod.metadata.uid) }]
  })
}

/** A restarted container counts from zero: the sum of what it has is another one then. */
const rateKeyOf = ({ pod, own }: RunningPod) =>
  `pod/${pod.metadata.uid}/${own.map(({ containerId }) => containerId).join()}`

/** What a pod uses: all that its group holds, or its containers together where the group does not tell. */
async function podUse({ kubelet }: SummaryParts, { pod, own, view }: RunningPod) {
  const group = await kubelet.cgroups.usage(podCgroupPath(kubelet.settings.cgroupRoot, pod))
  const { name, namespace = '', uid } = pod.metadata
  return {
    usage: group ?? sumOf(own),
    podRef: { name, namespace, uid },
    startTime: timestampOf(view.sandboxes[0]?.createdAtMs ?? kubelet.clock.now()),
  }
}

function containerUse({ rates }: SummaryParts, view: PodView, usage: ContainerUsage): object {
  return {
    name: usage.name,
    startTime: timestampOf(newestOf(view, usage.name)?.createdAtMs ?? usage.atMs),
    ...cpuAndMemoryOf(rates, usage.containerId, usage, usage.atMs),
  }
}

async function podStats(parts: SummaryParts, running: RunningPod, filesystems: NodeFilesystems): Promise<object> {
  const { kubelet, rates } = parts
  const { pod, own, view } = running
  const { usage, ...about } = await podUse(parts, running)
  const on = kubelet.podOnNode(pod.metadata.uid)
  const [containers, volumes, interfaces, hosts] = await Promise.all([
    Promise.all(own.map((one) => containerStats(parts, view, one, filesystems))),
    on === undefined ? { ephemeral: [], others: [] } : parts.volumes.of(on),
    kubelet.runtime.interfaces?.(view.sandboxes[0]?.id ?? ''),
    diskUse(hostsFilePath(kubelet.settings, pod.metadata.uid)),
  ])
  const atMs = kubelet.clock.now()
  const all = [...volumes.ephemeral, ...volumes.others]
  const counted = own.flatMap(({ processes }) => (processes === undefined ? [] : [processes]))
  const { nodeFs } = filesystems
  const storage = [...containers.flatMap(({ rootfs, logs }) => [rootfs, logs]), ...volumes.ephemeral]
  return {
    ...about,
    containers,
    ...cpuAndMemoryOf(rates, rateKeyOf(running), usage, atMs),
    ...ioOf(usage, atMs),
    ...networkOf(interfaces, atMs),
    ...(all.length === 0 ? {} : { volume: all }),
    ...(nodeFs === undefined ? {} : { 'ephemeral-storage': ephemeralStorage(nodeFs, storage, hosts) }),
    ...(counted.length === 0 ? {} : { process_stats: { process_count: counted.reduce((sum, one) => sum + one, 0) } }),
  }
}

interface ContainerStats {
  readonly rootfs?: WholeFs
  readonly logs?: WholeFs
}

async function containerStats(
  parts: SummaryParts,
  view: PodView,
  usage: ContainerUsage,
  { nodeFs, imageFs }: NodeFilesystems,
): Promise<ContainerStats> {
  const { runtime } = parts.kubelet
  const layer = await runtime.writableLayer?.(usage.containerId)
  const logs = await logUse(newestOf(view, usage.name)?.logPath)
  const written = layer === undefined ? undefined : await diskUse(layer)
  const time = timestampOf(usage.atMs)
  return {
    ...containerUse(parts, view, usage),
    ...ioOf(usage, usage.atMs),
    ...(imageFs === undefined || written === undefined
      ? {}
      : { rootfs: partOf(imageFs, written.bytes, written.inodes, time) }),
    ...(nodeFs === undefined ? {} : { logs: partOf(nodeFs, logs.bytes, logs.inodes, time) }),
  }
}

/** Kubernetes: of a container's log directory its files count, and not itself. */
async function logUse(path: string | undefined): Promise<{ readonly bytes: number; readonly inodes: number }> {
  if (path === undefined || path === '') return { bytes: 0, inodes: 0 }
  const directory = dirname(path)
  const files = await readdir(directory, { withFileTypes: true }).catch(() => [])
  const uses = await Promise.all(
    files.filter((file) => !file.isDirectory()).map(({ name }) => diskUse(`${directory}/${name}`)),
  )
  return uses.reduce((sum, use) => ({ bytes: sum.bytes + use.bytes, inodes: sum.inodes + use.inodes }), {
    bytes: 0,
    inodes: 0,
  })
}

/** What a pod has written on the node's disk, all together. */
function ephemeralStorage(
  nodeFs: WholeFs,
  parts: readonly (WholeFs | VolumeStats | undefined)[],
  hosts: { readonly bytes: number; readonly inodes: number },
): WholeFs {
  let { bytes, inodes } = hosts
  let { time } = nodeFs
  for (const part of parts) {
    if (part === undefined) continue
    bytes += part.usedBytes
    inodes += part.inodesUsed
    if (part.time > time) time = part.time
  }
  return partOf(nodeFs, bytes, inodes, time)
}
