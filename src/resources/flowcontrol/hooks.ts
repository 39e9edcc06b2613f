import type { HooksFor } from '../define.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../generated/types.ts'
import { flowSchemaCells, priorityLevelConfigurationCells } from '../other-cells.ts'

export const flowSchemaHooks: HooksFor<FlowSchema> = { cells: flowSchemaCells }
export const priorityLevelConfigurationHooks: HooksFor<PriorityLevelConfiguration> = {
  cells: priorityLevelConfigurationCells,
}
