import {
  addressAt,
  type Clock,
  cidrContains,
  cidrSize,
  invalid,
  invalidObject,
  ipText,
  isAlreadyExists,
  isNotFound,
  parseIp,
  type Random,
  StatusError,
} from '../../machinery/index.ts'
import { type Draft, type IPAddress, ipAddresses, type Service } from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import { objectOf } from '../registry/encoding.ts'
import type { Registry } from '../registry/registry.ts'
import type { WatchHub } from '../watch/hub.ts'
import { type Family, familyOf } from './families.ts'
import type { AddressMeasures } from './measures.ts'
import type { ServiceRange, ServiceRanges } from './ranges.ts'

/** Kubernetes' name for who hands out the addresses of services. */
export const allocatorName = 'ipallocator.k8s.io'

/** Thrown when no address of a range is left. */
class RangeFull extends Error {}

/** The IPAddress that says which service has an address. */
export function addressFor(ip: string, { metadata }: { readonly metadata: { name: string; namespace?: string } }) {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: ip,
      labels: {
        'ipaddress.kubernetes.io/ip-family': familyOf(ip),
        'ipaddress.kubernetes.io/managed-by': allocatorName,
      },
    },
    spec: {
      parentRef: { group: '', resource: 'services', namespace: metadata.namespace ?? '', name: metadata.name },
    },
  }
}

/** An address in the one form it is written in. */
export function canonicalIp(text: string): string {
  const address = parseIp(text)
  return address === undefined ? text : ipText(address)
}

export function clusterIpsOf({ spec }: { readonly spec?: Service['spec'] }): readonly string[] {
  return (spec?.clusterIPs ?? (spec?.clusterIP === undefined ? [] : [spec.clusterIP])).filter(
    (ip) => ip !== '' && ip !== 'None',
  )
}

/**
 * Hands out the addresses of services: each is an IPAddress object, so that creating it is what makes it taken, and whoever
 * made one by hand keeps it.
 */
export class ServiceAddresses {
  readonly #ranges: ServiceRanges
  readonly #registry: () => Registry
  readonly #random: Random
  readonly #clock: Clock
  readonly #measures: AddressMeasures
  /** Addresses that objects stand for, so far as has been seen. */
  readonly #taken = new Set<string>()

  constructor(parts: {
    readonly ranges: ServiceRanges
    readonly registry: () => Registry
    readonly hub: WatchHub
    readonly random: Random
    readonly clock: Clock
    readonly measures: AddressMeasures
  }) {
    this.#ranges = parts.ranges
    this.#registry = parts.registry
    this.#random = parts.random
    this.#clock = parts.clock
    this.#measures = parts.measures
    parts.hub.onChange(ipAddresses, ({ type, entry }) => {
      const { name } = objectOf(ipAddresses, entry).metadata
      if (type === 'put') this.#taken.add(name)
      else this.#taken.delete(name)
    })
  }

  restore(existing: readonly IPAddress[]): void {
    for (const { metadata } of existing) this.#taken.add(metadata.name)
  }

  /** How many addresses of a range are taken. */
  takenIn({ range }: ServiceRange): number {
    let count = 0
    for (const ip of this.#taken) {
      const address = parseIp(ip)
      if (address !== undefined && cidrContains(range, address)) count++
    }
    return count
  }

  /** Gives a service the addresses it is to have; answers those that are new. Throws 422, or 500 when none is left. */
  async allocate(draft: Draft, previous: Service | undefined, dryRun: boolean): Promise<string[]> {
    const { spec } = draft
    const held = new Set(previous === undefined ? [] : clusterIpsOf(previous))
    const allocated: string[] = []
    if (spec.type === 'ExternalName' || spec.clusterIPs?.[0] === 'None') return allocated
    try {
      const ips: string[] = []
      for (const [index, family] of (spec.ipFamilies as Family[]).entries()) {
        const asked: string = spec.clusterIPs?.[index] ?? ''
        if (asked !== '' && held.has(asked)) {
          ips.push(asked)
          continue
        }
        const ip =
          asked === '' ? await this.#takeNext(draft, family, dryRun) : await this.#takeThis(draft, asked, dryRun)
        ips.push(asked === '' ? ip : asked)
        allocated.push(ip)
      }
      spec.clusterIPs = ips
      spec.clusterIP = ips[0]
      return allocated
    } catch (error) {
      if (!dryRun) this.release(allocated)
      throw error
    }
  }

