import { isIp } from '../../machinery/index.ts'
import type { Endpoint, EndpointAddress, Endpoints } from '../../resources/index.ts'
import { type AddressType, type EndpointGroup, groupKey } from '../endpointslice/desired.ts'

/** Kubernetes: of one subset no more than this is mirrored. */
const perSubsetMax = 1000
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror'
const electionAnnotation = 'control-plane.alpha.kubernetes.io/leader'

/** Whether hand-made Endpoints are to be shown as slices too. */
export function isMirrored({ metadata }: Endpoints): boolean {
  return metadata.labels?.[skipLabel] !== 'true' && metadata.annotations?.[electionAnnotation] === undefined
}

/** What hand-made Endpoints come to as slices: their addresses, by family and ports. */
export function mirroredGroups({ subsets = [] }: Endpoints, max = perSubsetMax): readonly EndpointGroup[] {
  const groups = new Map<string, { addressType: AddressType; ports: EndpointGroup['ports']; endpoints: Endpoint[] }>()
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    const all = [
      ...addresses.map((one) => endpointOf(one, true)),
      ...notReadyAddresses.map((one) => endpointOf(one, false)),
    ]
    const slicePorts = ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }))
    for (const endpoint of all.slice(0, max)) {
      const [ip = ''] = endpoint.addresses
      if (!isIp(ip)) continue
      const addressType = ip.includes(':') ? 'IPv6' : 'IPv4'
      const key = groupKey(addressType, slicePorts)
      const group = groups.get(key) ?? { addressType, ports: slicePorts, endpoints: [] }
      groups.set(key, group)
      group.endpoints.push(endpoint)
    }
  }
  return [...groups.values()]
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  }
}
