import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { AutoscalingV1HorizontalPodAutoscaler, HorizontalPodAutoscaler } from '../generated/types.ts'
import { horizontalPodAutoscalerHooks, horizontalPodAutoscalerV1Hooks } from './hooks.ts'

export const horizontalPodAutoscalers = defineResource<HorizontalPodAutoscaler>(
  'horizontalpodautoscalers.v2.autoscaling',
  horizontalPodAutoscalerHooks,
)
export const autoscalingV1HorizontalPodAutoscalers = defineResource<AutoscalingV1HorizontalPodAutoscaler>(
  'horizontalpodautoscalers.v1.autoscaling',
  horizontalPodAutoscalerV1Hooks,
)

/** Every resource of this group, in the order discovery would list them. */
export const autoscalingResources: readonly ResourceDefinition<any>[] = [
  horizontalPodAutoscalers,
  autoscalingV1HorizontalPodAutoscalers,
]
