import type { HooksFor } from '../define.ts'
import type { EndpointSlice } from '../generated/types.ts'
import { endpointSliceCells } from '../other-cells.ts'
import { endpointSliceErrors, endpointSliceUpdateErrors } from '../other-checks.ts'

export const endpointSliceHooks: HooksFor<EndpointSlice> = {
  cells: endpointSliceCells,
  checks: { create: endpointSliceErrors, update: endpointSliceUpdateErrors },
}
