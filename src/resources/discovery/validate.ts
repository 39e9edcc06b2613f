import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  invalid,
  labelsErrors,
  labelValueErrors,
  notSupported,
  parseIp,
  qualifiedNameErrors,
  required,
  sameJson,
  tooMany,
} from '../../machinery/index.ts'
import { endpointAddressErrors } from '../core/special-addresses.ts'
import type { Endpoint, EndpointHints, EndpointSlice } from '../generated/types.ts'
import { ipErrors, olderIpErrors } from '../validation/addresses.ts'
import { complaints, immutable } from '../validation/object-meta.ts'

const endpointsMax = 1000
const addressesMax = 100
const portsMax = 20000
const topologyMax = 16
const hintsMax = 8
const protocols = ['SCTP', 'TCP', 'UDP']

/** Endpoints that the slice had before, the very same, are not looked at again. */
export function endpointSliceErrors(slice: EndpointSlice, previous?: EndpointSlice): readonly FieldError[] {
  const { addressType, endpoints, ports } = slice
  return [
    ...(((addressType as string | undefined) ?? '') === '' ? [required('addressType')] : []),
    ...portErrors(ports ?? []),
    ...endpointErrors(
      addressType ?? '',
      endpoints ?? [],
      new Set(previous?.addressType === addressType ? previous?.endpoints : []),
    ),
  ]
}
export function endpointSliceUpdateErrors(next: EndpointSlice, previous: EndpointSlice): readonly FieldError[] {
  const fixed = immutable('addressType', next.addressType, previous.addressType)
  // Kubernetes: endpoints that did not change are not looked at, though their type may have.
  const isSame = fixed.length > 0 && sameJson(next.endpoints ?? [], previous.endpoints ?? [])
  return [...fixed, ...endpointSliceErrors(isSame ? { ...next, endpoints: [] } : next, previous)]
}

function portErrors(ports: NonNullable<EndpointSlice['ports']>): readonly FieldError[] {
  if (ports.length > portsMax) return [tooMany('ports', ports.length, portsMax)]
  const names = new Set<string>()
  return ports.flatMap((port, index) => {
    const at = `ports[${index}]`
    const { appProtocol, protocol } = port
    const name = port.name ?? ''
    const errors: FieldError[] = name === '' ? [] : [...complaints(`${at}.name`, name, dns1123LabelErrors(name))]
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
    names.add(name)
    if (protocol === undefined) errors.push(required(`${at}.protocol`))
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols))
    if (appProtocol !== undefined)
      errors.push(...complaints(`${at}.appProtocol`, appProtocol, qualifiedNameErrors(appProtocol)))
    return errors
  })
}

function endpointErrors(
  type: string,
  endpoints: readonly Endpoint[],
  known: ReadonlySet<Endpoint>,
): readonly FieldError[] {
  if (endpoints.length > endpointsMax) return [tooMany('endpoints', endpoints.length, endpointsMax)]
  return endpoints.flatMap((endpoint, index) => {
    if (known.has(endpoint)) return []
    const at = `endpoints[${index}]`
    const { addresses, nodeName, hostname, deprecatedTopology = {}, hints } = endpoint
    const list = addresses ?? []
    const errors: FieldError[] = []
    if (list.length === 0) errors.push(required(`${at}.addresses`, 'must contain at least 1 address'))
    else if (list.length > addressesMax) errors.push(tooMany(`${at}.addresses`, list.length, addressesMax))
    for (const [n, address] of list.entries()) errors.push(...addressErrors(type, address ?? '', `${at}.addresses`, n))
    if (nodeName !== undefined) errors.push(...complaints(`${at}.nodeName`, nodeName, dns1123SubdomainErrors(nodeName)))
    const labels = Object.keys(deprecatedTopology).length
    if (labels > topologyMax) errors.push(tooMany(`${at}.deprecatedTopology`, labels, topologyMax))
    errors.push(...labelsErrors(deprecatedTopology, `${at}.deprecatedTopology`))
    if (hostname !== undefined) errors.push(...complaints(`${at}.hostname`, hostname, dns1123LabelErrors(hostname)))
    return [...errors, ...(hints === undefined ? [] : hintErrors(hints, `${at}.hints`))]
  })
}

/** Kubernetes: an address of the other family is told at the list. What kind an unknown type has is not looked at. */
function addressErrors(type: string, address: string, list: string, index: number): readonly FieldError[] {
  const at = `${list}[${index}]`
  if (type === 'FQDN') return domainErrors(address, at)
  if (type !== 'IPv4' && type !== 'IPv6') return []
  const errors = type === 'IPv4' ? olderIpErrors(at, address) : ipErrors(at, address)
  if (errors.length > 0) return errors
  const family = parseIp(address)!.family === 4 ? 'IPv4' : 'IPv6'
  const other = family === type ? [] : [invalid(list, address, `must be an ${type} address`)]
  return [...other, ...endpointAddressErrors(address, at)]
}

function domainErrors(name: string, field: string): readonly FieldError[] {
  if (name === '') return [required(field)]
  const domain = name.replace(/\.$/, '')
  const words = dns1123SubdomainErrors(domain)
  if (words.length > 0) return [invalid(field, domain, words.join(','))]
  const labels = domain.split('.')
  if (labels.length < 2)
    return [invalid(field, domain, 'should be a domain with at least two segments separated by dots')]
  const label = labels.find((one) => dns1123LabelErrors(one).length > 0)
  return label === undefined ? [] : [invalid(field, label, dns1123LabelErrors(label).join(','))]
}

function hintErrors({ forZones = [], forNodes = [] }: EndpointHints, field: string): readonly FieldError[] {
  const errors: FieldError[] = []
  for (const [kind, list, check] of [
    ['forZones', forZones, labelValueErrors],
    ['forNodes', forNodes, dns1123SubdomainErrors],
  ] as const) {
    if (list.length > hintsMax) return [...errors, tooMany(`${field}.${kind}`, list.length, hintsMax)]
    const names = new Set<string>()
    for (const [index, hint] of list.entries()) {
      const at = `${field}.${kind}[${index}].name`
      const name = hint?.name ?? ''
      if (names.has(name)) errors.push(duplicate(at, name))
      names.add(name)
      errors.push(...complaints(at, name, check(name)))
    }
  }
  return errors
}
