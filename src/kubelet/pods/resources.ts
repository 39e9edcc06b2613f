import { milliValueOf, wholeValueOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { CgroupLimits } from '../cgroups/cgroups.ts'
import type { ContainerResources } from '../runtime/runtime.ts'
import { type AnyContainer, isSidecar } from '../sync/containers.ts'
import { qosClassOf } from '../sync/qos.ts'

const cpuPeriodUs = 100_000
const cpuQuotaUsMin = 1000
const cpuSharesMin = 2
const cpuSharesMax = 262_144

/** Kubernetes: 1024 shares per processor, at least 2. */
export function cpuSharesOf(milliCpu: number): number {
  return Math.min(cpuSharesMax, Math.max(cpuSharesMin, Math.floor((milliCpu * 1024) / 1000)))
}
function cpuQuotaOf(milliCpu: number): Pick<CgroupLimits, 'cpuQuotaUs' | 'cpuPeriodUs'> {
  if (milliCpu <= 0) return {}
  return { cpuQuotaUs: Math.max(cpuQuotaUsMin, (milliCpu * cpuPeriodUs) / 1000), cpuPeriodUs }
}

/** A container's cgroup values. Kubernetes: what it does not limit itself is limited as the pod as a whole is. */
export function containerResources(pod: Pod, container: AnyContainer, nodeMemoryBytes: number): ContainerResources {
  const { requests = {}, limits: own } = container.resources ?? {}
  const limits = { ...pod.spec.resources?.limits, ...own }
  const cpuLimit = limits['cpu'] === undefined ? 0 : milliValueOf(limits['cpu'])
  const cpuRequest = requests['cpu'] === undefined ? cpuLimit : milliValueOf(requests['cpu'])
  const memoryLimitBytes = limits['memory'] === undefined ? 0 : wholeValueOf(limits['memory'])
  return {
    cpuShares: cpuSharesOf(cpuRequest),
    ...cpuQuotaOf(cpuLimit),
    ...(memoryLimitBytes === 0 ? {} : { memoryLimitBytes }),
    oomScoreAdj: oomScoreAdj(pod, container, nodeMemoryBytes),
  }
}

/**
 * Kubernetes: the more memory a burstable container asked for, the later it is killed; what the pod asks for beyond its
 * containers is shared among them, and a sidecar does not go before the main containers.
 */
function oomScoreAdj(pod: Pod, container: AnyContainer, nodeMemoryBytes: number): number {
  if ((pod.spec.priority ?? 0) >= 2_000_000_000) return -997
  const qos = pod.status.qosClass ?? qosClassOf(pod)
  if (qos === 'Guaranteed') return -997
  if (qos === 'BestEffort') return 1000
  const { initContainers = [], containers, resources } = pod.spec
  const requested = (one: AnyContainer) => wholeValueOf(one.resources?.requests?.['memory'] ?? '0')
  const whole = wholeValueOf(resources?.requests?.['memory'] ?? '0')
  const { resources: _, overhead: __, ...apart } = pod.spec
  const stated = whole === 0 ? 0 : (podTotal({ ...pod, spec: apart }, 'requests', 'memory', wholeValueOf)?.sum ?? 0)
  const share = whole === 0 ? 0 : Math.trunc((whole - stated) / (containers.length + initContainers.length))
  const least = isSidecar(container) ? Math.min(...containers.map(requested)) : 0
  const asked = Math.max(requested(container), least) + share
  return Math.min(999, Math.max(3, 1000 - Math.trunc((1000 * asked) / Math.max(1, nodeMemoryBytes))))
}

/** The pod's cgroup: by quality of service below the root. */
export function podCgroupPath(root: string, pod: Pod): string {
  const qos = pod.status.qosClass ?? qosClassOf(pod)
  const folder = qos === 'Guaranteed' ? '' : `/${qos.toLowerCase()}`
  return `${root}${folder}/pod${pod.metadata.uid}`
}

/** Limits of the pod as a whole: those that every container has, summed up. */
export function podCgroupLimits(pod: Pod): CgroupLimits {
  const cpuRequest = podTotal(pod, 'requests', 'cpu', milliValueOf)
  const cpuLimit = podTotal(pod, 'limits', 'cpu', milliValueOf)
  const memoryLimit = podTotal(pod, 'limits', 'memory', wholeValueOf)
  return {
    cpuShares: cpuSharesOf(cpuRequest?.sum ?? 0),
    ...(cpuLimit?.all === true ? cpuQuotaOf(cpuLimit.sum) : {}),
    ...(memoryLimit?.all === true ? { memoryLimitBytes: memoryLimit.sum } : {}),
  }
}

/**
 * What a pod asks for in all. Main containers and sidecars run together; an init container runs beside the sidecars
 * before it: the larger of both counts. `all` tells whether every container names the resource.
 */
export function podTotal(
  pod: Pod,
  kind: 'requests' | 'limits',
  name: string,
  numberOf: (quantity: string) => number,
): { readonly sum: number; readonly all: boolean } | undefined {
  const podLevel = pod.spec.resources?.[kind]?.[name]
  const overheadText = pod.spec.overhead?.[name]
  const overhead = overheadText === undefined ? 0 : numberOf(overheadText)
  if (podLevel !== undefined) return { sum: numberOf(podLevel) + overhead, all: true }
  let all = true
  let any = false
  const asked = (container: AnyContainer) => {
    const text = container.resources?.[kind]?.[name]
    if (text === undefined) all = false
    else any = true
    return text === undefined ? 0 : numberOf(text)
  }
  let sidecars = 0
  let initMax = 0
  for (const container of pod.spec.initContainers ?? []) {
    const value = asked(container)
    if (isSidecar(container)) sidecars += value
    initMax = Math.max(initMax, isSidecar(container) ? sidecars : sidecars + value)
  }
  const main = pod.spec.containers.reduce((sum, container) => sum + asked(container), 0)
  return any || overhead > 0 ? { sum: Math.max(initMax, main + sidecars) + overhead, all } : undefined
}
