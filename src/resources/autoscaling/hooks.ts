import type { HooksFor } from '../define.ts'
import type { AutoscalingV1HorizontalPodAutoscaler, HorizontalPodAutoscaler } from '../generated/types.ts'
import { horizontalPodAutoscalerErrors } from '../other-checks.ts'
import { horizontalPodAutoscalerCells, horizontalPodAutoscalerV1Cells } from './cells.ts'

export const horizontalPodAutoscalerHooks: HooksFor<HorizontalPodAutoscaler> = {
  cells: horizontalPodAutoscalerCells,
  checks: { create: horizontalPodAutoscalerErrors },
}
export const horizontalPodAutoscalerV1Hooks: HooksFor<AutoscalingV1HorizontalPodAutoscaler> = {
  cells: horizontalPodAutoscalerV1Cells,
}
