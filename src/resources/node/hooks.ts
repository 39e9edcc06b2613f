import type { HooksFor } from '../define.ts'
import { labelWarning } from '../deprecated-labels.ts'
import type { RuntimeClass } from '../generated/types.ts'
import { runtimeClassCells } from '../other-cells.ts'
import { runtimeClassErrors, runtimeClassUpdateErrors } from './validate.ts'

export const runtimeClassHooks: HooksFor<RuntimeClass> = {
  cells: runtimeClassCells,
  checks: { create: runtimeClassErrors, update: runtimeClassUpdateErrors },
  // Kubernetes: of all kinds that must state their revision, this one can be made by replacing what is not there.
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {}).flatMap((key) => labelWarning(key, 'scheduling.nodeSelector')),
}
