import { timestampOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { partOf, type WholeFs } from '../stats/filesystem.ts'
import { describeNode, type SimulatedNodeSettings } from './describe.ts'

/** A simulated pod of which something runs, and what each of its containers has used. */
export interface CountedPod {
  readonly pod: Pod
  readonly startedAtMs: number
  readonly cpuNanos: number
  readonly nanoCores: number
  readonly memoryBytes: number
}

/** As if a container had written its pid file, and a line into its log. */
const written = { rootfs: { bytes: 28_672, inodes: 8 }, logs: { bytes: 4096, inodes: 1 } }
/** What a volume of a few small files takes, and an empty one. */
const payload = { bytes: 12_288, inodes: 5 }
const empty = { bytes: 4096, inodes: 1 }
const bytesPerInode = 16_384
/** As if the system and its images had taken a tenth, and half of that, of the disk. */
const systemShare = 0.1
const imagesShare = 0.05
const pids = { max: 4_194_304, system: 100 }

/** What a kubelet would answer to /stats/summary on a simulated node: the members a real one gives, with likely values. */
export function simulatedSummary(
  node: SimulatedNodeSettings,
  pods: readonly CountedPod[],
  cpuNanos: number,
  startedAtMs: number,
  nowMs: number,
): object {
  const { machine } = describeNode(node, node.address ?? '', 0, '')
  const time = timestampOf(nowMs)
  const disk = diskOf(machine.diskBytes, time)
  const shown = pods.map((one) => podSummary(one, disk, nowMs))
  const sum = (amountOf: (one: CountedPod) => number) =>
    pods.reduce((total, one) => total + amountOf(one) * one.pod.spec.containers.length, 0)
  const memoryBytes = sum((one) => one.memoryBytes)
  const total = { cpuNanos, nanoCores: sum((one) => one.nanoCores), memoryBytes }
  const containers = pods.reduce((count, { pod }) => count + pod.spec.containers.length, 0)
  return {
    node: {
      nodeName: node.name,
      systemContainers: [{ name: 'pods', startTime: timestampOf(startedAtMs), ...used(total, time) }],
      startTime: timestampOf(startedAtMs),
      ...used(total, time, machine.memoryBytes),
      ...networkAt(time),
      fs: partOf(
        disk,
        Math.round(disk.capacityBytes * systemShare) + shown.reduce((bytes, one) => bytes + one.bytes, 0),
        Math.round(disk.inodes * systemShare),
      ),
      runtime: { imageFs: imagesOf(disk), containerFs: imagesOf(disk) },
      rlimit: { time, maxpid: pids.max, curproc: pids.system + containers },
    },
    pods: shown.map(({ stats }) => stats),
  }
}

function diskOf(capacityBytes: number, time: string): WholeFs {
  const inodes = Math.floor(capacityBytes / bytesPerInode)
  const availableBytes = Math.round(capacityBytes * (1 - systemShare))
  const inodesFree = Math.round(inodes * (1 - systemShare))
  return {
    ...{ time, availableBytes, capacityBytes, usedBytes: capacityBytes - availableBytes },
    ...{ inodesFree, inodes, inodesUsed: inodes - inodesFree },
  }
}
const imagesOf = (disk: WholeFs) =>
  partOf(disk, Math.round(disk.capacityBytes * imagesShare), Math.round(disk.inodes * imagesShare))

function podSummary(one: CountedPod, disk: WholeFs, nowMs: number): { readonly stats: object; readonly bytes: number } {
  const { pod, startedAtMs } = one
  const { name, namespace = '', uid } = pod.metadata
  const time = timestampOf(nowMs)
  const startTime = timestampOf(startedAtMs)
  const count = pod.spec.containers.length
  const volumes = (pod.spec.volumes ?? []).flatMap((volume) => {
    const isOnDisk = volume.emptyDir !== undefined && (volume.emptyDir.medium ?? '') === ''
    const hasFiles = volume.configMap ?? volume.secret ?? volume.projected ?? volume.downwardAPI
    if (hasFiles === undefined && volume.emptyDir === undefined) return []
    const use = hasFiles === undefined ? empty : payload
    const isEphemeral = isOnDisk || volume.configMap !== undefined
    return [{ isEphemeral, use, stats: { ...partOf(disk, use.bytes, use.inodes), name: volume.name } }]
  })
  // Kubernetes: those that go with the pod come first.
  const inOrder = [
    ...volumes.filter((volume) => volume.isEphemeral),
    ...volumes.filter((volume) => !volume.isEphemeral),
  ]
  const ephemeral = volumes.filter((volume) => volume.isEphemeral).map(({ use }) => use)
  const each = [...ephemeral, ...pod.spec.containers.flatMap(() => [written.rootfs, written.logs]), empty]
  const bytes = each.reduce((total, use) => total + use.bytes, 0)
  const inodes = each.reduce((total, use) => total + use.inodes, 0)
  const stats = {
    podRef: { name, namespace, uid },
    startTime,
    containers: pod.spec.containers.map((container) => ({
      name: container.name,
      startTime,
      ...used(one, time),
      rootfs: partOf(disk, written.rootfs.bytes, written.rootfs.inodes),
      logs: partOf(disk, written.logs.bytes, written.logs.inodes),
    })),
    ...used(
      { cpuNanos: one.cpuNanos * count, nanoCores: one.nanoCores * count, memoryBytes: one.memoryBytes * count },
      time,
    ),
    ...networkAt(time),
    ...(inOrder.length === 0 ? {} : { volume: inOrder.map((volume) => volume.stats) }),
    'ephemeral-storage': partOf(disk, bytes, inodes),
    process_stats: { process_count: count },
  }
  return { stats, bytes }
}

function used(
  { cpuNanos, nanoCores, memoryBytes }: Pick<CountedPod, 'cpuNanos' | 'nanoCores' | 'memoryBytes'>,
  time: string,
  capacityBytes?: number,
): object {
  return {
    cpu: { time, usageNanoCores: Math.round(nanoCores), usageCoreNanoSeconds: Math.round(cpuNanos) },
    memory: {
      time,
      ...(capacityBytes === undefined ? {} : { availableBytes: Math.max(0, capacityBytes - memoryBytes) }),
      ...{ usageBytes: memoryBytes, workingSetBytes: memoryBytes, rssBytes: memoryBytes },
      ...{ pageFaults: 0, majorPageFaults: 0 },
    },
    swap: { time, swapAvailableBytes: 0, swapUsageBytes: 0 },
  }
}

/** Nothing goes over the network of a simulated node. */
function networkAt(time: string): object {
  const main = { name: 'eth0', rxBytes: 0, rxErrors: 0, txBytes: 0, txErrors: 0 }
  return { network: { time, ...main, interfaces: [main] } }
}
