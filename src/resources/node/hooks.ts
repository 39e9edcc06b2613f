import type { HooksFor } from '../define.ts'
import type { RuntimeClass } from '../generated/types.ts'
import { runtimeClassCells } from '../other-cells.ts'

export const runtimeClassHooks: HooksFor<RuntimeClass> = { cells: runtimeClassCells }
