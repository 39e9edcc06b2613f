import {
  addressAt,
  cidrContains,
  cidrSize,
  invalid,
  invalidObject,
  ipText,
  type KubeObject,
  parseCidr,
  parseIp,
  type Random,
  StatusError,
} from '../../machinery/index.ts'
import { type Draft, type Service, services } from '../../resources/index.ts'
import type { WatchHub } from '../watch/hub.ts'
import { objectOf } from './encoding.ts'
import type { Allocation } from './registry.ts'

export interface ServiceRanges {
  readonly serviceCidr: string
  readonly nodePorts: { readonly from: number; readonly to: number }
}

/**
 * Hands out cluster IPs and node ports. What is taken is known from the services themselves and from writes under way,
 * so nothing can leak: a service that goes gives back what it had when its delete is seen.
 */
export function serviceAllocation(
  ranges: ServiceRanges,
  hub: WatchHub,
  random: Random,
): Allocation & { restore(existing: readonly Service[]): void } {
  const range = parseCidr(ranges.serviceCidr)
  if (range === undefined) throw new Error(`the service range ${ranges.serviceCidr} is not a CIDR`)
  const ips = new Map<string, string>()
  const ports = new Map<string, string>()
  const takeAll = (service: Service) => {
    for (const ip of ipsOf(service)) ips.set(ip, service.metadata.uid)
    for (const port of portsOf(service)) ports.set(port, service.metadata.uid)
  }
  hub.onChange(services, ({ type, entry, previous }) => {
    const now = type === 'put' ? (objectOf(services, entry) as Service) : undefined
    if (previous !== undefined) {
      const before = objectOf(services, previous) as Service
      const { uid } = before.metadata
      const keptIps = new Set(now === undefined ? [] : ipsOf(now))
      const keptPorts = new Set(now === undefined ? [] : portsOf(now))
      for (const ip of ipsOf(before)) if (!keptIps.has(ip) && ips.get(ip) === uid) ips.delete(ip)
      for (const port of portsOf(before)) if (!keptPorts.has(port) && ports.get(port) === uid) ports.delete(port)
    }
    if (now !== undefined) takeAll(now)
  })

  function takeIp(draft: Draft, uid: string, taken: string[]): void {
    const { spec } = draft
    const asked: string = spec.clusterIP ?? spec.clusterIPs?.[0] ?? ''
    if (spec.type === 'ExternalName') {
      for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
        delete spec[key]
      return
    }
    const single = () => {
      spec.ipFamilies ??= [range!.address.family === 6 ? 'IPv6' : 'IPv4']
      spec.ipFamilyPolicy ??= 'SingleStack'
    }
    if (asked === 'None') {
      spec.clusterIP = 'None'
      spec.clusterIPs = ['None']
      return single()
    }
    if (asked !== '' && ips.get(asked) === uid) {
      spec.clusterIP = asked
      spec.clusterIPs ??= [asked]
      return single()
    }
    const ip = asked === '' ? freeIp() : checkedIp(draft, asked)
    ips.set(ip, uid)
    taken.push(ip)
    spec.clusterIP = ip
    spec.clusterIPs = [ip]
    single()
  }

  function checkedIp(draft: Draft, asked: string): string {
    const address = parseIp(asked)
    const refuse = (why: string) =>
      invalidObject({ group: '', kind: 'Service' }, draft.metadata.name, [invalid('spec.clusterIPs', [asked], why)])
    if (address === undefined) throw refuse(`failed to allocate IP ${asked}: not a valid IP address`)
    if (!cidrContains(range!, address))
      throw refuse(
        `failed to allocate IP ${asked}: the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${ranges.serviceCidr}`,
      )
    if (ips.has(asked)) throw refuse(`failed to allocate IP ${asked}: provided IP is already allocated`)
    return asked
  }

  /** Kubernetes: automatic addresses come from the upper part, so that chosen ones in the lower part seldom collide. */
  function freeIp(): string {
    const size = Number(cidrSize(range!))
    const lower = Math.min(Math.max(16, Math.floor(size / 16)), 256)
    const from = size > 2 * lower ? lower : 1
    const count = size - 1 - from
    const start = Math.floor(random.next() * count)
    for (let step = 0; step < count; step++) {
      const ip = ipText(addressAt(range!, from + ((start + step) % count)))
      if (!ips.has(ip)) return ip
    }
    for (let offset = 1; offset < from; offset++) {
      const ip = ipText(addressAt(range!, offset))
      if (!ips.has(ip)) return ip
    }
    throw new StatusError(
      500,
      'InternalError',
      `Internal error occurred: failed to allocate a serviceIP: range is full`,
    )
  }

  function takePorts(draft: Draft, previous: Service | undefined, uid: string, taken: string[]): void {
    const { spec } = draft
    const exposes =
      spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
    if (spec.type === 'ExternalName' || spec.type === 'ClusterIP') {
      for (const port of spec.ports ?? []) delete port.nodePort
    }
    for (const [index, port] of (spec.ports ?? []).entries()) {
      const protocol = port.protocol ?? 'TCP'
      if (port.nodePort === undefined || port.nodePort === 0) {
        if (!exposes) continue
        // Kubernetes: the same port number over two protocols shares one node port.
        const twin = spec.ports.find(
          (one: any) =>
            one !== port && one.port === port.port && (one.protocol ?? 'TCP') !== protocol && one.nodePort > 0,
        )
        const before = previous?.spec?.ports?.find(
          (one) => one.port === port.port && (one.protocol ?? 'TCP') === protocol,
        )?.nodePort
        const free = [twin?.nodePort, before].find(
          (one) => one !== undefined && [undefined, uid].includes(ports.get(`${protocol}/${one}`)),
        )
        port.nodePort = free ?? freePort(protocol)
      } else {
        const owner = ports.get(`${protocol}/${port.nodePort}`)
        const field = `spec.ports[${index}].nodePort`
        const about = { group: '', kind: 'Service' }
        if (port.nodePort < ranges.nodePorts.from || port.nodePort > ranges.nodePorts.to) {
          if (owner !== uid)
            throw invalidObject(about, draft.metadata.name, [
              invalid(
                field,
                port.nodePort,
                `provided port is not in the valid range. The range of valid ports is ${ranges.nodePorts.from}-${ranges.nodePorts.to}`,
              ),
            ])
        }
        if (owner !== undefined && owner !== uid)
          throw invalidObject(about, draft.metadata.name, [
            invalid(field, port.nodePort, 'provided port is already allocated'),
          ])
      }
      const key = `${protocol}/${port.nodePort}`
      if (ports.get(key) !== uid) {
        ports.set(key, uid)
        taken.push(key)
      }
    }
    if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
      spec.healthCheckNodePort ??= previous?.spec?.healthCheckNodePort ?? freePort('TCP')
      const key = `TCP/${spec.healthCheckNodePort}`
      if (!ports.has(key)) {
        ports.set(key, uid)
        taken.push(key)
      }
    } else if (spec.healthCheckNodePort !== undefined) delete spec.healthCheckNodePort
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer' && (spec.externalIPs?.length ?? 0) === 0)
      delete spec.externalTrafficPolicy
  }

  function freePort(protocol: string): number {
    const { from, to } = ranges.nodePorts
    const count = to - from + 1
    const start = Math.floor(random.next() * count)
    for (let step = 0; step < count; step++) {
      const port = from + ((start + step) % count)
      if (!ports.has(`${protocol}/${port}`)) return port
    }
    throw new StatusError(500, 'InternalError', 'Internal error occurred: failed to allocate a nodePort: range is full')
  }

  return {
    restore: (existing) => existing.forEach(takeAll),
    async allocate(draft: Draft, previous: KubeObject | undefined) {
      const takenIps: string[] = []
      const takenPorts: string[] = []
      const uid = draft.metadata.uid
      const undo = () => {
        for (const ip of takenIps) ips.delete(ip)
        for (const port of takenPorts) ports.delete(port)
      }
      try {
        keepAllocated(draft, previous as Service | undefined)
        takeIp(draft, uid, takenIps)
        takePorts(draft, previous as Service | undefined, uid, takenPorts)
      } catch (error) {
        undo()
        throw error
      }
      return { [Symbol.dispose]: undo }
    },
  }
}

