import { type Clock, isAlreadyExists, isNotFound, msOf, timestampOf } from '../../machinery/index.ts'
import {
  events,
  type IPAddress,
  ipAddresses,
  type Service,
  type ServiceCIDR,
  serviceCIDRs,
  services,
} from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import { objectOf } from '../registry/encoding.ts'
import type { Registry } from '../registry/registry.ts'
import type { WatchHub } from '../watch/hub.ts'
import { addressFor, allocatorName, canonicalIp, clusterIpsOf, type ServiceAddresses } from './addresses.ts'
import { familyOf } from './families.ts'
import type { AddressMeasures } from './measures.ts'
import type { ServiceRanges } from './ranges.ts'

const controller = 'ipallocator-repair-controller'
/** Kubernetes: an address may be taken so long before its service is there. */
const graceMs = 60_000

interface RepairParts {
  readonly registry: () => Registry
  readonly hub: WatchHub
  readonly clock: Clock
  readonly ranges: ServiceRanges
  readonly addresses: ServiceAddresses
  readonly measures: AddressMeasures
}

/** What is wrong between an address of a service and the object that should stand for it. */
export type AddressProblem = 'missing' | 'otherParent' | 'duplicate' | 'labels'

/** Compares an address of a service with the object of that name. Pure. */
export function problemOf(
  service: Service,
  ip: string,
  object: IPAddress | undefined,
  serviceOf: (namespace: string, name: string) => Service | undefined,
): AddressProblem | undefined {
  if (object === undefined) return 'missing'
  const { group = '', resource = '', namespace = '', name = '' } = object.spec?.parentRef ?? {}
  if (group !== '' || resource !== 'services') return 'otherParent'
  if (namespace !== service.metadata.namespace || name !== service.metadata.name) {
    const other = serviceOf(namespace, name)
    if (other === undefined) return 'otherParent'
    if (clusterIpsOf(other).some((one) => canonicalIp(one) === ip)) return 'duplicate'
    return 'otherParent'
  }
  const { 'ipaddress.kubernetes.io/managed-by': manager, 'ipaddress.kubernetes.io/ip-family': family } =
    object.metadata.labels ?? {}
  return manager !== allocatorName || family !== familyOf(ip) ? 'labels' : undefined
}

/**
 * Keeps services and the IPAddress objects of their addresses one to one: what is missing or points elsewhere is made anew, what
 * no service has goes. Woken by changes; an address without its service is looked at again once it must be there.
 */
export class AddressRepair {
  readonly #parts: RepairParts
  readonly #services = new Map<string, Service>()
  readonly #objects = new Map<string, IPAddress>()
  readonly #timers = new Map<string, Disposable>()
  #isRunning = false

  constructor(parts: RepairParts) {
    this.#parts = parts
    const { hub } = parts
    hub.onChange(services, ({ type, entry }) => {
      const service = objectOf(services, entry) as Service
      const key = keyOf(service.metadata.namespace ?? '', service.metadata.name)
      if (type === 'put') this.#services.set(key, service)
      else this.#services.delete(key)
      if (type === 'put') this.#wakeService(service)
    })
    hub.onChange(ipAddresses, ({ type, entry }) => {
      const object = objectOf(ipAddresses, entry) as IPAddress
      const { name } = object.metadata
      if (type === 'put') this.#objects.set(name, object)
      else this.#objects.delete(name)
      if (type === 'put') this.#wakeObject(object)
      else {
        const parent = this.#parentOf(object)
        if (parent !== undefined) this.#wakeService(parent)
      }
    })
  }

  /** Reads what is stored; answers the services. */
  async load(): Promise<readonly Service[]> {
    const registry = this.#parts.registry()
    const [allServices, allObjects, allRanges] = await Promise.all([
      registry.all<Service>(services),
      registry.all<IPAddress>(ipAddresses),
      registry.all<ServiceCIDR>(serviceCIDRs),
    ])
    for (const one of allServices) this.#services.set(keyOf(one.metadata.namespace ?? '', one.metadata.name), one)
    for (const one of allObjects) this.#objects.set(one.metadata.name, one)
    this.#parts.ranges.restore(allRanges)
    this.#parts.addresses.restore(allObjects)
    return allServices
  }

  /** Looks at everything once, then at what changes. */
  async run(): Promise<Disposable> {
    for (const service of this.#services.values()) await this.#checkService(service)
    this.#isRunning = true
    for (const object of this.#objects.values()) this.#wakeObject(object)
    return {
      [Symbol.dispose]: () => {
        this.#isRunning = false
        for (const timer of this.#timers.values()) timer[Symbol.dispose]()
        this.#timers.clear()
      },
    }
  }

  #parentOf({ spec }: IPAddress): Service | undefined {
    return this.#services.get(keyOf(spec?.parentRef?.namespace ?? '', spec?.parentRef?.name ?? ''))
  }

  #later(key: string, delayMs: number, what: () => Promise<void>): void {
    if (!this.#isRunning) return
    this.#timers.get(key)?.[Symbol.dispose]()
    const timer = this.#parts.clock.after(delayMs, () => {
      this.#timers.delete(key)
      // What fails is found again with the next change.
      void what().catch(() => this.#parts.measures.repairFailed())
    })
    this.#timers.set(key, timer)
  }

  #wakeService({ metadata, spec }: Service): void {
    if (clusterIpsOf({ spec }).every((ip) => this.#objects.has(canonicalIp(ip)))) return
    const key = keyOf(metadata.namespace ?? '', metadata.name)
    // The object of its address may be on its way.
    this.#later(`service ${key}`, 1000, async () => {
      const service = this.#services.get(key)
      if (service !== undefined) await this.#checkService(service)
    })
  }

