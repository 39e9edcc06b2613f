import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerdSettings } from '../../kubelet/index.ts'
import { type ClusterSettings, nodeCidrOf } from '../config/settings.ts'
import { cgroupOf } from '../node/places.ts'
import { layoutOf } from '../process/directory.ts'

/** A node of this machine after its first: in a network namespace of its own, with everything of its own. */
export interface FurtherNode {
  readonly name: string
  readonly address: string
  /** The machine, as the node sees it. */
  readonly gateway: string
  readonly namespace: string
  /** The machine's end of the cable between them. */
  readonly link: string
  readonly directory: string
  /** Who its process is. */
  readonly identity: string
  readonly logs: string
  readonly kubeconfig: string
  readonly cgroup: string
  /** The cluster's settings as this node sees them. */
  readonly settings: ClusterSettings
  containerd(podCidr: string): ContainerdSettings
}

/** Kubernetes' own port of a kubelet: nobody else listens at the node's address. */
const kubeletPort = 10250
const nameOf = (number: number) => `node-${number}`

/** The nodes after the first that the settings ask for. */
export function furtherNodesOf(settings: ClusterSettings): readonly FurtherNode[] {
  return Array.from({ length: Math.max(0, settings.nodes - 1) }, (_, at) => furtherNode(settings, at + 2))
}

/** Every node after the first that has left something, asked for or not any more. */
export async function furtherNodesLeft(settings: ClusterSettings): Promise<readonly FurtherNode[]> {
  const names = await readdir(layoutOf(settings.dataDirectory).furtherNodes).catch(() => [])
  return names.flatMap((name) => {
    const number = Number(/^node-(\d+)$/.exec(name)?.[1])
    return Number.isInteger(number) ? [furtherNode(settings, number)] : []
  })
}

function furtherNode(settings: ClusterSettings, number: number): FurtherNode {
  const name = nameOf(number)
  const { network, dataDirectory } = settings
  const layout = layoutOf(dataDirectory)
  const directory = join(layout.furtherNodes, name)
  const at = (last: number) => nodeCidrOf(network.index).replace(/0\/24$/, String(last))
  return {
    name,
    address: at(number),
    gateway: at(1),
    namespace: `cox-${settings.name}-${name}`,
    link: `cox${network.index}n${number}`,
    directory,
    identity: join(directory, 'process.json'),
    logs: join(layout.logs, name),
    kubeconfig: join(directory, 'kubeconfig'),
    cgroup: `${cgroupOf(settings)}/${name}`,
    settings: { ...settings, nodeName: name, dataDirectory: directory, network: { ...network, kubeletPort } },
    containerd: (podCidr) => ({
      name,
      directory: join(layoutOf(directory).node, 'containerd'),
      // No cluster's name has a dot, so that this is no other cluster's.
      runDirectory: `/run/coxswain/${settings.name}.${name}`,
      podCidrs: [podCidr],
      clusterCidr: network.podCidr,
      registryDirectory: join(layoutOf(directory).node, 'registries'),
    }),
  }
}
