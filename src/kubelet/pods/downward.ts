import { milliValueOf, parseQuantity, wholeValueOf } from '../../machinery/index.ts'
import type { ObjectFieldSelector, Pod, ResourceFieldSelector } from '../../resources/index.ts'
import { containersOf } from '../sync/containers.ts'

/** What the node adds to a pod's own fields. */
export interface NodeFields {
  readonly hostIps: readonly string[]
  readonly allocatable: Readonly<Record<string, string>>
}

/** A pod's field as text; undefined for a path that does not exist. Labels and annotations come sorted, quoted. */
export function fieldText(pod: Pod, { fieldPath }: ObjectFieldSelector, node: NodeFields): string | undefined {
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath)
  if (subscript !== null) return pod.metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2]!] ?? ''
  const podIps = (pod.status.podIPs ?? []).map(({ ip }) => ip)
  const texts: Readonly<Record<string, () => string>> = {
    'metadata.name': () => pod.metadata.name,
    'metadata.namespace': () => pod.metadata.namespace ?? '',
    'metadata.uid': () => pod.metadata.uid,
    'metadata.labels': () => mapText(pod.metadata.labels),
    'metadata.annotations': () => mapText(pod.metadata.annotations),
    'spec.nodeName': () => pod.spec.nodeName ?? '',
    'spec.serviceAccountName': () => pod.spec.serviceAccountName ?? '',
    'status.hostIP': () => node.hostIps[0] ?? '',
    'status.hostIPs': () => node.hostIps.join(','),
    'status.podIP': () => podIps[0] ?? '',
    'status.podIPs': () => podIps.join(','),
  }
  return texts[fieldPath]?.()
}

function mapText(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n')
}

/** A container's request or limit, divided and rounded up; a limit that is not set is what the node can give. */
export function resourceText(pod: Pod, selector: ResourceFieldSelector, ownName: string, node: NodeFields): string {
  const { containerName, resource, divisor = '0' } = selector
  const wanted = containerName === undefined || containerName === '' ? ownName : containerName
  const container = containersOf(pod).find((one) => one.container.name === wanted)?.container
  if (container === undefined) throw new Error(`container ${wanted} not found`)
  const [kind, name] = resource.split(/\.(.*)/s) as ['limits' | 'requests', string]
  const set = container.resources?.[kind]?.[name]
  const value = set ?? (kind === 'limits' ? (node.allocatable[name] ?? '0') : '0')
  const unit = parseQuantity(divisor).nanos === 0n ? '1' : divisor
  const quotient =
    name === 'cpu' ? milliValueOf(value) / milliValueOf(unit) : wholeValueOf(value) / Math.max(1, wholeValueOf(unit))
  return String(Math.ceil(quotient))
}
