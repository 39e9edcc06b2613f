import type { Node, NodeStatus, Taint } from '../../resources/index.ts'
import type { Machine } from '../machine/machine.ts'
import { newNode, nodeStatusOf } from '../node/node-object.ts'
import type { KubeletSettings } from '../settings.ts'

const gibibyte = 1024 ** 3

/** One simulated node; what is left out is a middling machine. */
export interface SimulatedNodeSettings {
  readonly name: string
  readonly cpus?: number
  readonly memoryBytes?: number
  readonly diskBytes?: number
  readonly maxPods?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  readonly address?: string
  /** Nothing is placed on it before a cloud has been asked about it. */
  readonly expectsCloud?: boolean
}

/** A simulated node's machine and kubelet, in one of its lives. */
export function describeNode(
  node: SimulatedNodeSettings,
  address: string,
  life: number,
  version: string,
): { readonly settings: KubeletSettings; readonly machine: Machine } {
  const { name, cpus = 4, memoryBytes = 16 * gibibyte, diskBytes = 100 * gibibyte } = node
  const { maxPods = 110, labels = {}, expectsCloud = false } = node
  const taints = [...(node.taints ?? []), ...(expectsCloud ? [uninitialized] : [])]
  return {
    machine: {
      cpus,
      memoryBytes,
      diskBytes,
      architecture: 'amd64',
      kernelVersion: '6.1.0',
      osImage: 'Simulated',
      machineId: name,
      systemUuid: name,
      bootId: `${name}-${life}`,
      hostname: name,
    },
    settings: {
      nodeName: name,
      rootDirectory: '',
      logDirectory: '',
      nodeIps: [address],
      hostname: name,
      clusterDomain: '',
      clusterDns: [],
      maxPods,
      port: 10250,
      cgroupRoot: '',
      labels: { ...labels },
      taints,
      reserved: {},
      resolvConf: '',
      allowedUnsafeSysctls: [],
      runtimeName: 'simulated',
      version,
    },
  }
}

/** Kubernetes: what a kubelet with an external cloud provider registers with. */
const uninitialized: Taint = {
  key: 'node.cloudprovider.kubernetes.io/uninitialized',
  value: 'true',
  effect: 'NoSchedule',
}

/** What a simulated node says of itself while it has power. */
export function simulatedStatusOf(
  { settings, machine }: ReturnType<typeof describeNode>,
  before: NodeStatus | undefined,
  nowMs: number,
): NodeStatus {
  return nodeStatusOf({
    settings,
    machine,
    health: { runtime: true, network: true, message: '' },
    runtimeVersion: `simulated://${settings.version}`,
    images: [],
    before,
    nowMs,
  })
}

/** The Node that a simulated node will be, once it is up. */
export function simulatedNodeObject(node: SimulatedNodeSettings, version: string, nowMs: number): Node {
  const { expectsCloud: _, ...up } = node
  const described = describeNode(up, node.address ?? '', 0, version)
  return newNode(described.settings, described.machine, simulatedStatusOf(described, undefined, nowMs)) as Node
}
