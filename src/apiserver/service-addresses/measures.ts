import { cidrSize, type Metrics } from '../../machinery/index.ts'
import type { PortRange } from './node-ports.ts'
import type { ServiceRange } from './ranges.ts'

/** `static`: asked for by name; `dynamic`: chosen by the server. */
export type AllocationScope = 'static' | 'dynamic'

/** Told of what is handed out to services, and of what the repair finds. */
export interface AddressMeasures {
  /** An address of a range was handed out, in so many seconds, or could not be. */
  address(cidr: string, scope: AllocationScope, isGiven: boolean, seconds: number): void
  port(scope: AllocationScope, isGiven: boolean): void
  /** Kubernetes: leak, repair, full, outOfRange, duplicate, unknown, invalid. */
  addressError(type: string): void
  repairFailed(): void
}

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const addressPrefix = 'kube_apiserver_clusterip_allocator'
const portPrefix = 'kube_apiserver_nodeport_allocator'

/** Kubernetes' metrics of the addresses and node ports of services. */
export function addressMeasures(
  metrics: Metrics,
  held: {
    readonly ranges: () => readonly ServiceRange[]
    readonly addressesIn: (range: ServiceRange) => number
    readonly nodePorts: PortRange
    readonly portsTaken: () => number
  },
): AddressMeasures {
  const ofRanges = (value: (range: ServiceRange) => number) => () =>
    held.ranges().map((range) => ({ labels: { cidr: range.cidr }, value: value(range) }))
  metrics.readings(
    `${addressPrefix}_allocated_ips`,
    'gauge',
    'Gauge measuring the number of allocated IPs for Services',
    ofRanges(held.addressesIn),
  )
  metrics.readings(
    `${addressPrefix}_available_ips`,
    'gauge',
    'Gauge measuring the number of available IPs for Services',
    ofRanges((range) => usableIn(range) - held.addressesIn(range)),
  )
  const durations = metrics.histogram(
    `${addressPrefix}_allocation_duration_seconds`,
    'Duration in seconds to allocate a Cluster IP by ServiceCIDR',
    durationBuckets,
  )
  const addresses = metrics.counter(`${addressPrefix}_allocation_total`, 'Number of Cluster IPs allocations')
  const addressErrors = metrics.counter(
    `${addressPrefix}_allocation_errors_total`,
    'Number of errors trying to allocate Cluster IPs',
  )
  metrics.gaugeOf(
    `${portPrefix}_allocated_ports`,
    'Gauge measuring the number of allocated NodePorts for Services',
    held.portsTaken,
  )
  metrics.gaugeOf(
    `${portPrefix}_available_ports`,
    'Gauge measuring the number of available NodePorts for Services',
    () => held.nodePorts.to - held.nodePorts.from + 1 - held.portsTaken(),
  )
  const ports = metrics.counter(`${portPrefix}_allocation_total`, 'Number of NodePort allocations')
  const portErrors = metrics.counter(
    `${portPrefix}_allocation_errors_total`,
    'Number of errors trying to allocate NodePort',
  )
  const found = metrics.counter(
    'apiserver_clusterip_repair_ip_errors_total',
    'Number of errors detected on clusterips by the repair loop broken down by type of error: leak, repair, full, outOfRange, duplicate, unknown, invalid',
  )
  const failures = metrics.counter(
    'apiserver_clusterip_repair_reconcile_errors_total',
    'Number of reconciliation failures on the clusterip repair reconcile loop',
  )
  return {
    address(cidr, scope, isGiven, seconds) {
      if (isGiven) {
        addresses.inc({ cidr, scope })
        durations.observe(seconds, { cidr })
      } else addressErrors.inc({ cidr, scope })
    },
    port: (scope, isGiven) => (isGiven ? ports : portErrors).inc({ scope }),
    addressError: (type) => found.inc({ type }),
    repairFailed: () => failures.inc(),
  }
}

/** Kubernetes: neither the network's own address nor an IPv4 broadcast can be had. */
function usableIn({ range, family }: ServiceRange): number {
  return Math.max(0, Number(cidrSize(range)) - (family === 'IPv4' ? 2 : 1))
}
