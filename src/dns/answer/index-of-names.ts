import { isIp, parseIp } from '../../machinery/index.ts'
import type { EndpointSlice, Service } from '../../resources/index.ts'

/** What the answers are made from; the caches of the API, or a table in tests. */
export interface Names {
  readonly service: (namespace: string, name: string) => Service | undefined
  readonly slicesOf: (namespace: string, name: string) => readonly EndpointSlice[]
  readonly hasNamespace: (name: string) => boolean
  /** Services that have an address as their cluster IP. */
  readonly servicesAt: (ip: string) => readonly Service[]
  /** Slices that have an endpoint with the address. */
  readonly slicesAt: (ip: string) => readonly EndpointSlice[]
}

/** One address behind a headless service, with the name it answers to. */
export interface NamedEndpoint {
  readonly ip: string
  readonly hostname: string
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[]
}

/** The endpoints that DNS shows: ready ones, or all where the service asks for it. */
export function namedEndpoints(service: Service, slices: readonly EndpointSlice[]): readonly NamedEndpoint[] {
  const all = service.spec?.publishNotReadyAddresses === true
  const found = new Map<string, NamedEndpoint>()
  for (const slice of slices) {
    const ports = (slice.ports ?? []).map((one) => ({
      name: one.name ?? '',
      protocol: (one.protocol ?? 'TCP').toLowerCase(),
      port: one.port ?? 0,
    }))
    for (const { addresses, conditions, hostname } of slice.endpoints ?? []) {
      if (!all && conditions?.ready === false) continue
      for (const ip of addresses) {
        const known = found.get(ip)
        found.set(ip, {
          ip,
          hostname: hostname ?? dashed(ip),
          ports: known === undefined ? ports : [...known.ports, ...ports],
        })
      }
    }
  }
  return [...found.values()]
}

/** How an address is written in a name: `10-244-0-3`. */
export function dashed(ip: string): string {
  return ip.replaceAll('.', '-').replaceAll(':', '-')
}

/** The address a dashed label stands for, if it is one. */
export function undashed(label: string): string | undefined {
  const four = label.replaceAll('-', '.')
  if (isIp(four)) return four
  const six = label.replaceAll('-', ':')
  return isIp(six) ? six : undefined
}

/** The address that a name below in-addr.arpa or ip6.arpa asks about. */
export function reversedAddress(name: string): string | undefined {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name)
  if (four !== null) return `${four[4]}.${four[3]}.${four[2]}.${four[1]}`
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)
  if (six === null) return undefined
  const digits = six[1]!.split('.').slice(0, 32).reverse().join('')
  return digits.replace(/(.{4})(?!$)/g, '$1:')
}

export function isIpv6(ip: string): boolean {
  return parseIp(ip)?.family === 6
}
