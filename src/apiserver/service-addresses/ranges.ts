import { cidrContains, type IpRange, networkOf, parseCidr, parseIp } from '../../machinery/index.ts'
import { type ServiceCIDR, serviceCIDRs } from '../../resources/index.ts'
import { objectOf } from '../registry/encoding.ts'
import type { WatchHub } from '../watch/hub.ts'
import { type ClusterFamilies, type Family, familyOf } from './families.ts'

/** The ServiceCIDR that a server makes of its own configuration. */
export const defaultRangeName = 'kubernetes'

/** A range that services may have addresses from. */
export interface ServiceRange {
  readonly cidr: string
  readonly range: IpRange
  readonly family: Family
}

/** Kubernetes: a range is good for new addresses while it is Ready and not on its way out. */
export function isReady({ metadata, status }: ServiceCIDR): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true
  )
}

/** Reads `A` or `A,B` as the ranges of a cluster. Throws when one is none, or both are of one family. */
export function configuredRanges(text: string): readonly [ServiceRange, ...ServiceRange[]] {
  const ranges = text.split(',').map((cidr) => {
    const range = rangeOf(cidr.trim())
    if (range === undefined) throw new Error(`the service range ${cidr} is not a CIDR`)
    return range
  })
  if (ranges.length > 2 || (ranges.length === 2 && ranges[0]!.family === ranges[1]!.family))
    throw new Error(`the service ranges ${text} are not one of each address family`)
  return ranges as [ServiceRange, ...ServiceRange[]]
}

function rangeOf(cidr: string): ServiceRange | undefined {
  const range = parseCidr(cidr)
  if (range === undefined) return undefined
  return { cidr, range: { address: networkOf(range), bits: range.bits }, family: familyOf(cidr.split('/')[0]!) }
}

/** The ranges that services have addresses from: those of the configuration, and every ServiceCIDR that is ready. */
export class ServiceRanges {
  readonly configured: readonly [ServiceRange, ...ServiceRange[]]
  readonly #objects = new Map<string, ServiceCIDR>()

  constructor(text: string, hub: WatchHub) {
    this.configured = configuredRanges(text)
    hub.onChange(serviceCIDRs, ({ type, entry }) => {
      const object = objectOf(serviceCIDRs, entry) as ServiceCIDR
      if (type === 'put') this.#objects.set(object.metadata.name, object)
      else this.#objects.delete(object.metadata.name)
    })
  }

  /** What is stored already, before anything changes. */
  restore(existing: readonly ServiceCIDR[]): void {
    for (const object of existing) this.#objects.set(object.metadata.name, object)
  }

  get families(): ClusterFamilies {
    return this.configured.map(({ family }) => family) as unknown as ClusterFamilies
  }

  /** Ranges for new addresses of a family. */
  readyFor(family: Family): readonly ServiceRange[] {
    return [...this.#ready()].filter((range) => range.family === family)
  }

  /** The range that an address can be taken from. */
  readyWith(ip: string): ServiceRange | undefined {
    const address = parseIp(ip)
    return address && [...this.#ready()].find(({ range }) => cidrContains(range, address))
  }

  /** Whether any range, ready or not, has the address. */
  hasRangeOf(ip: string): boolean {
    const address = parseIp(ip)
    return address !== undefined && [...this.#all()].some(({ range }) => cidrContains(range, address))
  }

  *#ready(): Iterable<ServiceRange> {
    // The server's own range is good from the start: its object is made with the first address.
    if (!this.#objects.has(defaultRangeName)) yield* this.configured
    for (const object of this.#objects.values()) if (isReady(object)) yield* rangesOf(object)
  }

  *#all(): Iterable<ServiceRange> {
    yield* this.configured
    for (const object of this.#objects.values()) yield* rangesOf(object)
  }
}

function rangesOf({ spec }: ServiceCIDR): readonly ServiceRange[] {
  return (spec?.cidrs ?? []).flatMap((cidr) => rangeOf(cidr) ?? [])
}
