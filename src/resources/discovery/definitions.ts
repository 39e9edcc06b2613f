import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { EndpointSlice } from '../generated/types.ts'
import { endpointSliceHooks } from './hooks.ts'

export const endpointSlices = defineResource<EndpointSlice>('endpointslices.v1.discovery.k8s.io', endpointSliceHooks)

/** Every resource of this group, in the order discovery would list them. */
export const discoveryResources: readonly ResourceDefinition<any>[] = [endpointSlices]
