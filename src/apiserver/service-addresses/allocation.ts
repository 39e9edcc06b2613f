import type { Clock, KubeObject, Metrics, Random } from '../../machinery/index.ts'
import { type Draft, type Service, services } from '../../resources/index.ts'
import { objectOf } from '../registry/encoding.ts'
import type { Allocation, Registry } from '../registry/registry.ts'
import type { WatchHub } from '../watch/hub.ts'
import { clusterIpsOf, ServiceAddresses } from './addresses.ts'
import { settleClusterIps, settleFamilies } from './families.ts'
import { addressMeasures } from './measures.ts'
import { NodePorts, type PortRange } from './node-ports.ts'
import { ServiceRanges } from './ranges.ts'
import { AddressRepair } from './repair.ts'

export interface ServiceAllocationParts {
  /** One range, or one of each address family: `10.96.0.0/12,fd00:10:96::/112`. The first is the one services get unasked. */
  readonly serviceCidr: string
  readonly nodePorts: PortRange
  readonly registry: () => Registry
  readonly hub: WatchHub
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
}

/** What services are given when they are written: address families, addresses and node ports. */
export interface ServiceAllocation extends Allocation {
  readonly ranges: ServiceRanges
  /** Takes in what is stored, before anything is written. */
  restore(): Promise<void>
  /** Brings services and the objects of their addresses together again, and keeps them so until it is disposed of. */
  repair(): Promise<Disposable>
}

export function serviceAllocation(parts: ServiceAllocationParts): ServiceAllocation {
  const { hub, random } = parts
  const ranges = new ServiceRanges(parts.serviceCidr, hub)
  const measures = addressMeasures(parts.metrics, {
    ranges: () => ranges.families.flatMap((family) => ranges.readyFor(family)),
    addressesIn: (range) => addresses.takenIn(range),
    nodePorts: parts.nodePorts,
    portsTaken: () => ports.takenCount,
  })
  const addresses: ServiceAddresses = new ServiceAddresses({ ...parts, ranges, measures })
  const ports: NodePorts = new NodePorts(parts.nodePorts, hub, random, measures)
  const repair = new AddressRepair({ ...parts, ranges, addresses, measures })
  hub.onChange(services, ({ type, entry, previous }) => {
    if (previous === undefined) return
    const kept = new Set(type === 'put' ? clusterIpsOf(objectOf(services, entry) as Service) : [])
    addresses.release(clusterIpsOf(objectOf(services, previous) as Service).filter((ip) => !kept.has(ip)))
  })
  return {
    ranges,
    async restore() {
      ports.restore(await repair.load())
    },
    repair: () => repair.run(),
    async allocate(draft: Draft, previous: KubeObject | undefined, dryRun: boolean) {
      const before = previous as Service | undefined
      settleClusterIps(draft, before)
      settleFamilies(draft, before, ranges.families)
      if (draft.spec.type === 'ExternalName') forgetAddresses(draft)
      const taken = await addresses.allocate(draft, before, dryRun)
      const giveBack = () => {
        if (!dryRun) addresses.release(taken)
      }
      try {
        const undoPorts = ports.allocate(draft, before)
        return {
          [Symbol.dispose]() {
            giveBack()
            undoPorts()
          },
        }
      } catch (error) {
        giveBack()
        throw error
      }
    },
  }
}

function forgetAddresses({ spec }: Draft): void {
  for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
    delete spec[key]
}
