import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { AutoscalingV1HorizontalPodAutoscaler, HorizontalPodAutoscaler } from '../generated/types.ts'
import { horizontalPodAutoscalerHooks, horizontalPodAutoscalerV1Hooks } from './hooks.ts'
import { autoscalerChecks, autoscalerV1Checks } from './validate.ts'

export const horizontalPodAutoscalers = defineResource<HorizontalPodAutoscaler>(
  'horizontalpodautoscalers.v2.autoscaling',
  horizontalPodAutoscalerHooks,
)
export const autoscalingV1HorizontalPodAutoscalers = defineResource<AutoscalingV1HorizontalPodAutoscaler>(
  'horizontalpodautoscalers.v1.autoscaling',
  horizontalPodAutoscalerV1Hooks,
)

const toZero: ReadonlyMap<ResourceDefinition<any>, ResourceDefinition<any>> = new Map<any, any>([
  [
    horizontalPodAutoscalers,
    defineResource<HorizontalPodAutoscaler>('horizontalpodautoscalers.v2.autoscaling', {
      ...horizontalPodAutoscalerHooks,
      checks: autoscalerChecks(true),
    }),
  ],
  [
    autoscalingV1HorizontalPodAutoscalers,
    defineResource<AutoscalingV1HorizontalPodAutoscaler>('horizontalpodautoscalers.v1.autoscaling', {
      ...horizontalPodAutoscalerV1Hooks,
      checks: autoscalerV1Checks(true),
    }),
  ],
])

/** The definition that also takes autoscalers which scale to nothing, where the feature is on (HPAScaleToZero). */
export function scalingToZero(definition: ResourceDefinition<any>): ResourceDefinition<any> {
  return toZero.get(definition) ?? definition
}

/** Every resource of this group, in the order discovery would list them. */
export const autoscalingResources: readonly ResourceDefinition<any>[] = [
  horizontalPodAutoscalers,
  autoscalingV1HorizontalPodAutoscalers,
]
