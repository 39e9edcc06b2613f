import type { HooksFor } from '../define.ts'
import type { APIService } from '../generated/types.ts'
import { apiServiceCells } from '../other-cells.ts'

export const apiServiceHooks: HooksFor<APIService> = { cells: apiServiceCells, allowUnconditionalUpdate: false }
