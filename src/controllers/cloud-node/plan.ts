import { sameJson } from '../../machinery/index.ts'
import type { Node, NodeAddress } from '../../resources/index.ts'
import type { CloudInstance } from '../runtime/cloud-provider.ts'

/** Set by a kubelet that expects a cloud; nothing is placed on the node before the cloud was asked about it. */
export const uninitializedTaint = 'node.cloudprovider.kubernetes.io/uninitialized'
/** Kubernetes: the address a kubelet was told to have; the cloud must know it. */
export const providedAddressAnnotation = 'alpha.kubernetes.io/provided-node-ip'

const zoneLabels = ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'] as const
const regionLabels = ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'] as const
const typeLabels = ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'] as const

export const isUninitialized = ({ spec }: Node): boolean =>
  (spec.taints ?? []).some(({ key }) => key === uninitializedTaint)

/** The node with all that the cloud knows of it, and without the taint; or what keeps it from that. */
export function initialized(
  node: Node,
  instance: CloudInstance,
): { readonly node: Node } | { readonly problem: string } {
  const { name, labels = {} } = node.metadata
  const providerID = instance.providerId || (node.spec.providerID ?? '')
  if (providerID === '') return { problem: `cloud provider does not set node provider ID for node ${name}` }
  const addresses = plannedAddresses(node, instance.addresses)
  if ('problem' in addresses)
    return { problem: `provided node ip for node ${JSON.stringify(name)} is not valid: ${addresses.problem}` }
  return {
    node: {
      ...node,
      metadata: { ...node.metadata, labels: { ...labels, ...known(instance), ...additional(instance, labels) } },
      spec: {
        ...node.spec,
        // Kubernetes: what the kubelet has set stays.
        providerID: node.spec.providerID || providerID,
        taints: (node.spec.taints ?? []).filter(({ key }) => key !== uninitializedTaint),
      },
    },
  }
}

function known({ type, zone, region }: CloudInstance): Record<string, string> {
  const pairs = [
    [typeLabels, type],
    [zoneLabels, zone],
    [regionLabels, region],
  ] as const
  return Object.fromEntries(
    pairs.flatMap(([keys, value]) => (value === '' ? [] : keys.map((key) => [key, value] as const))),
  )
}

/** Kubernetes: labels of its own domains are not the cloud's to give, and what is there stays. */
function additional({ labels = {} }: CloudInstance, present: Readonly<Record<string, string>>) {
  const mayBeSet = (key: string) => !/(^|\.)(kubernetes|k8s)\.io\//.test(key) && present[key] === undefined
  return Object.fromEntries(Object.entries(labels).filter(([key]) => mayBeSet(key)))
}

/** The addresses a node is to have: the cloud's, its host name, and of a kind the kubelet was told one of, that alone. */
export function plannedAddresses(
  node: Node,
  ofCloud: readonly NodeAddress[],
): { readonly addresses: readonly NodeAddress[] } | { readonly problem: string } {
  const hasName = ofCloud.some(({ type }) => type === 'Hostname')
  const names = (node.status.addresses ?? []).filter(({ type }) => type === 'Hostname')
  const all = ofCloud.length === 0 || hasName ? ofCloud : [...ofCloud, ...names]
  const provided = node.metadata.annotations?.[providedAddressAnnotation]
  if (provided === undefined) return { addresses: all }
  const first: NodeAddress[] = []
  for (const ip of provided.split(',')) {
    const matching = all.filter(({ address }) => address === ip.trim())
    if (matching.length === 0)
      return { problem: `failed to get node address from cloud provider that matches ip: ${ip.trim()}` }
    first.push(...matching)
  }
  const types = new Set(first.map(({ type }) => type))
  return { addresses: [...first, ...all.filter(({ type }) => !types.has(type))] }
}

/** The addresses to be written; undefined when the node has them, or the cloud gives none. */
export function changedAddresses(node: Node, instance: CloudInstance): readonly NodeAddress[] | undefined {
  if (instance.addresses.length === 0) return undefined
  const planned = plannedAddresses(node, instance.addresses)
  if ('problem' in planned) return undefined
  return sameJson(sorted(planned.addresses), sorted(node.status.addresses ?? [])) ? undefined : planned.addresses
}

const sorted = (addresses: readonly NodeAddress[]) =>
  addresses.map(({ type, address }) => `${type} ${address}`).toSorted()

/** Kubernetes: the labels of today that lag behind those of old, which lead; undefined when none does. */
export function laggingLabels({ metadata: { labels = {} } }: Node): Readonly<Record<string, string>> | undefined {
  const lagging = [zoneLabels, regionLabels, typeLabels].filter(
    ([old, current]) => labels[old] !== undefined && labels[current] !== labels[old],
  )
  return lagging.length === 0 ? undefined : Object.fromEntries(lagging.map(([old, current]) => [current, labels[old]!]))
}
