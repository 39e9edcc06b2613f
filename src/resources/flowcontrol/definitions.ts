import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../generated/types.ts'
import { flowSchemaHooks, priorityLevelConfigurationHooks } from './hooks.ts'

export const flowSchemas = defineResource<FlowSchema>('flowschemas.v1.flowcontrol.apiserver.k8s.io', flowSchemaHooks)
export const priorityLevelConfigurations = defineResource<PriorityLevelConfiguration>(
  'prioritylevelconfigurations.v1.flowcontrol.apiserver.k8s.io',
  priorityLevelConfigurationHooks,
)

/** Every resource of this group, in the order discovery would list them. */
export const flowcontrolResources: readonly ResourceDefinition<any>[] = [flowSchemas, priorityLevelConfigurations]
