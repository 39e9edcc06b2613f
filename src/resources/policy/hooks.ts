import type { HooksFor } from '../define.ts'
import type { PodDisruptionBudget } from '../generated/types.ts'
import { podDisruptionBudgetCells } from '../other-cells.ts'

export const podDisruptionBudgetHooks: HooksFor<PodDisruptionBudget> = { cells: podDisruptionBudgetCells }
