import type { Service } from '../../resources/index.ts'
import {
  dashed,
  isIpv6,
  type NamedEndpoint,
  type Names,
  namedEndpoints,
  reversedAddress,
  undashed,
} from './index-of-names.ts'

/** One resource record, its data in dns-packet's form. */
export interface DnsRecord {
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly data: unknown
}
/** Undefined means: not ours to answer. */
export type DnsAnswer = {
  readonly rcode: 'NOERROR' | 'NXDOMAIN'
  readonly answers: readonly DnsRecord[]
  readonly authorities: readonly DnsRecord[]
  readonly additionals: readonly DnsRecord[]
  /** A name elsewhere that the answer leads to and the asker wants resolved. */
  readonly follow?: string
}

/** CoreDNS' defaults for its kubernetes zone. */
const ttlSeconds = 5
const dnsVersion = '1.1.0'

/** What the cluster's DNS says to one question (the DNS specification of Kubernetes, version 1.1.0). Pure. */
export function answerOf(
  question: { readonly name: string; readonly type: string },
  names: Names,
  domain: string,
): DnsAnswer | undefined {
  const asked = question.name
  const name = asked.toLowerCase().replace(/\.$/, '')
  const reverse = reversedAddress(name)
  if (reverse !== undefined) return reverseAnswer(asked, question.type, reverse, names, domain)
  if (name !== domain && !name.endsWith(`.${domain}`)) return undefined
  const labels = name === domain ? [] : name.slice(0, -domain.length - 1).split('.')
  if (labels.length === 0)
    return question.type === 'SOA'
      ? found([soa(domain)])
      : question.type === 'NS'
        ? found([record(asked, 'NS', `ns.dns.${domain}`)])
        : empty(domain)
  if (labels.length === 1 && labels[0] === 'dns-version')
    return question.type === 'TXT' ? found([record(asked, 'TXT', dnsVersion)]) : empty(domain)
  if (name === `ns.dns.${domain}`) {
    const service = names.service('kube-system', 'kube-dns')
    return addresses(
      asked,
      question.type,
      service?.spec?.clusterIP === undefined ? [] : [service.spec.clusterIP],
      domain,
    )
  }
  const kind = labels.at(-1)
  const namespace = labels.at(-2)
  const rest = labels.slice(0, -2)
  if (kind === 'svc') {
    if (namespace === undefined) return empty(domain)
    return serviceAnswer(asked, question.type, namespace, rest, names, domain)
  }
  if (kind === 'pod') {
    if (namespace === undefined) return empty(domain)
    if (!names.hasNamespace(namespace)) return absent(domain)
    if (rest.length === 0) return empty(domain)
    const ip = rest.length === 1 ? undashed(rest[0]!) : undefined
    return ip === undefined ? absent(domain) : addresses(asked, question.type, [ip], domain)
  }
  return absent(domain)
}

function serviceAnswer(
  asked: string,
  type: string,
  namespace: string,
  rest: readonly string[],
  names: Names,
  domain: string,
): DnsAnswer {
  if (!names.hasNamespace(namespace)) return absent(domain)
  // A namespace is an empty name of its own: it exists, and has no records.
  if (rest.length === 0) return empty(domain)
  const service = names.service(namespace, rest.at(-1)!)
  if (service?.spec === undefined) return absent(domain)
  const before = rest.slice(0, -1)
  const base = `${service.metadata.name}.${namespace}.svc.${domain}`
  if (service.spec.type === 'ExternalName')
    return before.length === 0 ? externalAnswer(asked, type, service, domain) : absent(domain)
  const headless = service.spec.clusterIP === 'None'
  const endpoints = () => namedEndpoints(service, names.slicesOf(namespace, service.metadata.name))
  if (before.length === 0) {
    if (type === 'SRV')
      return serviceRecords(asked, service, headless ? endpoints() : undefined, undefined, base, domain)
    if (!headless) return addresses(asked, type, clusterIps(service), domain)
    const list = endpoints()
    return list.length === 0
      ? absent(domain)
      : addresses(
          asked,
          type,
          list.map(({ ip }) => ip),
          domain,
        )
  }
  if (before.length === 2 && before[0]!.startsWith('_') && before[1]!.startsWith('_')) {
    const port = { name: before[0]!.slice(1), protocol: before[1]!.slice(1) }
    return serviceRecords(asked, service, headless ? endpoints() : undefined, port, base, domain, type)
  }
  if (before.length === 1 && headless) {
    const named = endpoints().filter(
      ({ hostname, ip }) => hostname.toLowerCase() === before[0] || dashed(ip) === before[0],
    )
    return named.length === 0
      ? absent(domain)
      : addresses(
          asked,
          type,
          named.map(({ ip }) => ip),
          domain,
        )
  }
  return absent(domain)
}

