import type { HooksFor } from '../define.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../generated/types.ts'
import { flowSchemaCells, priorityLevelConfigurationCells } from '../other-cells.ts'
import { conditionErrors, flowSchemaErrors, priorityLevelErrors } from './validate.ts'

export const flowSchemaHooks: HooksFor<FlowSchema> = {
  cells: flowSchemaCells,
  checks: { create: flowSchemaErrors, status: ({ status }) => conditionErrors(status) },
}
export const priorityLevelConfigurationHooks: HooksFor<PriorityLevelConfiguration> = {
  cells: priorityLevelConfigurationCells,
  checks: { create: priorityLevelErrors, status: ({ status }) => conditionErrors(status) },
}
