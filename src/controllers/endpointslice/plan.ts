import { sameJson } from '../../machinery/index.ts'
import type { Endpoint, EndpointSlice } from '../../resources/index.ts'
import { type AddressType, type EndpointGroup, groupKey } from './desired.ts'

/** Kubernetes: what one slice holds at most. */
export const endpointsPerSliceMax = 100

export interface SlicePlan {
  readonly create: readonly EndpointGroup[]
  readonly update: readonly { readonly slice: EndpointSlice; readonly endpoints: readonly Endpoint[] }[]
  readonly remove: readonly EndpointSlice[]
}
interface Bin {
  readonly slice: EndpointSlice | undefined
  readonly endpoints: Endpoint[]
  changed: boolean
}

/**
 * The fewest writes that make the slices hold the groups: an endpoint stays in its slice, new ones go first into slices
 * that change anyway, then into ones with room, then into new ones. Slices that become empty go, but of each family one stays.
 */
export function planSlices(
  families: readonly AddressType[],
  groups: readonly EndpointGroup[],
  existing: readonly EndpointSlice[],
  max = endpointsPerSliceMax,
): SlicePlan {
  const plan = {
    create: [] as EndpointGroup[],
    update: [] as { slice: EndpointSlice; endpoints: readonly Endpoint[] }[],
    remove: [] as EndpointSlice[],
  }
  const byKey = Map.groupBy(existing, (slice) => groupKey(slice.addressType, slice.ports ?? []))
  for (const group of groups) {
    const key = groupKey(group.addressType, group.ports)
    const bins = fill(group.endpoints, byKey.get(key) ?? [], max)
    byKey.delete(key)
    for (const { slice, endpoints, changed } of bins) {
      if (slice === undefined) plan.create.push({ ...group, endpoints })
      else if (endpoints.length === 0) plan.remove.push(slice)
      else if (changed) plan.update.push({ slice, endpoints })
    }
  }
  plan.remove.push(...[...byKey.values()].flat())
  for (const family of families) keepOne(family, groups, plan)
  return plan
}

/** Kubernetes: a service that selects nothing still has one slice, without ports or endpoints. */
function keepOne(
  addressType: AddressType,
  groups: readonly EndpointGroup[],
  plan: { create: EndpointGroup[]; remove: EndpointSlice[] },
): void {
  if (groups.some((group) => group.addressType === addressType)) return
  const placeholder = plan.remove.findIndex(
    (slice) =>
      slice.addressType === addressType && (slice.ports ?? []).length === 0 && (slice.endpoints ?? []).length === 0,
  )
  if (placeholder >= 0) plan.remove.splice(placeholder, 1)
  else plan.create.push({ addressType, ports: [], endpoints: [] })
}

function fill(wanted: readonly Endpoint[], slices: readonly EndpointSlice[], max: number): readonly Bin[] {
  const missing = new Map(wanted.map((endpoint) => [keyOfEndpoint(endpoint), endpoint]))
  const bins: Bin[] = slices.map((slice) => {
    const endpoints: Endpoint[] = []
    let changed = false
    for (const known of slice.endpoints ?? []) {
      const key = keyOfEndpoint(known)
      const endpoint = missing.get(key)
      missing.delete(key)
      if (endpoint === undefined) changed = true
      else {
        changed ||= !sameJson(known, endpoint)
        endpoints.push(endpoint)
      }
    }
    return { slice, endpoints, changed }
  })
  const left = [...missing.values()]
  // The fullest first, so that half-empty ones are not touched.
  const open = bins.toSorted((a, b) => Number(b.changed) - Number(a.changed) || b.endpoints.length - a.endpoints.length)
  for (const bin of open) {
    const taken = left.splice(0, Math.max(0, max - bin.endpoints.length))
    bin.endpoints.push(...taken)
    bin.changed ||= taken.length > 0
  }
  while (left.length > 0) bins.push({ slice: undefined, endpoints: left.splice(0, max), changed: true })
  return bins
}

function keyOfEndpoint({ targetRef, addresses }: Endpoint): string {
  return `${targetRef?.uid ?? ''}|${addresses.join()}`
}
