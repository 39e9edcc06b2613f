import { addressAt, cidrSize, ipText, type Metrics, parseCidr } from '../../machinery/index.ts'
import { nodes } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'

/** The ranges that a network is cut into, by number. */
export function createRanges(clusterCidr: string, maskSize: number) {
  const network = parseCidr(clusterCidr)
  if (network === undefined) throw new Error(`${clusterCidr} is not a CIDR`)
  const size = 2n ** BigInt((network.address.family === 4 ? 32 : 128) - maskSize)
  const texts: string[] = []
  return {
    count: Number(cidrSize(network) / size),
    at(index: number): string {
      texts[index] ??= `${ipText(addressAt(network, BigInt(index) * size))}/${maskSize}`
      return texts[index]
    },
  }
}

/** Kubernetes' metrics of the ranges of nodes; how many are used is found out when somebody asks. */
function rangeMeasures(metrics: Metrics, clusterCIDR: string, count: number, used: () => number) {
  const prefix = 'node_ipam_controller_cidrset'
  const allocations = metrics.counter(
    `${prefix}_cidrs_allocations_total`,
    'Counter measuring total number of CIDR allocations.',
  )
  const tries = metrics.histogram(
    `${prefix}_allocation_tries_per_request`,
    'Number of endpoints added on each Service sync',
    [1, 5, 25, 125, 625],
  )
  const reading = (value: () => number) => () => [{ labels: { clusterCIDR }, value: value() }]
  metrics.readings(
    `${prefix}_usage_cidrs`,
    'gauge',
    'Gauge measuring percentage of allocated CIDRs.',
    reading(() => used() / count),
  )
  metrics.readings(
    'node_ipam_controller_cirdset_max_cidrs',
    'gauge',
    'Maximum number of CIDRs that can be allocated.',
    reading(() => count),
  )
  return {
    allocated(tried: number): void {
      allocations.inc({ clusterCIDR })
      tries.observe(tried, { clusterCIDR })
    },
  }
}

/** Gives each node the range its pods have their addresses from. */
export const nodeIpamController: Controller = {
  name: 'node-ipam-controller',
  account: 'node-controller',
  eventSource: 'cidrAllocator',
  // A range is taken without waiting for anything, so that no two nodes are given the same one.
  workers: 30,
  watches: [each(nodes)],
  start({ cached, config, record, metrics }) {
    const all = cached(nodes)
    all.addIndex('podCIDR', ({ spec }) => spec.podCIDRs ?? [])
    const ranges = createRanges(config.clusterCidr, config.nodeCidrMaskSize)
    /** Given, and not yet seen in the cache: by node, and the ranges themselves. */
    const given = new Map<string, string>()
    const pending = new Set<string>()
    const measures = rangeMeasures(metrics, config.clusterCidr, ranges.count, () =>
      all.list().reduce((sum, { spec }) => sum + (spec.podCIDRs?.length ?? 0), 0),
    )
    let next = 0

    function takeRange(): string | undefined {
      for (let tried = 0; tried < ranges.count; tried++) {
        const range = ranges.at(next)
        next = (next + 1) % ranges.count
        if (pending.has(range) || all.by('podCIDR', range).length > 0) continue
        measures.allocated(tried)
        return range
      }
      return undefined
    }

    return async function reconcile(name, { client, because }) {
      const node = all.get(name)
      if (node === undefined || (node.spec.podCIDRs ?? []).length > 0) {
        pending.delete(given.get(name.name) ?? '')
        given.delete(name.name)
        return undefined
      }
      const range = given.get(name.name) ?? takeRange()
      if (range === undefined) {
        record(node, 'Normal', 'CIDRNotAvailable', `Node ${name.name} status is now: CIDRNotAvailable`)
        throw new Error('no range is left for the node')
      }
      given.set(name.name, range)
      pending.add(range)
      because(`given ${range}`)
      const body = { metadata: { uid: node.metadata.uid }, spec: { podCIDR: range, podCIDRs: [range] } }
      await client.patch(nodes, name, { type: 'strategic', body })
      return undefined
    }
  },
}