/** Kubernetes: an update that leaves the address out keeps the one the service has, unless the type forbids it. */
function keepAllocated(draft: Draft, previous: Service | undefined): void {
  if (previous?.spec === undefined || previous.spec.type === 'ExternalName' || draft.spec.type === 'ExternalName')
    return
  if (draft.spec.clusterIP === undefined || draft.spec.clusterIP === '') {
    draft.spec.clusterIP = previous.spec.clusterIP
    draft.spec.clusterIPs ??= previous.spec.clusterIPs
  }
  draft.spec.ipFamilies ??= previous.spec.ipFamilies
  draft.spec.ipFamilyPolicy ??= previous.spec.ipFamilyPolicy
}

function ipsOf({ spec }: Service): readonly string[] {
  return (spec?.clusterIPs ?? (spec?.clusterIP === undefined ? [] : [spec.clusterIP])).filter(
    (ip) => ip !== '' && ip !== 'None',
  )
}

function portsOf({ spec }: Service): readonly string[] {
  const ports = (spec?.ports ?? [])
    .filter((port) => (port.nodePort ?? 0) > 0)
    .map((port) => `${port.protocol ?? 'TCP'}/${port.nodePort}`)
  return spec?.healthCheckNodePort === undefined ? ports : [...ports, `TCP/${spec.healthCheckNodePort}`]
}
