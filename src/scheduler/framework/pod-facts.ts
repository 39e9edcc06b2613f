import {
  type HostPort,
  hostPortsOf,
  milliValueOf,
  podRequests,
  Recent,
  sameJson,
  wholeValueOf,
} from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { type AffinityTerms, affinityTermsOf } from './affinity-terms.ts'
import { kindOf, type PodKind } from './pod-kind.ts'
import { type PodStorage, storageOf } from './pod-storage.ts'

/** Kubernetes: pods that ask for nothing count with this much when nodes are compared. */
const cpuMilliAssumed = 100
const memoryBytesAssumed = 200 * 1024 * 1024

/** What a pod asks of its node, in numbers. */
interface Amounts {
  readonly cpuMilli: number
  readonly memoryBytes: number
  readonly ephemeralBytes: number
  /** Extended resources and huge pages, by name. */
  readonly others: ReadonlyMap<string, number>
  /** The same for comparing nodes, with Kubernetes' stand-ins for containers that ask for nothing. */
  readonly scoredCpuMilli: number
  readonly scoredMemoryBytes: number
}
/** What placing a pod depends on, worked out once per pod. */
export interface PodFacts extends Amounts {
  /** The pod as it was seen last: its status may move on, what is below does not. */
  pod: Pod
  readonly ports: readonly HostPort[]
  /** Images of all containers and of volumes, as they are stated. */
  readonly images: readonly string[]
  readonly containers: number
  readonly kind: PodKind
  /** What it asks about pods near it; undefined: nothing. */
  readonly terms: AffinityTerms | undefined
  /** What it asks of storage; undefined: nothing. */
  readonly storage: PodStorage | undefined
  /** Equal for pods that every node answers alike, so far as the node and what it holds are concerned. */
  readonly signature: string
}

export function factsOf(pod: Pod): PodFacts {
  const of = ofSpec(pod)
  return {
    pod,
    cpuMilli: of.cpuMilli,
    memoryBytes: of.memoryBytes,
    ephemeralBytes: of.ephemeralBytes,
    others: of.others,
    scoredCpuMilli: of.scoredCpuMilli,
    scoredMemoryBytes: of.scoredMemoryBytes,
    ports: of.ports,
    images: of.images,
    containers: of.containers,
    signature: of.signature,
    kind: kindOf(pod),
    terms: affinityTermsOf(pod),
    // Some claims are called by the pod that they are for.
    storage: of.storage === undefined ? undefined : storageOf(pod),
  }
}

/** The same of a pod whose labels alone are other ones now: a binding adds those that say where the node is. */
export function relabelled(facts: PodFacts, pod: Pod): PodFacts {
  return { ...facts, pod, kind: kindOf(pod), terms: facts.terms === undefined ? undefined : affinityTermsOf(pod) }
}

/** What goes by the spec alone but while a pod is being resized: pods of one template hold the very same, which does not change. */
type SpecFacts = Omit<PodFacts, 'pod' | 'kind' | 'terms'>
const specsKnown = new Recent<object, SpecFacts>(256)

function ofSpec(pod: Pod): SpecFacts {
  const { spec } = pod
  const isLasting = spec !== undefined && Object.isFrozen(spec) && heldKeyOf(pod) === ''
  const known = isLasting ? specsKnown.get(spec) : undefined
  if (known !== undefined) return known
  const made = specFactsOf(pod)
  if (isLasting) specsKnown.set(spec, made)
  return made
}

function specFactsOf(pod: Pod): SpecFacts {
  const { spec } = pod
  const { containers = [], initContainers = [], volumes = [] } = spec ?? {}
  const images: string[] = []
  for (const { image } of initContainers) images.push(image ?? '')
  for (const { image } of containers) images.push(image ?? '')
  for (const volume of volumes) if (volume.image !== undefined) images.push(volume.image.reference ?? '')
  const amountsKey = amountsKeyOf(pod)
  const ports = hostPortsOf(spec as never)
  const signature = JSON.stringify([
    amountsKey,
    images,
    spec?.tolerations,
    spec?.nodeSelector,
    spec?.affinity?.nodeAffinity,
    spec?.nodeName,
    ports,
  ])
  return {
    ...amountsOf(pod, amountsKey),
    ...kept(signature, ports, images),
    containers: containers.length + initContainers.length,
    storage: storageOf(pod),
  }
}

