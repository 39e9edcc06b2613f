import { keyOf, type Metrics, type ObjectName } from '../../machinery/index.ts'
import type { EndpointSlice, Service } from '../../resources/index.ts'
import type { EndpointGroup } from './desired.ts'
import type { SlicePlan } from './plan.ts'

/** What is measured of slices. */
export interface SliceMeasures {
  /** A service's slices were brought in line with what is behind it. */
  synced(service: Service, groups: readonly EndpointGroup[], existing: readonly EndpointSlice[], plan: SlicePlan): void
  /** A turn of a service is over. */
  ended(result: 'success' | 'error'): void
  /** A service is gone, or has no slices of ours any more. */
  forget(name: ObjectName): void
}

interface Size {
  readonly endpoints: number
  readonly slices: number
  readonly desiredSlices: number
  readonly trafficDistribution: string | undefined
}
const prefix = 'endpoint_slice_controller'
const buckets = Array.from({ length: 15 }, (_, index) => 2 ** (index + 1))

/** The measures under Kubernetes' names; sums are made when somebody asks. */
export function sliceMeasures(metrics: Metrics, endpointsPerSliceMax: number): SliceMeasures {
  const sizes = new Map<string, Size>()
  const sum = (of: (size: Size) => number) => () => [...sizes.values()].reduce((total, size) => total + of(size), 0)
  metrics.gaugeOf(
    `${prefix}_endpoints_desired`,
    'Number of endpoints desired',
    sum(({ endpoints }) => endpoints),
  )
  metrics.gaugeOf(
    `${prefix}_num_endpoint_slices`,
    'Number of EndpointSlices',
    sum(({ slices }) => slices),
  )
  metrics.gaugeOf(
    `${prefix}_desired_endpoint_slices`,
    'Number of EndpointSlices that would exist with perfect endpoint allocation',
    sum(({ desiredSlices }) => desiredSlices),
  )
  metrics.readings(
    `${prefix}_services_count_by_traffic_distribution`,
    'gauge',
    'Number of Services using some specific trafficDistribution',
    () => {
      const stated = [...sizes.values()].flatMap(({ trafficDistribution }) => trafficDistribution ?? [])
      return [...Map.groupBy(stated, (one) => one)].map(([traffic_distribution, services]) => ({
        labels: { traffic_distribution },
        value: services.length,
      }))
    },
  )
  const added = metrics.histogram(
    `${prefix}_endpoints_added_per_sync`,
    'Number of endpoints added on each Service sync',
    buckets,
  )
  const removed = metrics.histogram(
    `${prefix}_endpoints_removed_per_sync`,
    'Number of endpoints removed on each Service sync',
    buckets,
  )
  const changes = metrics.counter(`${prefix}_changes`, 'Number of EndpointSlice changes')
  const changed = metrics.histogram(
    `${prefix}_endpointslices_changed_per_sync`,
    'Number of EndpointSlices changed on each Service sync',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  )
  const syncs = metrics.counter(`${prefix}_syncs`, 'Number of EndpointSlice syncs')
  return {
    ended: (result) => syncs.inc({ result }),
    synced(service, groups, existing, plan) {
      added.observe(plan.added)
      removed.observe(plan.removed)
      for (const [operation, count] of [
        ['create', plan.create.length],
        ['update', plan.update.length],
        ['delete', plan.remove.length],
      ] as const)
        if (count > 0) changes.inc({ operation }, count)
      changed.observe(plan.create.length + plan.update.length + plan.remove.length, {
        topology: service.spec?.trafficDistribution === undefined ? 'Disabled' : 'Auto',
        traffic_distribution: service.spec?.trafficDistribution ?? '',
      })
      const counts = groups.map(({ endpoints }) => endpoints?.length ?? 0)
      sizes.set(keyOf(service.metadata), {
        endpoints: counts.reduce((total, count) => total + count, 0),
        slices: existing.length - plan.remove.length + plan.create.length,
        // Kubernetes: a service without endpoints has one slice all the same.
        desiredSlices: Math.max(
          1,
          counts.reduce((total, count) => total + Math.ceil(count / endpointsPerSliceMax), 0),
        ),
        trafficDistribution: service.spec?.trafficDistribution,
      })
    },
    forget: (name) => void sizes.delete(keyOf(name)),
  }
}
