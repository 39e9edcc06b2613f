import { cidrContains, networkOf, parseCidr, parseIp } from '../../machinery/index.ts'
import type { IPAddress, ServiceCIDR } from '../../resources/index.ts'

/** Who hands out addresses of services; only its objects hold a range back. */
const allocator = 'ipallocator.k8s.io'

/** Whether a range may go: everything it holds lies in other ranges, or nothing of it is in use. */
export function mayGo(going: ServiceCIDR, ranges: readonly ServiceCIDR[], addresses: readonly IPAddress[]): boolean {
  const others = ranges.filter(({ metadata }) => metadata.name !== going.metadata.name)
  const own = going.spec?.cidrs ?? []
  if (own.every((cidr) => others.some((other) => containsRange(other, cidr)))) return true
  return !addresses.some(
    ({ metadata }) =>
      metadata.labels?.['ipaddress.kubernetes.io/managed-by'] === allocator &&
      containsAddress(going, metadata.name) &&
      !others.some((other) => containsAddress(other, metadata.name)),
  )
}

/** Whether two ranges have addresses in common. */
export function overlaps(left: ServiceCIDR, right: ServiceCIDR): boolean {
  return (left.spec?.cidrs ?? []).some((a) =>
    (right.spec?.cidrs ?? []).some((b) => contains(a, b.split('/')[0]!) || contains(b, a.split('/')[0]!)),
  )
}

export function containsAddress({ spec }: ServiceCIDR, ip: string): boolean {
  return (spec?.cidrs ?? []).some((cidr) => contains(cidr, ip))
}

function containsRange({ spec }: ServiceCIDR, cidr: string): boolean {
  const inner = parseCidr(cidr)
  return (spec?.cidrs ?? []).some((outer) => {
    const range = parseCidr(outer)
    return (
      range !== undefined && inner !== undefined && range.bits <= inner.bits && contains(outer, cidr.split('/')[0]!)
    )
  })
}

function contains(cidr: string, ip: string): boolean {
  const range = parseCidr(cidr)
  const address = parseIp(ip)
  if (range === undefined || address === undefined || range.address.family !== address.family) return false
  return cidrContains({ address: networkOf(range), bits: range.bits }, address)
}
