import { keyOf, type Metrics, type ObjectName, sameJson } from '../../machinery/index.ts'
import type { EndpointSlice } from '../../resources/index.ts'
import type { EndpointGroup } from '../endpointslice/desired.ts'
import type { SlicePlan } from '../endpointslice/plan.ts'

/** What is measured of Endpoints that are mirrored. */
export interface MirrorMeasures {
  /** Endpoints were brought into slices; so many of their addresses were not. */
  synced(name: ObjectName, groups: readonly EndpointGroup[], existing: readonly EndpointSlice[], plan: Mirroring): void
  /** A turn is over, after so many seconds. */
  ended(seconds: number): void
  /** Nothing of these Endpoints is mirrored any more. */
  forget(name: ObjectName): void
  /** A slice was written. */
  changed(operation: 'create' | 'update' | 'delete'): void
}
/** What is done with slices, and how many addresses find no place in them. */
export interface Mirroring extends SlicePlan {
  readonly skipped: number
}

interface Size {
  readonly endpoints: number
  readonly slices: number
  readonly desiredSlices: number
}
const prefix = 'endpoint_slice_mirroring_controller'
const buckets = Array.from({ length: 15 }, (_, index) => 2 ** (index + 1))
const durationBuckets = Array.from({ length: 15 }, (_, index) => 0.001 * 2 ** index)

/** The measures under Kubernetes' names; sums are made when somebody asks. */
export function mirrorMeasures(metrics: Metrics, endpointsPerSliceMax: number): MirrorMeasures {
  const sizes = new Map<string, Size>()
  const sum = (name: string, help: string, of: (size: Size) => number) =>
    metrics.gaugeOf(`${prefix}_${name}`, help, () => [...sizes.values()].reduce((total, size) => total + of(size), 0))
  sum('endpoints_desired', 'Number of endpoints desired', (size) => size.endpoints)
  sum('num_endpoint_slices', 'Number of EndpointSlices', (size) => size.slices)
  sum(
    'desired_endpoint_slices',
    'Number of EndpointSlices that would exist with perfect endpoint allocation',
    (size) => size.desiredSlices,
  )
  const perSync = (name: string, help: string) => metrics.histogram(`${prefix}_${name}_per_sync`, help, buckets)
  const added = perSync('endpoints_added', 'Number of endpoints added on each Endpoints sync')
  const updated = perSync('endpoints_updated', 'Number of endpoints updated on each Endpoints sync')
  const removed = perSync('endpoints_removed', 'Number of endpoints removed on each Endpoints sync')
  const skipped = perSync(
    'addresses_skipped',
    'Number of addresses skipped on each Endpoints sync due to being invalid or exceeding MaxEndpointsPerSubset',
  )
  const duration = metrics.histogram(
    `${prefix}_endpoints_sync_duration`,
    'Duration of syncEndpoints() in seconds',
    durationBuckets,
  )
  const changes = metrics.counter(`${prefix}_changes`, 'Number of EndpointSlice changes')
  return {
    synced(name, groups, existing, plan) {
      skipped.observe(plan.skipped)
      added.observe(plan.added)
      updated.observe(updatedIn(plan))
      removed.observe(plan.removed)
      const counts = groups.map(({ endpoints }) => endpoints?.length ?? 0)
      sizes.set(keyOf(name), {
        endpoints: counts.reduce((total, count) => total + count, 0),
        slices: existing.length - plan.remove.length + plan.create.length,
        desiredSlices: counts.reduce((total, count) => total + Math.ceil(count / endpointsPerSliceMax), 0),
      })
    },
    ended: (seconds) => duration.observe(seconds),
    forget: (name) => void sizes.delete(keyOf(name)),
    changed: (operation) => changes.inc({ operation }),
  }
}

/** How many endpoints stay in their slices with something else said of them. */
function updatedIn({ update }: SlicePlan): number {
  let count = 0
  for (const { slice, endpoints } of update) {
    const before = new Map((slice.endpoints ?? []).map((one) => [one.addresses[0], one]))
    for (const endpoint of endpoints) {
      const known = before.get(endpoint.addresses[0]!)
      if (known !== undefined && !sameJson(known, endpoint)) count++
    }
  }
  return count
}
