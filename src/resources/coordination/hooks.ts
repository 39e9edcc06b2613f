import type { HooksFor } from '../define.ts'
import type { Lease } from '../generated/types.ts'
import { leaseCells } from '../other-cells.ts'
import { leaseErrors } from '../other-checks.ts'

export const leaseHooks: HooksFor<Lease> = {
  cells: leaseCells,
  checks: { create: leaseErrors },
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
}
