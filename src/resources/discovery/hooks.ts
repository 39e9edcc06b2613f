import { dns1123SubdomainErrors, sameJson } from '../../machinery/index.ts'
import type { HooksFor } from '../define.ts'
import type { Draft } from '../definition.ts'
import type { Endpoint, EndpointSlice } from '../generated/types.ts'
import { endpointSliceCells } from '../other-cells.ts'
import { moveGeneration } from '../strategy.ts'
import { endpointSliceErrors, endpointSliceUpdateErrors } from './validate.ts'

const hostnameLabel = 'kubernetes.io/hostname'

/** Kubernetes: v1 does not take topology any more; a node that only it named before is named by nodeName from now on. */
function dropTopology(draft: Draft, previous: EndpointSlice | undefined): void {
  if (!draft.endpoints?.some((one: Endpoint | null) => one?.deprecatedTopology !== undefined)) return
  const nodesOf = (endpoint: Endpoint | null) => endpoint?.deprecatedTopology?.[hostnameLabel]
  const before = new Set((previous?.endpoints ?? []).map(nodesOf))
  draft.endpoints = draft.endpoints?.map((endpoint: Endpoint | null) => {
    if (endpoint?.deprecatedTopology === undefined) return endpoint
    const node = nodesOf(endpoint)
    const { deprecatedTopology: _, ...rest } = endpoint
    const keeps = rest.nodeName === undefined && node !== undefined && before.has(node)
    return keeps && dns1123SubdomainErrors(node).length === 0 ? { ...rest, nodeName: node } : rest
  })
}

export const endpointSliceHooks: HooksFor<EndpointSlice> = {
  cells: endpointSliceCells,
  prepareForCreate(draft) {
    draft.metadata.generation = 1
    dropTopology(draft, undefined)
  },
  prepareForUpdate(draft, previous) {
    moveGeneration(draft, previous)
    // Kubernetes: whose slice it is, and for which service, its labels say.
    if (!sameJson(draft.metadata.labels ?? {}, previous.metadata.labels ?? {}))
      draft.metadata.generation = (previous.metadata.generation ?? 0) + 1
    if (!sameJson(draft.endpoints ?? [], previous.endpoints ?? [])) dropTopology(draft, previous)
  },
  warnings: ({ addressType }) => (addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
  checks: { create: (slice) => endpointSliceErrors(slice), update: endpointSliceUpdateErrors },
}
