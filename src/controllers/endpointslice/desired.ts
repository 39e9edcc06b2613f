import { isReady } from '../../machinery/index.ts'
import type { DiscoveryV1EndpointPort, Endpoint, Pod, Service } from '../../resources/index.ts'
import type { OfPod } from '../runtime/made-of-pods.ts'
import { addressesOf, hostnameIn, podReference, portIn } from '../runtime/service-pods.ts'
import { wantsZoneHints } from './zone-hints.ts'

export type AddressType = 'IPv4' | 'IPv6'
/** Endpoints that may share slices: of one address family, with the same ports. */
export interface EndpointGroup {
  readonly addressType: AddressType
  readonly ports: readonly DiscoveryV1EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

export function addressTypesOf({ spec }: Service): readonly AddressType[] {
  const families = (spec.ipFamilies ?? []).filter((one) => one === 'IPv4' || one === 'IPv6')
  return families.length === 0 ? ['IPv4'] : families
}

/** What the pods behind a service come to, grouped by family and ports. `known` answers, of a family, what is known of a pod already. */
export function desiredGroups(
  service: Service,
  pods: readonly Pod[],
  zoneOf: (nodeName: string) => string | undefined,
  known: (family: AddressType) => OfPod<Endpoint | undefined> = () => (_, make) => make(),
): readonly EndpointGroup[] {
  const groups = new Map<string, EndpointGroup & { readonly endpoints: Endpoint[] }>()
  // Ports by number are the same in every pod.
  const isNumbered = (service.spec.ports ?? []).every(({ targetPort = 0 }) => typeof targetPort === 'number')
  for (const addressType of addressTypesOf(service)) {
    let ports: readonly DiscoveryV1EndpointPort[] | undefined
    let key = ''
    const ofPod = known(addressType)
    for (const pod of pods) {
      const { nodeName = '' } = pod.spec
      const zone = nodeName === '' ? undefined : zoneOf(nodeName)
      const endpoint = ofPod(pod, () => endpointOf(service, pod, addressType, zone), zone)
      if (endpoint === undefined) continue
      if (ports === undefined || !isNumbered) {
        ports = portsOf(service, pod)
        key = groupKey(addressType, ports)
      }
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] }
      groups.set(key, group)
      group.endpoints.push(endpoint)
    }
  }
  return [...groups.values()]
}

/** The same for all slices that may hold the same endpoints, whatever the order of their ports. */
export function groupKey(addressType: string, ports: readonly DiscoveryV1EndpointPort[]): string {
  const text = ({ name = '', port, protocol = 'TCP', appProtocol }: DiscoveryV1EndpointPort) =>
    JSON.stringify([name, port, protocol, appProtocol ?? null])
  return `${addressType}|${ports.map(text).toSorted().join()}`
}

function portsOf({ spec }: Service, pod: Pod): readonly DiscoveryV1EndpointPort[] {
  return (spec.ports ?? []).flatMap((one) => {
    const port = portIn(pod, one)
    if (port === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = one
    return [{ name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) }]
  })
}

/** Undefined when the pod has no address of the family. */
function endpointOf(service: Service, pod: Pod, family: AddressType, zone: string | undefined): Endpoint | undefined {
  const addresses = addressesOf(pod).filter((ip) => ip.includes(':') === (family === 'IPv6'))
  if (addresses.length === 0) return undefined
  const serving = isReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  const { nodeName = '' } = pod.spec
  const hostname = hostnameIn(pod, service)
  const hints = hintsFor(service, zone, nodeName)
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: podReference(pod),
    ...(nodeName === '' ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hints === undefined || !ready ? {} : { hints }),
  }
}

/** Where traffic to an endpoint should come from, when the service asks for the near ones. */
function hintsFor(service: Service, zone: string | undefined, nodeName: string) {
  const wish = service.spec.trafficDistribution
  if (zone === undefined || wish === undefined || wantsZoneHints(service)) return undefined
  if (wish === 'PreferClose' || wish === 'PreferSameZone') return { forZones: [{ name: zone }] }
  return wish === 'PreferSameNode' ? { forZones: [{ name: zone }], forNodes: [{ name: nodeName }] } : undefined
}
