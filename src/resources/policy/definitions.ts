import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { PodDisruptionBudget } from '../generated/types.ts'
import { podDisruptionBudgetHooks } from './hooks.ts'

export const podDisruptionBudgets = defineResource<PodDisruptionBudget>(
  'poddisruptionbudgets.v1.policy',
  podDisruptionBudgetHooks,
)

/** Every resource of this group, in the order discovery would list them. */
export const policyResources: readonly ResourceDefinition<any>[] = [podDisruptionBudgets]