/** SRV: one record per port, or per port and endpoint behind a headless service; unnamed ports have none of their own. */
function serviceRecords(
  asked: string,
  service: Service,
  endpoints: readonly NamedEndpoint[] | undefined,
  wanted: { readonly name: string; readonly protocol: string } | undefined,
  base: string,
  domain: string,
  type = 'SRV',
): DnsAnswer {
  const matches = (port: { readonly name?: string; readonly protocol?: string }) =>
    wanted === undefined ||
    ((port.name ?? '').toLowerCase() === wanted.name && (port.protocol ?? 'TCP').toLowerCase() === wanted.protocol)
  const targets: { readonly port: number; readonly target: string; readonly ip: string }[] = []
  if (endpoints === undefined) {
    for (const port of service.spec?.ports ?? [])
      if (matches(port)) targets.push({ port: port.port, target: base, ip: service.spec?.clusterIP ?? '' })
  } else {
    for (const endpoint of endpoints)
      for (const port of endpoint.ports)
        if (matches(port)) targets.push({ port: port.port, target: `${endpoint.hostname}.${base}`, ip: endpoint.ip })
  }
  if (targets.length === 0) return absent(domain)
  if (type !== 'SRV') return empty(domain)
  const weight = Math.max(1, Math.floor(100 / targets.length))
  return {
    rcode: 'NOERROR',
    answers: targets.map(({ port, target }) => record(asked, 'SRV', { priority: 0, weight, port, target })),
    authorities: [],
    additionals: [
      ...new Map(
        targets.map(({ target, ip }) => [`${target} ${ip}`, record(target, isIpv6(ip) ? 'AAAA' : 'A', ip)]),
      ).values(),
    ],
  }
}

function externalAnswer(asked: string, type: string, service: Service, domain: string): DnsAnswer {
  const target = (service.spec?.externalName ?? '').replace(/\.$/, '')
  if (target === '') return absent(domain)
  const answer = found([record(asked, 'CNAME', target)])
  return type === 'CNAME' ? answer : { ...answer, follow: target }
}

function reverseAnswer(asked: string, type: string, ip: string, names: Names, domain: string): DnsAnswer | undefined {
  const targets = new Set<string>()
  for (const { metadata } of names.servicesAt(ip)) targets.add(`${metadata.name}.${metadata.namespace}.svc.${domain}`)
  if (targets.size === 0) {
    for (const slice of names.slicesAt(ip)) {
      const service = slice.metadata.labels?.['kubernetes.io/service-name']
      const headless = service === undefined ? undefined : names.service(slice.metadata.namespace ?? '', service)
      if (headless?.spec?.clusterIP !== 'None') continue
      const endpoint = slice.endpoints?.find(({ addresses: list }) => list.includes(ip))
      targets.add(`${endpoint?.hostname ?? dashed(ip)}.${service}.${slice.metadata.namespace}.svc.${domain}`)
    }
  }
  if (targets.size === 0) return undefined
  return type === 'PTR' ? found([...targets].map((target) => record(asked, 'PTR', target))) : empty(domain)
}

function clusterIps({ spec }: Service): readonly string[] {
  return (spec?.clusterIPs ?? [spec?.clusterIP ?? '']).filter((ip) => ip !== '' && ip !== 'None')
}

function addresses(asked: string, type: string, ips: readonly string[], domain: string): DnsAnswer {
  const wanted =
    type === 'AAAA' ? ips.filter(isIpv6) : type === 'A' ? ips.filter((ip) => !isIpv6(ip)) : type === 'ANY' ? ips : []
  return wanted.length === 0 ? empty(domain) : found(wanted.map((ip) => record(asked, isIpv6(ip) ? 'AAAA' : 'A', ip)))
}

function record(name: string, type: string, data: unknown): DnsRecord {
  return { name, type, ttl: ttlSeconds, data }
}

function found(answers: readonly DnsRecord[]): DnsAnswer {
  return { rcode: 'NOERROR', answers, authorities: [], additionals: [] }
}

/** The name exists, but has no records of the type asked for. */
function empty(domain: string): DnsAnswer {
  return { rcode: 'NOERROR', answers: [], authorities: [soa(domain)], additionals: [] }
}

function absent(domain: string): DnsAnswer {
  return { ...empty(domain), rcode: 'NXDOMAIN' }
}

function soa(domain: string): DnsRecord {
  return record(domain, 'SOA', {
    mname: `ns.dns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial: 1,
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: ttlSeconds,
  })
}
