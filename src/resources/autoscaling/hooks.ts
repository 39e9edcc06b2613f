import type { HooksFor } from '../define.ts'
import type { AutoscalingV1HorizontalPodAutoscaler, HorizontalPodAutoscaler } from '../generated/types.ts'
import { horizontalPodAutoscalerCells, horizontalPodAutoscalerV1Cells } from './cells.ts'

export const horizontalPodAutoscalerHooks: HooksFor<HorizontalPodAutoscaler> = { cells: horizontalPodAutoscalerCells }
export const horizontalPodAutoscalerV1Hooks: HooksFor<AutoscalingV1HorizontalPodAutoscaler> = {
  cells: horizontalPodAutoscalerV1Cells,
}
