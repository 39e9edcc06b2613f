import type { HooksFor } from '../define.ts'
import type { PriorityClass } from '../generated/types.ts'
import { priorityClassCells } from '../other-cells.ts'
import { priorityClassErrors, priorityClassUpdateErrors } from '../other-checks.ts'

export const priorityClassHooks: HooksFor<PriorityClass> = {
  cells: priorityClassCells,
  checks: { create: priorityClassErrors, update: priorityClassUpdateErrors },
}
