import type { Metrics } from '../../machinery/index.ts'
import type { Node } from '../../resources/index.ts'
import { isNodeReady, zoneOf } from './plan.ts'

/** Kubernetes' metrics of zones, found out when somebody asks. */
export function zoneReadings(metrics: Metrics, all: () => readonly Node[]): void {
  const ofZones = (of: (members: readonly Node[], unready: number) => number) => () =>
    [...Map.groupBy(all(), zoneOf)].map(([zone, members]) => ({
      labels: { zone: zoneLabel(zone) },
      value: of(members, members.filter((node) => !isNodeReady(node)).length),
    }))
  metrics.readings(
    'node_collector_zone_size',
    'gauge',
    'Gauge measuring number of registered Nodes per zones.',
    ofZones((members) => members.length),
  )
  metrics.readings(
    'node_collector_zone_health',
    'gauge',
    'Gauge measuring percentage of healthy nodes per zone.',
    ofZones((members, unready) => (100 * (members.length - unready)) / members.length),
  )
  metrics.readings(
    'node_collector_unhealthy_nodes_in_zone',
    'gauge',
    'Gauge measuring number of not Ready Nodes per zones.',
    ofZones((_, unready) => unready),
  )
}

/** Kubernetes: region and zone with a null character between them, lest either holds a colon; empty without both. */
export function zoneLabel(zone: string): string {
  return zone === ':' ? '' : zone.replace(':', ':\u0000:')
}
