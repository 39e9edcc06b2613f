import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  quantityOf,
  quantityText,
  subtractQuantities,
  timestampOf,
  zeroQuantity,
} from '../../machinery/index.ts'
import type { Node, NodeCondition, NodeStatus } from '../../resources/index.ts'
import type { Machine } from '../machine/machine.ts'
import type { ImageOnNode } from '../runtime/runtime.ts'
import type { KubeletSettings } from '../settings.ts'
import type { PressureCondition } from './pressure.ts'

const imagesMax = 50
const namesPerImageMax = 5

export type ResourceTexts = Readonly<Record<string, string>>

/** What the machine has, as quantities. */
export function capacityOf({ cpus, memoryBytes, diskBytes }: Machine, maxPods: number): ResourceTexts {
  const kibibytes = (bytes: number) => `${Math.floor(bytes / 1024)}Ki`
  return {
    cpu: String(cpus),
    memory: kibibytes(memoryBytes),
    'ephemeral-storage': kibibytes(diskBytes),
    pods: String(maxPods),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
  }
}

/** What is left for pods: capacity less reservations, and huge pages off memory. */
export function allocatableOf(capacity: ResourceTexts, reserved: ResourceTexts): ResourceTexts {
  const hugePages = Object.entries(capacity)
    .filter(([name]) => name.startsWith('hugepages-'))
    .reduce((sum, [, text]) => addQuantities(sum, parseQuantity(text)), zeroQuantity)
  const entries = Object.entries(capacity).map(([name, text]) => {
    const taken = addQuantities(
      reserved[name] === undefined ? zeroQuantity : parseQuantity(reserved[name]),
      name === 'memory' ? hugePages : zeroQuantity,
    )
    const left = subtractQuantities(parseQuantity(text), taken)
    if (name === 'ephemeral-storage' && taken.nanos === 0n) return [name, text]
    return [name, quantityText(compareQuantities(left, zeroQuantity) < 0 ? quantityOf(0) : left)]
  })
  return Object.fromEntries(entries)
}

/** Labels that the kubelet keeps right on its Node, whatever was there. */
export function nodeLabels(settings: KubeletSettings, machine: Machine): Readonly<Record<string, string>> {
  return {
    'beta.kubernetes.io/arch': machine.architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': machine.architecture,
    'kubernetes.io/hostname': settings.hostname,
    'kubernetes.io/os': 'linux',
    ...settings.labels,
  }
}

export interface NodeHealth {
  readonly runtime: boolean
  readonly network: boolean
  readonly message: string
}
export interface NodeStatusInput {
  readonly settings: KubeletSettings
  readonly machine: Machine
  readonly health: NodeHealth
  /** What the node is short of. */
  readonly pressure?: ReadonlySet<PressureCondition>
  /** `containerd://1.6.20` */
  readonly runtimeVersion: string
  readonly images: readonly ImageOnNode[]
  readonly before: NodeStatus | undefined
  readonly nowMs: number
}

/** The Node's status. Ready comes last, as tools expect; conditions of others are kept before it. */
export function nodeStatusOf(input: NodeStatusInput): NodeStatus {
  const { settings, machine, before } = input
  const capacity = capacityOf(machine, settings.maxPods)
  const addresses = [
    ...settings.nodeIps.map((address) => ({ type: 'InternalIP', address })),
    { type: 'Hostname', address: settings.hostname },
  ]
  return {
    ...before,
    capacity: { ...foreignResources(before?.capacity, capacity), ...capacity },
    allocatable: {
      ...foreignResources(before?.allocatable, capacity),
      ...allocatableOf(capacity, settings.reserved),
    },
    conditions: conditionsOf(input),
    addresses,
    daemonEndpoints: { kubeletEndpoint: { Port: settings.port } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: input.runtimeVersion,
      kubeletVersion: settings.version,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: machine.architecture,
    },
    images: imageList(input.images),
    features: { supplementalGroupsPolicy: false },
    ...(settings.declaredFeatures === undefined ? {} : { declaredFeatures: settings.declaredFeatures }),
  }
}

/** Extended resources that others have put on the Node. */
function foreignResources(texts: ResourceTexts = {}, own: ResourceTexts): ResourceTexts {
  return Object.fromEntries(Object.entries(texts).filter(([name]) => own[name] === undefined && name.includes('/')))
}

function conditionsOf({ health, pressure = new Set(), before, nowMs }: NodeStatusInput): readonly NodeCondition[] {
  const ready = health.runtime && health.network
  const own: readonly (readonly [type: string, status: string, reason: string, message: string])[] = [
    pressure.has('MemoryPressure')
      ? ['MemoryPressure', 'True', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available']
      : ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    pressure.has('DiskPressure')
      ? ['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure']
      : ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    pressure.has('PIDPressure')
      ? ['PIDPressure', 'True', 'KubeletHasInsufficientPID', 'kubelet has insufficient PID available']
      : ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ready
      ? ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status']
      : ['Ready', 'False', 'KubeletNotReady', health.message === '' ? 'container runtime is down' : health.message],
  ]
  const foreign = (before?.conditions ?? []).filter((one) => !own.some(([type]) => type === one.type))
  const now = timestampOf(nowMs)
  return [
    ...foreign,
    ...own.map(([type, status, reason, message]) => {
      const previous = before?.conditions?.find((one) => one.type === type)
      const since = previous?.status === status ? (previous.lastTransitionTime ?? now) : now
      return { type, status, lastHeartbeatTime: now, lastTransitionTime: since, reason, message }
    }),
  ]
}

/** Largest first, as many as Kubernetes shows. */
function imageList(images: readonly ImageOnNode[]): NonNullable<NodeStatus['images']> {
  return [...images]
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, imagesMax)
    .map(({ digests, tags, sizeBytes }) => ({ names: [...digests, ...tags].slice(0, namesPerImageMax), sizeBytes }))
}

/** The Node to create when there is none. */
export function newNode(
  settings: KubeletSettings,
  machine: Machine,
  status: NodeStatus,
): Omit<Node, 'metadata'> & { metadata: { name: string; labels: Readonly<Record<string, string>> } } {
  const { taints, providerId } = settings
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: settings.nodeName, labels: nodeLabels(settings, machine) },
    spec: {
      ...(taints.length === 0 ? {} : { taints }),
      ...(providerId === undefined ? {} : { providerID: providerId }),
    },
    status,
  }
}