/** Pods of one template ask for the same; what it comes to is worked out, and kept, once. */
const amountsKnown = new Map<string, Amounts>()
const signed = new Map<string, Pick<PodFacts, 'signature' | 'ports' | 'images'>>()
const keptMax = 4096

function kept(signature: string, ports: readonly HostPort[], images: readonly string[]) {
  const known = signed.get(signature)
  if (known !== undefined) return known
  const made = { signature, ports, images }
  if (signed.size >= keptMax) signed.clear()
  signed.set(signature, made)
  return made
}

/** What a pod still holds that is not what it asks for, in short: empty but while it is being resized. */
export function heldKeyOf({ spec, status }: Pod): string {
  const { containerStatuses = [], initContainerStatuses = [], allocatedResources, resources, conditions } = status ?? {}
  if (containerStatuses.length + initContainerStatuses.length === 0 && resources === undefined) return ''
  const held: unknown[] = []
  const compare = (asked: Requests, granted: Requests, inForce: Requests) => {
    if (inForce === undefined && granted === undefined) return
    if (!sameJson(granted ?? {}, asked ?? {}) || !sameJson(inForce ?? {}, asked ?? {})) held.push([granted, inForce])
  }
  for (const one of [...containerStatuses, ...initContainerStatuses]) {
    if (one.resources === undefined) continue
    const container = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find(
      ({ name }) => name === one.name,
    )
    compare(container?.resources?.requests, one.allocatedResources, one.resources.requests)
  }
  const asked = spec?.resources?.requests
  if (asked !== undefined && resources !== undefined) compare(asked, allocatedResources, resources.requests)
  if (held.length === 0) return ''
  return JSON.stringify([held, conditions?.find(({ type }) => type === 'PodResizePending')?.reason])
}
type Requests = Readonly<Record<string, string>> | undefined

function amountsKeyOf(pod: Pod): string {
  const { spec } = pod
  const { containers = [], initContainers, overhead, resources } = spec ?? {}
  return JSON.stringify([
    containers.map((container) => container.resources),
    initContainers?.map((container) => [container.resources, container.restartPolicy]),
    overhead,
    resources,
    heldKeyOf(pod),
  ])
}

function amountsOf(pod: Pod, key: string): Amounts {
  const known = amountsKnown.get(key)
  if (known !== undefined) return known
  let cpuMilli = 0
  let memoryBytes = 0
  let ephemeralBytes = 0
  const others = new Map<string, number>()
  for (const [name, amount] of podRequests(pod as never, { useStatus: heldKeyOf(pod) !== '' })) {
    if (name === 'cpu') cpuMilli = milliValueOf(amount)
    else if (name === 'memory') memoryBytes = wholeValueOf(amount)
    else if (name === 'ephemeral-storage') ephemeralBytes = wholeValueOf(amount)
    else others.set(name, wholeValueOf(amount))
  }
  let missingCpu = 0
  let missingMemory = 0
  for (const { resources } of pod.spec?.containers ?? []) {
    if (resources?.requests?.cpu === undefined) missingCpu += cpuMilliAssumed
    if (resources?.requests?.memory === undefined) missingMemory += memoryBytesAssumed
  }
  const amounts: Amounts = {
    cpuMilli,
    memoryBytes,
    ephemeralBytes,
    others,
    scoredCpuMilli: cpuMilli + missingCpu,
    scoredMemoryBytes: memoryBytes + missingMemory,
  }
  if (amountsKnown.size >= keptMax) amountsKnown.clear()
  amountsKnown.set(key, amounts)
  return amounts
}
