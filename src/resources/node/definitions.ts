import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { RuntimeClass } from '../generated/types.ts'
import { runtimeClassHooks } from './hooks.ts'

export const runtimeClasses = defineResource<RuntimeClass>('runtimeclasses.v1.node.k8s.io', runtimeClassHooks)

/** Every resource of this group, in the order discovery would list them. */
export const nodeResources: readonly ResourceDefinition<any>[] = [runtimeClasses]
