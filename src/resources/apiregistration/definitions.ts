import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { APIService } from '../generated/types.ts'
import { apiServiceHooks } from './hooks.ts'

export const apiServices = defineResource<APIService>('apiservices.v1.apiregistration.k8s.io', apiServiceHooks)

/** Every resource of this group, in the order discovery would list them. */
export const apiregistrationResources: readonly ResourceDefinition<any>[] = [apiServices]
