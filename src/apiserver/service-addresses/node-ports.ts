import { invalid, invalidObject, type Random, StatusError } from '../../machinery/index.ts'
import { type Draft, type Service, services } from '../../resources/index.ts'
import { objectOf } from '../registry/encoding.ts'
import type { WatchHub } from '../watch/hub.ts'
import type { AddressMeasures } from './measures.ts'

/** The ports of every node that services may have. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

/**
 * Hands out node ports. What is taken is known from the services themselves and from writes under way, so nothing can leak: a
 * service that goes gives back what it had when its delete is seen.
 */
export class NodePorts {
  readonly #range: PortRange
  readonly #random: Random
  readonly #measures: Pick<AddressMeasures, 'port'>
  /** By `PROTOCOL/port`: the uid of the service. */
  readonly #taken = new Map<string, string>()

  constructor(range: PortRange, hub: WatchHub, random: Random, measures: Pick<AddressMeasures, 'port'>) {
    this.#range = range
    this.#random = random
    this.#measures = measures
    hub.onChange(services, ({ type, entry, previous }) => {
      const now = type === 'put' ? (objectOf(services, entry) as Service) : undefined
      if (previous !== undefined) {
        const before = objectOf(services, previous) as Service
        const kept = new Set(now === undefined ? [] : portsOf(now))
        for (const port of portsOf(before))
          if (!kept.has(port) && this.#taken.get(port) === before.metadata.uid) this.#taken.delete(port)
      }
      if (now !== undefined) this.#takeAll(now)
    })
  }

  restore(existing: readonly Service[]): void {
    for (const service of existing) this.#takeAll(service)
  }

  /** How many ports are taken, whatever protocols they are taken for. */
  get takenCount(): number {
    return new Set([...this.#taken.keys()].map((key) => key.slice(key.indexOf('/') + 1))).size
  }

  #takeAll(service: Service): void {
    for (const port of portsOf(service)) this.#taken.set(port, service.metadata.uid)
  }

  /** Gives a service the ports it is to have; answers how to give them back. Throws 422, or 500 when none is left. */
  allocate(draft: Draft, previous: Service | undefined): () => void {
    const { uid } = draft.metadata
    const taken: string[] = []
    const undo = () => {
      for (const port of taken) this.#taken.delete(port)
    }
    try {
      this.#allocate(draft, previous, uid, taken)
      return undo
    } catch (error) {
      undo()
      throw error
    }
  }

  #allocate(draft: Draft, previous: Service | undefined, uid: string, taken: string[]): void {
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
          (one) => one !== undefined && [undefined, uid].includes(this.#taken.get(`${protocol}/${one}`)),
        )
        port.nodePort = free ?? this.#freePort(protocol)
        if (free === undefined) this.#measures.port('dynamic', true)
      } else {
        const owner = this.#taken.get(`${protocol}/${port.nodePort}`)
        const field = `spec.ports[${index}].nodePort`
        const about = { group: '', kind: 'Service' }
        if (port.nodePort < this.#range.from || port.nodePort > this.#range.to) {
          if (owner !== uid) this.#measures.port('static', false)
          if (owner !== uid)
            throw invalidObject(about, draft.metadata.name, [
              invalid(
                field,
                port.nodePort,
                `provided port is not in the valid range. The range of valid ports is ${this.#range.from}-${this.#range.to}`,
              ),
            ])
        }
        if (owner !== uid) this.#measures.port('static', owner === undefined)
        if (owner !== undefined && owner !== uid)
          throw invalidObject(about, draft.metadata.name, [
            invalid(field, port.nodePort, 'provided port is already allocated'),
          ])
      }
      const key = `${protocol}/${port.nodePort}`
      if (this.#taken.get(key) !== uid) {
        this.#taken.set(key, uid)
        taken.push(key)
      }
    }
    if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
      spec.healthCheckNodePort ??= previous?.spec?.healthCheckNodePort ?? this.#freePort('TCP')
      const key = `TCP/${spec.healthCheckNodePort}`
      if (!this.#taken.has(key)) {
        this.#taken.set(key, uid)
        taken.push(key)
      }
    } else if (spec.healthCheckNodePort !== undefined) delete spec.healthCheckNodePort
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer' && (spec.externalIPs?.length ?? 0) === 0)
      delete spec.externalTrafficPolicy
    if (spec.type !== 'LoadBalancer' && previous?.spec?.type === 'LoadBalancer') dropBalancerFields(spec, previous.spec)
  }

  #freePort(protocol: string): number {
    const { from, to } = this.#range
    const count = to - from + 1
    const start = Math.floor(this.#random.next() * count)
    for (let step = 0; step < count; step++) {
      const port = from + ((start + step) % count)
      if (!this.#taken.has(`${protocol}/${port}`)) return port
    }
    this.#measures.port('dynamic', false)
    throw new StatusError(500, 'InternalError', 'Internal error occurred: failed to allocate a nodePort: range is full')
  }
}

/** Kubernetes: what was only for the balancer goes with it, unless the change says otherwise of it. */
function dropBalancerFields(spec: Draft, before: Service['spec']): void {
  for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const)
    if (spec[field] === before?.[field]) delete spec[field]
}

function portsOf({ spec }: Service): readonly string[] {
  const ports = (spec?.ports ?? [])
    .filter((port) => (port.nodePort ?? 0) > 0)
    .map((port) => `${port.protocol ?? 'TCP'}/${port.nodePort}`)
  return spec?.healthCheckNodePort === undefined ? ports : [...ports, `TCP/${spec.healthCheckNodePort}`]
}
