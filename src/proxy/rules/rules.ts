import type { EndpointSlice, Service } from '../../resources/index.ts'

export type Protocol = 'tcp' | 'udp' | 'sctp'
export interface Endpoint {
  readonly ip: string
  readonly port: number
}
/** One address, protocol and port that a service is reached at, and where its traffic goes. */
export interface Frontend {
  /** `namespace/name:port`, for people and for names of chains. */
  readonly service: string
  readonly protocol: Protocol
  /** Undefined for node ports: every address of the node. */
  readonly ip: string | undefined
  readonly port: number
  readonly endpoints: readonly Endpoint[]
  /** Whether the source address is hidden on the way, so that replies come back through this node. */
  readonly masquerade: boolean
  /** How long a client stays with its endpoint; 0 for not at all. */
  readonly affinitySeconds: number
  /** Who may come, as IPv4 ranges; left out: everybody. */
  readonly sources?: readonly string[]
  /** With nothing to send to: refuse at once, or (policy Local, endpoints elsewhere) drop. */
  readonly whenEmpty: 'reject' | 'drop'
}

const affinityDefaultSeconds = 10_800
const serviceNameLabel = 'kubernetes.io/service-name'
/** Kubernetes: services and slices with one of these are none of this proxy's, whatever they hold. */
const othersLabels = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless']
const isOthers = ({ labels = {} }: Pick<Service, 'metadata'>['metadata']) =>
  othersLabels.some((label) => labels[label] !== undefined)

/** The service whose endpoints a slice holds, as this proxy sees it: `NAMESPACE/NAME`, or nothing. */
export function serviceOfSlice({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[serviceNameLabel]
  return name === undefined || isOthers(metadata) ? undefined : `${metadata.namespace}/${name}`
}

/** Where a node is; the zone is empty when it is not known. */
export interface Place {
  readonly nodeName: string
  readonly zone: string
}

/** What a node's proxy has to do for a service with these endpoints. Pure. */
export function frontendsOf(
  { spec, metadata, status }: Service,
  slices: readonly EndpointSlice[],
  place: Place,
): readonly Frontend[] {
  const frontends: Frontend[] = []
  const clusterIp = spec?.clusterIP ?? ''
  if (spec === undefined || spec.type === 'ExternalName' || clusterIp === '' || clusterIp === 'None') return []
  if (isOthers(metadata)) return []
  const key = `${metadata.namespace}/${metadata.name}`
  for (const port of spec.ports ?? []) {
    const protocol = (port.protocol ?? 'TCP').toLowerCase() as Protocol
    const name = `${key}:${port.name ?? port.port}`
    const all = endpointsOf(slices, port.name ?? '', port.protocol ?? 'TCP', place, false)
    const local = () => endpointsOf(slices, port.name ?? '', port.protocol ?? 'TCP', place, true)
    const affinitySeconds =
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinityDefaultSeconds)
        : 0
    const internalLocal = spec.internalTrafficPolicy === 'Local'
    const externalLocal = spec.externalTrafficPolicy === 'Local'
    const internal = internalLocal ? local() : all
    const external = externalLocal ? local() : all
    const emptyWhen = (isLocal: boolean) => (isLocal && all.length > 0 ? ('drop' as const) : ('reject' as const))
    const base = { service: name, protocol, affinitySeconds }
    for (const ip of spec.clusterIPs ?? [clusterIp]) {
      if (ip.includes(':')) continue
      frontends.push({
        ...base,
        ip,
        port: port.port,
        endpoints: internal,
        masquerade: false,
        whenEmpty: emptyWhen(internalLocal),
      })
    }
    const outside = { ...base, endpoints: external, masquerade: !externalLocal, whenEmpty: emptyWhen(externalLocal) }
    const balancers = (status?.loadBalancer?.ingress ?? [])
      .filter((one) => one.ipMode !== 'Proxy')
      .map((one) => one.ip ?? '')
    const ranges = (spec.loadBalancerSourceRanges ?? []).map((one) => one.trim()).filter((one) => !one.includes(':'))
    // Kubernetes: what the node itself sends to the balancer may come from the balancer's address.
    const sources = (ip: string) => (ranges.length === 0 ? {} : { sources: [...new Set([...ranges, `${ip}/32`])] })
    const fromOutside = new Map([
      ...balancers.map((ip) => [ip, sources(ip)] as const),
      ...(spec.externalIPs ?? []).map((ip) => [ip, {}] as const),
    ])
    for (const [ip, more] of fromOutside) {
      if (ip !== '' && !ip.includes(':')) frontends.push({ ...outside, ...more, ip, port: port.port })
    }
    if ((port.nodePort ?? 0) > 0) frontends.push({ ...outside, ip: undefined, port: port.nodePort! })
  }
  return frontends
}

