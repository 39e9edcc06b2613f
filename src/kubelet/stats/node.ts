import { readFile, stat } from 'node:fs/promises'
import { timestampOf } from '../../machinery/index.ts'
import { ownCgroup } from '../cgroups/cgroups.ts'
import type { Kubelet } from '../kubelet.ts'
import { interfacesOf } from '../machine/interfaces.ts'
import { bootedAtMs, processRoom } from '../machine/machine.ts'
import { filesystemOf, partOf, type WholeFs } from './filesystem.ts'
import type { SummaryParts } from './summary.ts'
import { cpuAndMemoryOf, ioOf, networkOf } from './usage.ts'

/** The file systems of a node: the one that volumes and logs are on, and the one of images and containers. */
export interface NodeFilesystems {
  readonly nodeFs: WholeFs | undefined
  readonly imageFs: WholeFs | undefined
}

/** Looks at the node's file systems; one that is not there is left out. */
export async function nodeFilesystems({ settings, runtime, clock }: Kubelet): Promise<NodeFilesystems> {
  const time = timestampOf(clock.now())
  const images = await runtime.imageFilesystem()
  const [nodeFs, imageFs] = await Promise.all([
    filesystemOf(settings.rootDirectory, time),
    filesystemOf(images.path, time),
  ])
  return { nodeFs, imageFs: imageFs && partOf(imageFs, images.usedBytes, images.usedInodes) }
}

/** The node as the stats API has it. */
export async function nodeStats(parts: SummaryParts, filesystems: NodeFilesystems): Promise<object> {
  const { kubelet, rates } = parts
  const { settings, clock } = kubelet
  const [usage, booted, interfaces, pids, systemContainers] = await Promise.all([
    kubelet.nodeUsage(),
    bootedAtMs(),
    interfacesOf('self').catch(() => undefined),
    processRoom(),
    systemContainersOf(parts),
  ])
  const atMs = clock.now()
  const { nodeFs, imageFs } = filesystems
  return {
    nodeName: settings.nodeName,
    systemContainers,
    startTime: timestampOf(booted ?? parts.startedAtMs),
    ...cpuAndMemoryOf(rates, 'node', { ...usage, memoryLimitBytes: kubelet.machine.memoryBytes }, atMs),
    ...ioOf(usage, atMs),
    ...networkOf(interfaces, atMs),
    ...(nodeFs === undefined ? {} : { fs: nodeFs }),
    // Kubernetes: behind CRI what containers write counts to the file system of images.
    runtime: imageFs === undefined ? {} : { imageFs, containerFs: imageFs },
    rlimit: { time: timestampOf(atMs), ...(pids === undefined ? {} : { maxpid: pids.max, curproc: pids.now }) },
  }
}

/** The node's processor time and memory alone. */
export async function nodeCpuAndMemory(parts: SummaryParts): Promise<object> {
  const { kubelet, rates } = parts
  const [usage, booted, systemContainers] = await Promise.all([
    kubelet.nodeUsage(),
    bootedAtMs(),
    systemContainersOf(parts),
  ])
  return {
    nodeName: kubelet.settings.nodeName,
    systemContainers,
    startTime: timestampOf(booted ?? parts.startedAtMs),
    ...cpuAndMemoryOf(rates, 'node', { ...usage, memoryLimitBytes: kubelet.machine.memoryBytes }, kubelet.clock.now()),
  }
}

/** Kubernetes: the groups that the node's own parts are in: the kubelet's, and the one above all pods. */
async function systemContainersOf({ kubelet, rates, startedAtMs }: SummaryParts): Promise<readonly object[]> {
  const { cgroups, settings, clock } = kubelet
  const own = ownCgroup(await readFile('/proc/self/cgroup', 'utf8').catch(() => ''))
  const groups = [
    { name: 'kubelet', path: own, startedMs: startedAtMs },
    { name: 'pods', path: settings.cgroupRoot, startedMs: undefined },
  ]
  const found = await Promise.all(
    groups.map(async ({ name, path, startedMs }) => {
      const usage = path === undefined || path === '' ? undefined : await cgroups.usage(path)
      if (usage === undefined) return []
      const atMs = clock.now()
      const sinceMs = startedMs ?? (await createdMs(kubelet, path!)) ?? startedAtMs
      const measured = cpuAndMemoryOf(rates, `system/${name}`, usage, atMs)
      return [{ name, startTime: timestampOf(sinceMs), ...measured, ...ioOf(usage, atMs) }]
    }),
  )
  return found.flat()
}

async function createdMs({ cgroups }: Kubelet, path: string): Promise<number | undefined> {
  return (await stat(cgroups.directory(path)).catch(() => undefined))?.ctimeMs
}
