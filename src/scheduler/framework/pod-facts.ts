import { type HostPort, hostPortsOf, milliValueOf, podRequests, wholeValueOf } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'

/** Kubernetes: pods that ask for nothing count with this much when nodes are compared. */
const cpuMilliAssumed = 100
const memoryBytesAssumed = 200 * 1024 * 1024

/** What placing a pod depends on, worked out once per pod. */
export interface PodFacts {
  readonly pod: Pod
  readonly cpuMilli: number
  readonly memoryBytes: number
  readonly ephemeralBytes: number
  /** Extended resources and huge pages, by name. */
  readonly others: ReadonlyMap<string, number>
  /** The same for comparing nodes, with Kubernetes' stand-ins for containers that ask for nothing. */
  readonly scoredCpuMilli: number
  readonly scoredMemoryBytes: number
  readonly ports: readonly HostPort[]
  readonly images: readonly string[]
  /** Equal for pods that every node answers alike on labels and taints. */
  readonly signature: string
}

export function factsOf(pod: Pod): PodFacts {
  let cpuMilli = 0
  let memoryBytes = 0
  let ephemeralBytes = 0
  const others = new Map<string, number>()
  for (const [name, amount] of podRequests(pod as never)) {
    if (name === 'cpu') cpuMilli = milliValueOf(amount)
    else if (name === 'memory') memoryBytes = wholeValueOf(amount)
    else if (name === 'ephemeral-storage') ephemeralBytes = wholeValueOf(amount)
    else others.set(name, wholeValueOf(amount))
  }
  const containers = pod.spec?.containers ?? []
  let missingCpu = 0
  let missingMemory = 0
  for (const { resources } of containers) {
    if (resources?.requests?.cpu === undefined) missingCpu += cpuMilliAssumed
    if (resources?.requests?.memory === undefined) missingMemory += memoryBytesAssumed
  }
  const spec = pod.spec
  return {
    pod,
    cpuMilli,
    memoryBytes,
    ephemeralBytes,
    others,
    scoredCpuMilli: cpuMilli + missingCpu,
    scoredMemoryBytes: memoryBytes + missingMemory,
    ports: hostPortsOf(spec as never),
    images: containers.map(({ image }) => image ?? ''),
    signature: JSON.stringify([spec?.nodeSelector, spec?.affinity?.nodeAffinity, spec?.tolerations]),
  }
}