  /** Gives addresses back; what fails is found by the repair. */
  release(ips: readonly string[]): void {
    for (const ip of ips)
      void this.#registry()
        .delete(ipAddresses, undefined, canonicalIp(ip), {}, loopbackContext())
        .catch(() => {})
  }

  async #takeThis(draft: Draft, asked: string, dryRun: boolean): Promise<string> {
    const refuse = (why: string) =>
      invalidObject({ group: '', kind: 'Service' }, draft.metadata.name, [
        invalid('spec.clusterIPs', draft.spec.clusterIPs, `failed to allocate IP ${asked}: ${why}`),
      ])
    const address = parseIp(asked)
    if (address === undefined) throw refuse('not a valid IP address')
    const ip = ipText(address)
    const range = this.#ranges.readyWith(ip)
    if (range === undefined) throw refuse('the provided network does not match the current range')
    const { first, last } = boundsOf(range)
    const number = BigInt(address.number)
    if (number < first || number > last)
      throw refuse(`the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${range.cidr}`)
    if (dryRun) return ip
    const startedMs = this.#clock.monotonic()
    const isOurs = await this.#claim(ip, draft)
    this.#measures.address(range.cidr, 'static', isOurs, (this.#clock.monotonic() - startedMs) / 1000)
    if (!isOurs) throw refuse('provided IP is already allocated')
    return ip
  }

  /** Kubernetes: automatic addresses come from the upper part, so that chosen ones in the lower part seldom collide. */
  async #takeNext(draft: Draft, family: Family, dryRun: boolean): Promise<string> {
    for (const range of this.#ranges.readyFor(family)) {
      const startedMs = this.#clock.monotonic()
      const measured = (isGiven: boolean) => {
        const seconds = (this.#clock.monotonic() - startedMs) / 1000
        if (!dryRun) this.#measures.address(range.cidr, 'dynamic', isGiven, seconds)
      }
      try {
        const ip = await this.#takeFrom(range, draft, dryRun)
        measured(true)
        return ip
      } catch (error) {
        measured(false)
        if (!(error instanceof RangeFull)) throw error
      }
    }
    throw new StatusError(
      500,
      'InternalError',
      `Internal error occurred: failed to allocate a serviceIP for Service ${JSON.stringify(draft.metadata.name)}: range is full`,
    )
  }

  async #takeFrom({ range, family }: ServiceRange, draft: Draft, dryRun: boolean): Promise<string> {
    // Of larger ranges only so many addresses are looked at.
    const size = Number(cidrSize(range) > largestRange ? largestRange : cidrSize(range))
    const lower = Math.min(Math.max(16, Math.floor(size / 16)), 256)
    const last = size - (family === 'IPv4' ? 2 : 1)
    const middle = size > 2 * lower ? lower : 1
    for (const [from, to] of [
      [middle, last],
      [1, middle - 1],
    ] as const) {
      const count = to - from + 1
      const start = count > 0 ? Math.floor(this.#random.next() * count) : 0
      for (let step = 0; step < count; step++) {
        const ip = ipText(addressAt(range, from + ((start + step) % count)))
        if (this.#taken.has(ip)) continue
        if (dryRun || (await this.#claim(ip, draft))) return ip
      }
    }
    throw new RangeFull()
  }

  /** Whether the address is now the service's. */
  async #claim(ip: string, draft: Draft): Promise<boolean> {
    if (this.#taken.has(ip)) return false
    this.#taken.add(ip)
    try {
      await this.#registry().create(ipAddresses, undefined, addressFor(ip, draft), loopbackContext())
      return true
    } catch (error) {
      if (isAlreadyExists(error)) return false
      this.#taken.delete(ip)
      throw error
    }
  }

  /** Makes an address a service's again, whatever object stood in its place. */
  async reclaim(ip: string, service: Service): Promise<void> {
    await this.#registry()
      .delete(ipAddresses, undefined, ip, {}, loopbackContext())
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    await this.#registry().create(ipAddresses, undefined, addressFor(ip, service), loopbackContext())
  }
}

const largestRange = 2n ** 31n

/** The lowest and the highest address that can be had. Kubernetes: neither the network's own nor an IPv4 broadcast. */
function boundsOf({ range, family }: ServiceRange): { readonly first: bigint; readonly last: bigint } {
  const base = BigInt(range.address.number)
  return { first: base + 1n, last: base + cidrSize(range) - (family === 'IPv4' ? 2n : 1n) }
}
