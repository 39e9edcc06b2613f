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

/** What hand-made Endpoints come to as slices. */
export interface Mirrored {
  /** Their addresses, by family and ports. */
  readonly groups: readonly EndpointGroup[]
  /** How many addresses find no place: those that are none, and those above what one subset may have. */
  readonly skipped: number
  /** How many of them are no addresses. */
  readonly invalid: number
}

/** Sorts the addresses of hand-made Endpoints into slices. */
export function mirroredGroups({ subsets = [] }: Endpoints, max = perSubsetMax): Mirrored {
  let skipped = 0
  let invalid = 0
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
    let taken = 0
    for (const endpoint of all) {
      if (taken >= max) break
      const [ip = ''] = endpoint.addresses
      if (!isIp(ip)) {
        invalid++
        continue
      }
      taken++
      const addressType = ip.includes(':') ? 'IPv6' : 'IPv4'
      const key = groupKey(addressType, slicePorts)
      const group = groups.get(key) ?? { addressType, ports: slicePorts, endpoints: [] }
      groups.set(key, group)
      group.endpoints.push(endpoint)
    }
    skipped += all.length - taken
  }
  return { groups: [...groups.values()], skipped, invalid }
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