  #wakeObject(object: IPAddress): void {
    const { name, labels, creationTimestamp } = object.metadata
    if (labels?.['ipaddress.kubernetes.io/managed-by'] !== allocatorName) return
    if (this.#belongs(object)) return
    const ageMs = this.#parts.clock.now() - msOf(creationTimestamp)
    this.#later(`address ${name}`, Math.max(0, graceMs - ageMs), () => this.#checkObject(name))
  }

  #belongs(object: IPAddress): boolean {
    const parent = this.#parentOf(object)
    return parent !== undefined && clusterIpsOf(parent).some((ip) => canonicalIp(ip) === object.metadata.name)
  }

  async #checkService(service: Service): Promise<void> {
    const { registry, ranges, addresses, measures } = this.#parts
    const { namespace = '', name } = service.metadata
    for (const text of clusterIpsOf(service)) {
      const ip = canonicalIp(text)
      const what = `[${familyOf(ip)}]: ${ip}`
      if (!ranges.hasRangeOf(ip)) {
        measures.addressError('outOfRange')
        const message = `Cluster IP ${what} is not within any configured Service CIDR; please recreate service`
        await this.#tell(service, 'ClusterIPOutOfRange', 'ClusterIPAllocation', message)
        continue
      }
      const serviceOf = (space: string, other: string) => this.#services.get(keyOf(space, other))
      const problem = problemOf(service, ip, this.#objects.get(ip), serviceOf)
      if (problem !== undefined) measures.addressError(problem === 'duplicate' ? 'duplicate' : 'repair')
      switch (problem) {
        case 'missing':
          await registry()
            .create(ipAddresses, undefined, addressFor(ip, service), loopbackContext())
            .catch((error: unknown) => {
              if (!isAlreadyExists(error)) throw error
            })
          await this.#tell(
            service,
            'ClusterIPNotAllocated',
            'ClusterIPAllocation',
            `Cluster IP ${what} is not allocated; repairing`,
          )
          break
        case 'otherParent':
          await this.#tell(
            service,
            'ClusterIPNotAllocated',
            'ClusterIPAllocation',
            `the ClusterIP ${what} for Service ${namespace}/${name} has a wrong reference; repairing`,
          )
          await addresses.reclaim(ip, service)
          break
        case 'labels':
          await addresses.reclaim(ip, service)
          break
        case 'duplicate':
          await this.#tell(
            service,
            'ClusterIPAlreadyAllocated',
            'ClusterIPAllocation',
            `Cluster IP [${familyOf(ip)}]:${ip} was assigned to multiple services; please recreate service`,
          )
          break
        default:
      }
    }
  }

  async #checkObject(ip: string): Promise<void> {
    const object = this.#objects.get(ip)
    if (object === undefined || this.#belongs(object)) return
    const { group = '', resource = '', namespace = '', name = '' } = object.spec?.parentRef ?? {}
    const isOfService = group === '' && resource === 'services'
    const isKnown = isOfService && this.#services.has(keyOf(namespace, name))
    this.#parts.measures.addressError(isOfService && !isKnown ? 'leak' : 'repair')
    const message = !isOfService
      ? `IPAddress ${ip} appears to have been modified, not referencing a Service: cleaning up`
      : isKnown
        ? `IPAddress: ${ip} for Service ${namespace}/${name} has a wrong reference; cleaning up`
        : `IPAddress: ${ip} for Service ${namespace}/${name} appears to have leaked: cleaning up`
    await this.#tell(
      object,
      isKnown ? 'IPAddressWrongReference' : 'IPAddressNotAllocated',
      'IPAddressAllocation',
      message,
    )
    await this.#parts
      .registry()
      .delete(ipAddresses, undefined, ip, {}, loopbackContext())
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
  }

  async #tell(about: Service | IPAddress, reason: string, action: string, message: string): Promise<void> {
    const { registry, clock } = this.#parts
    const { name, namespace, uid } = about.metadata
    const now = timestampOf(clock.now())
    const where = namespace ?? 'default'
    await registry()
      .create(
        events,
        where,
        {
          metadata: { generateName: `${name}.`, namespace: where },
          involvedObject: {
            apiVersion: about.apiVersion,
            kind: about.kind,
            name,
            uid,
            ...(namespace && { namespace }),
          },
          type: 'Warning',
          reason,
          action,
          message,
          firstTimestamp: now,
          lastTimestamp: now,
          count: 1,
          source: { component: controller },
          reportingComponent: controller,
          reportingInstance: controller,
        },
        loopbackContext(),
      )
      .catch(() => {})
  }
}

const keyOf = (namespace: string, name: string) => `${namespace}/${name}`
