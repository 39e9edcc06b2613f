import type { KubeObject } from '../../machinery/index.ts'
import type { HooksFor } from '../define.ts'
import type { Draft } from '../definition.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../generated/types.ts'
import { flowSchemaCells, priorityLevelConfigurationCells } from '../other-cells.ts'
import { keepMember } from '../strategy.ts'
import { conditionErrors, flowSchemaErrors, priorityLevelErrors } from './validate.ts'

/** Kubernetes: with a status nothing else is written, not even labels. */
function statusAlone(draft: Draft, previous: KubeObject): void {
  keepMember(draft, previous, 'spec')
  const { managedFields, resourceVersion } = draft.metadata
  draft.metadata = { ...previous.metadata }
  if (managedFields === undefined) delete draft.metadata.managedFields
  else draft.metadata.managedFields = managedFields
  if (resourceVersion !== undefined) draft.metadata.resourceVersion = resourceVersion
}

export const flowSchemaHooks: HooksFor<FlowSchema> = {
  cells: flowSchemaCells,
  checks: { create: flowSchemaErrors, status: ({ status }) => conditionErrors(status) },
  prepareForStatusUpdate: statusAlone,
}
export const priorityLevelConfigurationHooks: HooksFor<PriorityLevelConfiguration> = {
  cells: priorityLevelConfigurationCells,
  checks: { create: priorityLevelErrors, status: ({ status }) => conditionErrors(status) },
  prepareForStatusUpdate: statusAlone,
}
