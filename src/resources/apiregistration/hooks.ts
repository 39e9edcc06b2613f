import type { HooksFor } from '../define.ts'
import type { APIService } from '../generated/types.ts'
import { apiServiceCells } from '../other-cells.ts'
import { apiServiceErrors, apiServiceName, apiServiceStatusErrors } from './validate.ts'

export const apiServiceHooks: HooksFor<APIService> = {
  cells: apiServiceCells,
  checks: { name: apiServiceName, create: apiServiceErrors, status: apiServiceStatusErrors },
  allowUnconditionalUpdate: false,
}
