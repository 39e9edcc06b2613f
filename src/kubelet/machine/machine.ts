import { readFileSync, statfsSync } from 'node:fs'
import { readFile, statfs } from 'node:fs/promises'
import { arch, availableParallelism, hostname, release, totalmem } from 'node:os'
import type { CgroupUsage } from '../cgroups/cgroups.ts'
import { pressureOf } from '../cgroups/pressure.ts'
import type { NodeRoom } from '../node/pressure.ts'

/** What a machine is and has, as its Node tells. */
export interface Machine {
  readonly cpus: number
  readonly memoryBytes: number
  readonly diskBytes: number
  readonly architecture: string
  readonly kernelVersion: string
  readonly osImage: string
  readonly machineId: string
  readonly systemUuid: string
  readonly bootId: string
  readonly hostname: string
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** This machine; `directory` is on the disk that pods write to. */
export function thisMachine(directory: string): Machine {
  const text = (path: string) => {
    try {
      return readFileSync(path, 'utf8').trim()
    } catch {
      return ''
    }
  }
  const { blocks, bsize } = statfsSync(directory)
  const machineId = text('/etc/machine-id')
  const name = arch()
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    diskBytes: blocks * bsize,
    architecture: architectures[name] ?? name,
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?(.*?)"?$/m.exec(text('/etc/os-release'))?.[1] ?? 'Linux',
    machineId,
    systemUuid: text('/sys/class/dmi/id/product_uuid') || machineId,
    bootId: text('/proc/sys/kernel/random/boot_id'),
    hostname: hostname(),
  }
}

/** The kernel counts processor time in hundredths of a second. */
const nanosecondsPerTick = 1e7

/** What all of this machine uses. */
export async function machineUsage(): Promise<CgroupUsage> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => undefined)
  const [stat, memory, paging, pressure] = await Promise.all([
    readFile('/proc/stat', 'utf8'),
    readFile('/proc/meminfo', 'utf8'),
    read('/proc/vmstat'),
    pressureOf((file) => read(`/proc/pressure/${file.replace('.pressure', '')}`)),
  ])
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '')
    .split(' ')
    .map(Number)
  const bytesOf = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(memory)?.[1] ?? 0) * 1024
  return {
    cpuNanoseconds: (user + nice + system + irq + softIrq + steal) * nanosecondsPerTick,
    usageBytes: bytesOf('MemTotal') - bytesOf('MemFree'),
    workingSetBytes: bytesOf('MemTotal') - bytesOf('MemAvailable'),
    rssBytes: bytesOf('AnonPages'),
    ...(paging === undefined
      ? {}
      : { pageFaults: countOf(paging, 'pgfault'), majorPageFaults: countOf(paging, 'pgmajfault') }),
    swapBytes: bytesOf('SwapTotal') - bytesOf('SwapFree'),
    swapLimitBytes: bytesOf('SwapTotal'),
    ...(pressure === undefined ? {} : { pressure }),
  }
}
const countOf = (text: string, name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)

/** When this machine was started; undefined where the kernel does not tell. */
export async function bootedAtMs(): Promise<number | undefined> {
  const stat = await readFile('/proc/stat', 'utf8').catch(() => '')
  const seconds = /^btime (\d+)$/m.exec(stat)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

/** How many processes and threads there may be on this machine, and how many there are. */
export async function processRoom(): Promise<{ readonly max: number; readonly now: number } | undefined> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '')
  const [load, pidMax, threadsMax] = await Promise.all([
    read('/proc/loadavg'),
    read('/proc/sys/kernel/pid_max'),
    read('/proc/sys/kernel/threads-max'),
  ])
  const max = Math.min(...[pidMax, threadsMax].map(Number).filter((limit) => limit > 0))
  return Number.isFinite(max) ? { max, now: Number(/\/(\d+) /.exec(load)?.[1] ?? 0) } : undefined
}

/** What is left on this machine: its memory, its process ids, and the disks that pods and images are on. */
export async function machineRoom(directories: { readonly pods: string; readonly images: string }): Promise<NodeRoom> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '')
  const [memory, pids, nodefs, imagefs] = await Promise.all([
    read('/proc/meminfo'),
    processRoom(),
    statfs(directories.pods),
    statfs(directories.images),
  ])
  const bytesOf = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(memory)?.[1] ?? 0) * 1024
  const bytes = ({ bavail, blocks, bsize }: typeof nodefs) => ({ available: bavail * bsize, capacity: blocks * bsize })
  const inodes = ({ ffree, files }: typeof nodefs) => ({ available: ffree, capacity: files })
  return {
    'memory.available': { available: bytesOf('MemAvailable'), capacity: bytesOf('MemTotal') },
    'nodefs.available': bytes(nodefs),
    'nodefs.inodesFree': inodes(nodefs),
    'imagefs.available': bytes(imagefs),
    'imagefs.inodesFree': inodes(imagefs),
    ...(pids === undefined ? {} : { 'pid.available': { available: pids.max - pids.now, capacity: pids.max } }),
  }
}
