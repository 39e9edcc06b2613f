import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../machinery/index.ts'
import { type GroupPressure, pressureOf } from './pressure.ts'

/** Limits of one cgroup; what is left out stays unlimited. */
export interface CgroupLimits {
  readonly cpuShares?: number
  readonly cpuQuotaUs?: number
  readonly cpuPeriodUs?: number
  readonly memoryLimitBytes?: number
  readonly pidsMax?: number
}
export interface CgroupUsage {
  readonly cpuNanoseconds: number
  readonly workingSetBytes: number
  readonly usageBytes: number
  readonly rssBytes: number
  readonly pageFaults?: number
  readonly majorPageFaults?: number
  /** What it may use at most; left out where nothing limits it. */
  readonly memoryLimitBytes?: number
  readonly swapBytes?: number
  readonly swapLimitBytes?: number
  /** How many processes are in it, not counting the groups below. */
  readonly processes?: number
  /** How long its processes wait for something; only version 2 tells. */
  readonly pressure?: GroupPressure
}
/** The kernel's control groups, version 1, hybrid or 2, by path below the root: `/kubepods/pod1`. */
export interface Cgroups {
  readonly version: 1 | 2
  /** Creates the group and its parents, and sets limits. Again on an existing one: changes the limits. */
  ensure(path: string, limits: CgroupLimits): Promise<void>
  /** Kills what runs below the path and removes it in every hierarchy; done when it is not there. */
  remove(path: string): Promise<void>
  /** Names of the groups directly below. */
  children(path: string): Promise<readonly string[]>
  usage(path: string): Promise<CgroupUsage | undefined>
  /** The processes of a group, not counting the groups below. */
  processes(path: string): Promise<readonly number[]>
  /** Where a group's files on memory are. */
  directory(path: string): string
}

/** Kubernetes: cpu.shares 2..262144 of version 1 map linearly onto cpu.weight 1..10000 of version 2. */
export function cpuWeightOf(shares: number): number {
  return Math.floor(1 + ((Math.min(Math.max(shares, 2), 262_144) - 2) * 9999) / 262_142)
}

/** The group that a process is in, as its /proc/PID/cgroup tells: that of its memory. */
export function ownCgroup(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.split(':'))
  const memory = lines.find(([, controllers]) => controllers?.split(',').includes('memory') === true)
  return (memory ?? lines.find(([hierarchy]) => hierarchy === '0'))?.slice(2).join(':')
}

/** The cgroups of this machine, as its mounts tell. */
export function systemCgroups(clock: Clock, mounts = readFileSync('/proc/self/mounts', 'utf8')): Cgroups {
  const rows = mounts.split('\n').map((line) => line.split(' '))
  const version1 = new Map<string, string>()
  let unified: string | undefined
  for (const [, point, type, options] of rows) {
    if (type === 'cgroup2') unified ??= point!
    if (type !== 'cgroup') continue
    for (const option of options!.split(',')) version1.set(option.replace('name=', ''), point!)
  }
  if (version1.has('memory') || unified === undefined) {
    const roots = [...new Set(version1.values()), ...(unified === undefined ? [] : [unified])]
    return {
      version: 1,
      ...versionOne(version1),
      ...removal(clock, roots),
      children: childrenIn(version1.get('memory')!),
      directory: (path) => join(version1.get('memory')!, path),
    }
  }
  const root = unified
  const directory = (path: string) => join(root, path)
  return { version: 2, ...versionTwo(root), ...removal(clock, [root]), children: childrenIn(root), directory }
}

type Reading = Pick<Cgroups, 'ensure' | 'usage' | 'processes'>

/** A limit as far as it is one: the kernel writes none as the largest multiple of a page, or as `max`. */
function limited<N extends string>(name: N, text: string | number | undefined): Partial<Record<N, number>> {
  const bytes = Number(text)
  return Number.isFinite(bytes) && bytes > 0 && bytes < unlimitedBytes ? ({ [name]: bytes } as Record<N, number>) : {}
}
const unlimitedBytes = 2 ** 62
const pidsIn = (text: string | undefined) =>
  (text ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)

function versionOne(roots: ReadonlyMap<string, string>): Reading {
  const at = (controller: string, path: string) => join(roots.get(controller) ?? '/nowhere', path)
  return {
    async ensure(path, limits) {
      const controllers = ['cpu', 'memory', 'pids'].filter((controller) => roots.has(controller))
      await Promise.all(controllers.map((controller) => mkdir(at(controller, path), { recursive: true })))
      const write = (controller: string, file: string, value: number | undefined) =>
        value === undefined || !roots.has(controller)
          ? undefined
          : writeFile(join(at(controller, path), file), String(value))
      const bandwidth = async () => {
        await write('cpu', 'cpu.cfs_period_us', limits.cpuPeriodUs)
        await write('cpu', 'cpu.cfs_quota_us', limits.cpuQuotaUs)
      }
      await Promise.all([
        write('cpu', 'cpu.shares', limits.cpuShares),
        bandwidth(),
        write('memory', 'memory.limit_in_bytes', limits.memoryLimitBytes),
        write('pids', 'pids.max', limits.pidsMax),
      ])
    },
    async usage(path) {
      const memory = at('memory', path)
      const [stat, usage, cpu, procs] = await Promise.all([
        tryRead(join(memory, 'memory.stat')),
        tryRead(join(memory, 'memory.usage_in_bytes')),
        tryRead(join(at('cpuacct', path), 'cpuacct.usage')),
        tryRead(join(memory, 'cgroup.procs')),
      ])
      if (stat === undefined || usage === undefined) return undefined
      const usageBytes = Number(usage)
      return {
        cpuNanoseconds: Number(cpu ?? 0),
        usageBytes,
        workingSetBytes: Math.max(0, usageBytes - statValue(stat, 'total_inactive_file')),
        rssBytes: statValue(stat, 'total_rss'),
        pageFaults: statValue(stat, 'total_pgfault'),
        majorPageFaults: statValue(stat, 'total_pgmajfault'),
        swapBytes: statValue(stat, 'total_swap'),
        ...limited('memoryLimitBytes', statValue(stat, 'hierarchical_memory_limit')),
        processes: pidsIn(procs).length,
      }
    },
    processes: async (path) => pidsIn(await tryRead(join(at('memory', path), 'cgroup.procs'))),
  }
}

