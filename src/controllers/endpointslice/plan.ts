import { sameJson } from '../../machinery/index.ts'
import type { Endpoint, EndpointSlice } from '../../resources/index.ts'
import { type AddressType, type EndpointGroup, groupKey } from './desired.ts'

/** Kubernetes: what one slice holds at most. */
export const endpointsPerSliceMax = 100

export interface SlicePlan {
  readonly create: readonly EndpointGroup[]
  /** With the ports, where those are others than the slice has. */
  readonly update: readonly {
    readonly slice: EndpointSlice
    readonly endpoints: readonly Endpoint[]
    readonly ports?: EndpointGroup['ports']
  }[]
  readonly remove: readonly EndpointSlice[]
  /** How many endpoints come, and how many go. */
  readonly added: number
  readonly removed: number
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
    update: [] as { slice: EndpointSlice; endpoints: readonly Endpoint[]; ports?: EndpointGroup['ports'] }[],
    remove: [] as EndpointSlice[],
    added: 0,
    removed: 0,
  }
  const byKey = Map.groupBy(existing, (slice) => groupKey(slice.addressType, slice.ports ?? []))
  for (const group of groups) {
    const key = groupKey(group.addressType, group.ports)
    const { bins, added, removed } = fill(group.endpoints, byKey.get(key) ?? [], max)
    byKey.delete(key)
    plan.added += added
    plan.removed += removed
    for (const { slice, endpoints, changed } of bins) {
      if (slice === undefined) plan.create.push({ ...group, endpoints })
      else if (endpoints.length === 0) plan.remove.push(slice)
      else if (changed) plan.update.push({ slice, endpoints })
    }
  }
  for (const slice of [...byKey.values()].flat()) {
    plan.remove.push(slice)
    plan.removed += slice.endpoints?.length ?? 0
  }
  for (const family of families) keepOne(family, groups, plan)
  reuse(plan)
  return plan
}

/** Kubernetes: a slice that would go becomes one that would come, so that there is always one to be seen. */
function reuse(plan: {
  create: EndpointGroup[]
  remove: EndpointSlice[]
  update: { slice: EndpointSlice; endpoints: readonly Endpoint[]; ports?: EndpointGroup['ports'] }[]
}): void {
  for (const slice of [...plan.remove]) {
    const at = plan.create.findLastIndex(({ addressType }) => addressType === slice.addressType)
    if (at < 0) continue
    const [{ endpoints, ports }] = plan.create.splice(at, 1) as [EndpointGroup]
    plan.remove.splice(plan.remove.indexOf(slice), 1)
    plan.update.push({ slice, endpoints, ports })
  }
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

interface Filled {
  readonly bins: readonly Bin[]
  readonly added: number
  readonly removed: number
}

function fill(wanted: readonly Endpoint[], slices: readonly EndpointSlice[], max: number): Filled {
  // Nearly all are the very ones that are there; what others are is told by what they are of.
  const left = new Set(wanted)
  const stay = slices.map((slice) => (slice.endpoints ?? []).map((known) => left.delete(known)))
  const missing = new Map(Array.from(left, (endpoint) => [keyOfEndpoint(endpoint), endpoint]))
  let removed = 0
  const bins = slices.map((slice, at): Bin => {
    const endpoints: Endpoint[] = []
    let changed = false
    for (const [place, known] of (slice.endpoints ?? []).entries()) {
      if (stay[at]![place] === true) {
        endpoints.push(known)
        continue
      }
      const key = keyOfEndpoint(known)
      const endpoint = missing.get(key)
      missing.delete(key)
      if (endpoint === undefined) removed++
      const isSame = endpoint !== undefined && sameJson(known, endpoint)
      changed ||= !isSame
      if (endpoint !== undefined) endpoints.push(isSame ? known : endpoint)
    }
    return { slice, endpoints, changed }
  })
  const news = [...missing.values()]
  const added = news.length
  // The fullest first, so that half-empty ones are not touched.
  const open = bins.toSorted((a, b) => Number(b.changed) - Number(a.changed) || b.endpoints.length - a.endpoints.length)
  for (const bin of open) {
    const taken = news.splice(0, Math.max(0, max - bin.endpoints.length))
    bin.endpoints.push(...taken)
    bin.changed ||= taken.length > 0
  }
  while (news.length > 0) bins.push({ slice: undefined, endpoints: news.splice(0, max), changed: true })
  return { bins, added, removed }
}

/** The same for an endpoint before and after a change of it. */
export function keyOfEndpoint({ targetRef, addresses }: Endpoint): string {
  return `${targetRef?.uid ?? ''}|${addresses.join()}`
}
