import type { HooksFor } from '../define.ts'
import type { PriorityClass } from '../generated/types.ts'
import { priorityClassCells } from '../other-cells.ts'

export const priorityClassHooks: HooksFor<PriorityClass> = { cells: priorityClassCells }
