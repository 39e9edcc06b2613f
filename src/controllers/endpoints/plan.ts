import { isReady } from '../../machinery/index.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '../../resources/index.ts'
import type { OfPod } from '../runtime/made-of-pods.ts'
import { addressesOf, hostnameIn, podReference, portIn } from '../runtime/service-pods.ts'

/** Kubernetes: what one Endpoints object holds at most; services that grow beyond are served by their slices. */
export const addressesMax = 1000

/** What a pod is in the Endpoints of a service. */
export interface PodAddress {
  readonly isReady: boolean
  readonly address: EndpointAddress
}

/**
 * The subsets of a service's Endpoints: ports with the same addresses together, each list in a stable order. `ofPod` answers what is
 * known of a pod already; what is in order in the subsets `before` need not be sorted again.
 */
export function subsetsFor(
  service: Service,
  pods: readonly Pod[],
  ofPod: OfPod<PodAddress | undefined> = (_, make) => make(),
  before: readonly EndpointSubset[] = [],
): readonly EndpointSubset[] {
  const groups = new Map<string, Group>()
  // Ports by number are the same in every pod.
  const isNumbered = (service.spec.ports ?? []).every(({ targetPort = 0 }) => typeof targetPort === 'number')
  let ports: readonly EndpointPort[] | undefined
  let key = ''
  for (const pod of pods) {
    const known = ofPod(pod, () => addressIn(service, pod))
    if (known === undefined) continue
    if (ports === undefined || !isNumbered) {
      ports = portsFor(service, pod)
      key = JSON.stringify(ports)
    }
    if (ports === undefined) continue
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] }
    groups.set(key, group)
    const list = known.isReady ? group.ready : group.notReady
    list.push(known.address)
  }
  const known = before.flatMap(({ addresses = [], notReadyAddresses = [] }) => [...addresses, ...notReadyAddresses])
  return [...byPort(groups)]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length === 0 ? {} : { addresses: sorted(ready, known) }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: sorted(notReady, known) }),
      ...(ports.length === 0 ? {} : { ports }),
    }))
}

interface Group {
  readonly ports: readonly EndpointPort[]
  readonly ready: EndpointAddress[]
  readonly notReady: EndpointAddress[]
}

/** Kubernetes: where pods differ in their ports, each port has its own addresses, and only ports with all addresses in common share. */
function byPort(groups: ReadonlyMap<string, Group>): ReadonlyMap<string, Group> {
  if (groups.size < 2) return groups
  const holders = new Map<string, { readonly port: EndpointPort; readonly keys: string[] }>()
  for (const [key, { ports }] of groups)
    for (const port of ports) {
      const text = JSON.stringify(port)
      const known = holders.get(text) ?? { port, keys: [] }
      holders.set(text, known)
      known.keys.push(key)
    }
  const alike = Map.groupBy(holders.values(), ({ keys }) => keys.join(' '))
  return new Map(
    [...alike.values()].map((some) => {
      const ports = some.map(({ port }) => port)
      const all = some[0]!.keys.map((key) => groups.get(key)!)
      const merged = {
        ports,
        ready: all.flatMap(({ ready }) => ready),
        notReady: all.flatMap(({ notReady }) => notReady),
      }
      return [JSON.stringify(ports), merged]
    }),
  )
}

/** Subsets with at most so many addresses, ready ones kept before others. */
export function truncated(subsets: readonly EndpointSubset[], max: number): readonly EndpointSubset[] {
  let readyLeft = max
  const ready = subsets.map(({ addresses = [] }) => {
    const kept = addresses.slice(0, readyLeft)
    readyLeft -= kept.length
    return kept
  })
  let left = readyLeft
  return subsets
    .map((subset, index) => {
      const notReady = (subset.notReadyAddresses ?? []).slice(0, left)
      left -= notReady.length
      const { addresses: _, notReadyAddresses: _rest, ...others } = subset
      return {
        ...(ready[index]!.length === 0 ? {} : { addresses: ready[index]! }),
        ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
        ...others,
      }
    })
    .filter(({ addresses, notReadyAddresses }) => addresses !== undefined || notReadyAddresses !== undefined)
}

export function countOf(subsets: readonly EndpointSubset[]): number {
  return subsets.reduce((sum, one) => sum + (one.addresses?.length ?? 0) + (one.notReadyAddresses?.length ?? 0), 0)
}

/** Undefined when the pod is no address of the service: it has none of its family, or is on its way out. */
function addressIn(service: Service, pod: Pod): PodAddress | undefined {
  const { publishNotReadyAddresses: publishes = false } = service.spec
  if (pod.metadata.deletionTimestamp !== undefined && !publishes) return undefined
  const ip = addressFor(service, pod)
  if (ip === undefined) return undefined
  return { isReady: publishes || isReady(pod), address: addressOf(service, pod, ip) }
}

/** The pod's address of the service's first family. */
function addressFor({ spec }: Service, pod: Pod): string | undefined {
  const wantsIpv6 = spec.ipFamilies?.[0] === 'IPv6'
  return addressesOf(pod).find((ip) => ip.includes(':') === wantsIpv6)
}

/** Undefined when the pod has none of the service's ports. Kubernetes: only a headless service may have no ports at all. */
function portsFor({ spec }: Service, pod: Pod): readonly EndpointPort[] | undefined {
  const wanted = spec.ports ?? []
  if (wanted.length === 0) return spec.clusterIP === 'None' ? [] : undefined
  const ports = wanted.flatMap((one) => {
    const port = portIn(pod, one)
    if (port === undefined) return []
    const { name, appProtocol, protocol = 'TCP' } = one
    return [
      {
        ...(name === undefined || name === '' ? {} : { name }),
        port,
        protocol,
        ...(appProtocol === undefined ? {} : { appProtocol }),
      },
    ]
  })
  if (ports.length === 0) return undefined
  return ports.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const hostname = hostnameIn(pod, service)
  const { nodeName } = pod.spec
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined || nodeName === '' ? {} : { nodeName }),
    targetRef: podReference(pod),
  }
}

/** In order; those that stood in order before stay so, and only the others are put among them. */
function sorted(addresses: readonly EndpointAddress[], before: readonly EndpointAddress[]): readonly EndpointAddress[] {
  const left = new Set(addresses)
  const stay = before.filter((address) => left.delete(address))
  if (stay.some((address, at) => at > 0 && compare(stay[at - 1]!, address) > 0)) return addresses.toSorted(compare)
  const come = [...left].sort(compare)
  if (come.length === 0) return stay
  const merged: EndpointAddress[] = []
  let at = 0
  for (const address of stay) {
    while (at < come.length && compare(come[at]!, address) < 0) merged.push(come[at++]!)
    merged.push(address)
  }
  return [...merged, ...come.slice(at)]
}

function compare(left: EndpointAddress, right: EndpointAddress): number {
  if (left.ip !== right.ip) return left.ip < right.ip ? -1 : 1
  const [one, other] = [left.targetRef?.uid ?? '', right.targetRef?.uid ?? '']
  return one === other ? 0 : one < other ? -1 : 1
}
