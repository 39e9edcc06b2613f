import type { HooksFor } from '../define.ts'
import type { Lease } from '../generated/types.ts'
import { leaseCells } from '../other-cells.ts'

export const leaseHooks: HooksFor<Lease> = { cells: leaseCells }