/** The addresses that a service has within the cluster, whatever is behind it. */
export function clusterIpsOf({ spec, metadata }: Service): readonly string[] {
  if (spec === undefined || spec.type === 'ExternalName' || isOthers(metadata)) return []
  const ips = spec.clusterIPs ?? [spec.clusterIP ?? '']
  return ips.filter((ip) => ip !== '' && ip !== 'None' && !ip.includes(':'))
}

/** A port of a node at which is asked whether it has endpoints of a service. */
export interface HealthPort {
  readonly namespace: string
  readonly name: string
  readonly port: number
  /** How many pods of the node are ready to serve. */
  readonly localEndpoints: number
}

/** The health check port of a service whose traffic from outside stays on its node; undefined for others. */
export function healthPortOf(
  { spec, metadata }: Service,
  slices: readonly EndpointSlice[],
  nodeName: string,
): HealthPort | undefined {
  const port = spec?.healthCheckNodePort ?? 0
  if (spec?.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local' || port === 0) return undefined
  if (isOthers(metadata)) return undefined
  const all = slices.filter(({ addressType }) => addressType === 'IPv4').flatMap(({ endpoints }) => endpoints ?? [])
  const local = all.filter((one) => one.nodeName === nodeName && one.conditions?.ready !== false)
  const localEndpoints = new Set(local.map(({ addresses }) => addresses[0])).size
  return { namespace: metadata.namespace!, name: metadata.name!, port, localEndpoints }
}

type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number]

/** Kubernetes: ready endpoints; when there are none, those that still serve while they terminate. */
function endpointsOf(
  slices: readonly EndpointSlice[],
  portName: string,
  protocol: string,
  place: Place,
  isLocal: boolean,
): readonly Endpoint[] {
  const ready = new Map<string, Endpoint>()
  const leaving = new Map<string, Endpoint>()
  const isNear = isLocal
    ? ({ nodeName }: SliceEndpoint) => nodeName === place.nodeName
    : nearness(slices, portName, protocol, place)
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const port = portOf(slice, portName, protocol)
    if (port === undefined) continue
    for (const endpoint of slice.endpoints ?? []) {
      if (isLocal && !isNear(endpoint)) continue
      const { ready: isReady, serving, terminating } = endpoint.conditions ?? {}
      const [ip] = endpoint.addresses
      if (ip === undefined) continue
      if (isReady !== false) {
        if (isNear(endpoint)) ready.set(`${ip}:${port}`, { ip, port })
      } else if (serving === true && terminating === true) leaving.set(`${ip}:${port}`, { ip, port })
    }
  }
  const chosen = ready.size > 0 ? ready : leaving
  return [...chosen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint)
}

function portOf({ ports = [] }: EndpointSlice, name: string, protocol: string): number | undefined {
  return ports?.find((one) => (one.name ?? '') === name && (one.protocol ?? 'TCP') === protocol)?.port ?? undefined
}

/**
 * Kubernetes: which ready endpoints are for this node, by their hints: those for the node itself, or those for its zone,
 * if every ready one has a hint and there are such; else all.
 */
function nearness(
  slices: readonly EndpointSlice[],
  portName: string,
  protocol: string,
  { nodeName, zone }: Place,
): (endpoint: SliceEndpoint) => boolean {
  const ready = slices
    .filter((slice) => slice.addressType === 'IPv4' && portOf(slice, portName, protocol) !== undefined)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
  const isFor = {
    forNodes: ({ hints }: SliceEndpoint) => hints?.forNodes?.some(({ name }) => name === nodeName) === true,
    forZones: ({ hints }: SliceEndpoint) => hints?.forZones?.some(({ name }) => name === zone) === true,
  }
  for (const kind of ['forNodes', 'forZones'] as const) {
    const areHinted = ready.every(({ hints }) => (hints?.[kind]?.length ?? 0) > 0)
    if (areHinted && ready.some(isFor[kind])) return isFor[kind]
  }
  return () => true
}
