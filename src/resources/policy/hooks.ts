import { pathSegmentErrors } from '../../machinery/index.ts'
import type { HooksFor } from '../define.ts'
import type { PodDisruptionBudget } from '../generated/types.ts'
import { podDisruptionBudgetCells } from '../other-cells.ts'
import { podDisruptionBudgetErrors, podDisruptionBudgetStatusErrors } from '../other-checks.ts'

export const podDisruptionBudgetHooks: HooksFor<PodDisruptionBudget> = {
  cells: podDisruptionBudgetCells,
  checks: { name: pathSegmentErrors, create: podDisruptionBudgetErrors, status: podDisruptionBudgetStatusErrors },
  allowUnconditionalUpdate: false,
}
