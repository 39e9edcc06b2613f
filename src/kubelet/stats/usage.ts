import { timestampOf } from '../../machinery/index.ts'
import type { CgroupUsage } from '../cgroups/cgroups.ts'
import type { InterfaceUse } from '../runtime/runtime.ts'
import type { CpuRates } from './rates.ts'

/** Processor time and memory as the stats API has them. */
export function cpuAndMemoryOf(rates: CpuRates, key: string, usage: CgroupUsage, atMs: number): object {
  const { usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults, memoryLimitBytes, pressure } = usage
  const time = timestampOf(atMs)
  return {
    cpu: {
      time,
      usageNanoCores: rates.rate(key, usage.cpuNanoseconds, atMs),
      usageCoreNanoSeconds: usage.cpuNanoseconds,
      ...(pressure?.cpu === undefined ? {} : { psi: pressure.cpu }),
    },
    memory: {
      time,
      ...(memoryLimitBytes === undefined ? {} : { availableBytes: Math.max(0, memoryLimitBytes - workingSetBytes) }),
      ...{ usageBytes, workingSetBytes, rssBytes },
      ...(pageFaults === undefined ? {} : { pageFaults }),
      ...(majorPageFaults === undefined ? {} : { majorPageFaults }),
      ...(pressure?.memory === undefined ? {} : { psi: pressure.memory }),
    },
    ...swapOf(usage, time),
  }
}

/** What is waited for on disks, where the kernel tells. */
export function ioOf({ pressure }: CgroupUsage, atMs: number): object {
  return { io: { time: timestampOf(atMs), ...(pressure?.io === undefined ? {} : { psi: pressure.io }) } }
}

function swapOf({ swapBytes, swapLimitBytes }: CgroupUsage, time: string): object {
  if (swapBytes === undefined) return {}
  const available = swapLimitBytes === undefined ? {} : { swapAvailableBytes: Math.max(0, swapLimitBytes - swapBytes) }
  return { swap: { time, ...available, swapUsageBytes: swapBytes } }
}

/** Kubernetes: the interface that stands for all. */
const mainInterface = 'eth0'

/** Interfaces as the stats API has them: the main one by itself, and all. */
export function networkOf(interfaces: readonly InterfaceUse[] | undefined, atMs: number): object {
  if (interfaces === undefined) return {}
  const main = interfaces.find(({ name }) => name === mainInterface) ?? { name: '' }
  return { network: { time: timestampOf(atMs), ...main, interfaces } }
}

/** What several groups use together. */
export function sumOf(usages: readonly CgroupUsage[]): CgroupUsage {
  const sum = (amountOf: (usage: CgroupUsage) => number) => usages.reduce((total, one) => total + amountOf(one), 0)
  return {
    cpuNanoseconds: sum((one) => one.cpuNanoseconds),
    usageBytes: sum((one) => one.usageBytes),
    workingSetBytes: sum((one) => one.workingSetBytes),
    rssBytes: sum((one) => one.rssBytes),
  }
}
