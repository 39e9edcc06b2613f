import type { HooksFor } from '../define.ts'
import type { AutoscalingV1HorizontalPodAutoscaler, HorizontalPodAutoscaler } from '../generated/types.ts'
import { horizontalPodAutoscalerCells, horizontalPodAutoscalerV1Cells } from './cells.ts'
import { autoscalerChecks, autoscalerV1Checks } from './validate.ts'

export const horizontalPodAutoscalerHooks: HooksFor<HorizontalPodAutoscaler> = {
  cells: horizontalPodAutoscalerCells,
  checks: autoscalerChecks(false),
}
export const horizontalPodAutoscalerV1Hooks: HooksFor<AutoscalingV1HorizontalPodAutoscaler> = {
  cells: horizontalPodAutoscalerV1Cells,
  checks: autoscalerV1Checks(false),
}
