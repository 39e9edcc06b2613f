import type { HooksFor } from '../define.ts'
import type { RuntimeClass } from '../generated/types.ts'
import { runtimeClassCells } from '../other-cells.ts'
import { runtimeClassErrors, runtimeClassUpdateErrors } from './validate.ts'

export const runtimeClassHooks: HooksFor<RuntimeClass> = {
  cells: runtimeClassCells,
  checks: { create: runtimeClassErrors, update: runtimeClassUpdateErrors },
  allowUnconditionalUpdate: false,
}
