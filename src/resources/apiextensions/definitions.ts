import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { CustomResourceDefinition } from '../generated/types.ts'
import { customResourceDefinitionHooks } from './hooks.ts'

export const customResourceDefinitions = defineResource<CustomResourceDefinition>(
  'customresourcedefinitions.v1.apiextensions.k8s.io',
  customResourceDefinitionHooks,
)

/** Every resource of this group, in the order discovery would list them. */
export const apiextensionsResources: readonly ResourceDefinition<any>[] = [customResourceDefinitions]