function versionTwo(root: string): Reading {
  return {
    async ensure(path, limits) {
      // A group has only the controllers that every group above it hands down.
      let above = root
      for (const name of path.split('/').filter((part) => part !== '')) {
        const control = join(above, 'cgroup.subtree_control')
        const handDown = (controller: string) => writeFile(control, `+${controller}`).catch(() => {})
        await Promise.all(['cpu', 'memory', 'pids', 'cpuset', 'io'].map(handDown))
        above = join(above, name)
        await mkdir(above, { recursive: true })
      }
      const write = (file: string, value: string | number | undefined) =>
        value === undefined ? undefined : writeFile(join(root, path, file), String(value))
      const quota = limits.cpuQuotaUs
      await write('cpu.weight', limits.cpuShares === undefined ? undefined : cpuWeightOf(limits.cpuShares))
      if (quota !== undefined) await write('cpu.max', `${quota < 0 ? 'max' : quota} ${limits.cpuPeriodUs ?? 100_000}`)
      const memory = limits.memoryLimitBytes
      await write('memory.max', memory !== undefined && memory < 0 ? 'max' : memory)
      await write('pids.max', limits.pidsMax)
    },
    async usage(path) {
      const read = (file: string) => tryRead(join(root, path, file))
      const [stat, usage, cpu, procs, limit, swap, swapLimit, pressure] = await Promise.all([
        read('memory.stat'),
        read('memory.current'),
        read('cpu.stat'),
        read('cgroup.procs'),
        read('memory.max'),
        read('memory.swap.current'),
        read('memory.swap.max'),
        pressureOf(read),
      ])
      if (stat === undefined || usage === undefined) return undefined
      const usageBytes = Number(usage)
      return {
        cpuNanoseconds: statValue(cpu ?? '', 'usage_usec') * 1000,
        usageBytes,
        workingSetBytes: Math.max(0, usageBytes - statValue(stat, 'inactive_file')),
        rssBytes: statValue(stat, 'anon'),
        pageFaults: statValue(stat, 'pgfault'),
        majorPageFaults: statValue(stat, 'pgmajfault'),
        ...(swap === undefined ? {} : { swapBytes: Number(swap) }),
        ...limited('memoryLimitBytes', limit),
        ...limited('swapLimitBytes', swapLimit),
        processes: pidsIn(procs).length,
        ...(pressure === undefined ? {} : { pressure }),
      }
    },
    processes: async (path) => pidsIn(await tryRead(join(root, path, 'cgroup.procs'))),
  }
}

/** Killed processes take their time to go while the machine is busy. */
const removeTries = 120
const removeRetryMs = 25

function removal(clock: Clock, roots: readonly string[]): Pick<Cgroups, 'remove'> {
  async function removeTree(directory: string): Promise<void> {
    for (let tries = 0; tries < removeTries; tries++) {
      const groups = await groupsBelow(directory)
      if (groups.length === 0) return
      let left = false
      for (const group of groups) {
        for (const pid of ((await tryRead(join(group, 'cgroup.procs'))) ?? '').split('\n'))
          if (pid !== '') kill(Number(pid))
        // What runc had frozen when it was ended itself does not die, in version 1, before it is let go.
        await writeFile(join(group, 'freezer.state'), 'THAWED', { flag: 'r+' }).catch(() => {})
        await rmdir(group).catch((error: NodeJS.ErrnoException) => {
          left ||= error.code !== 'ENOENT'
        })
      }
      if (!left) return
      await clock.sleep(removeRetryMs)
    }
    throw new Error(`cgroup ${directory} cannot be removed: processes are still in it`)
  }
  return {
    async remove(path) {
      if (path.split('/').every((part) => part === '')) throw new RangeError('the root cgroup is not ours to remove')
      await Promise.all(roots.map((root) => removeTree(join(root, path))))
    },
  }
}

/** The directory and all below it, deepest first. */
async function groupsBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined)
  if (entries === undefined) return []
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => groupsBelow(join(directory, entry.name))),
  )
  return [...below.flat(), directory]
}
function childrenIn(root: string): Cgroups['children'] {
  return async (path) => {
    const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => [])
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  }
}
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}
const tryRead = (path: string) => readFile(path, 'utf8').catch(() => undefined)

function statValue(stat: string, key: string): number {
  const match = new RegExp(`^${key} (\\d+)$`, 'm').exec(stat)
  return match === null ? 0 : Number(match[1])
}
