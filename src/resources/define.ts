import type { KubeObject } from '../machinery/index.ts'
import { columnText } from './column-texts.ts'
import type { ResourceDefinition } from './definition.ts'

import { type FactsKey, resourceFacts } from './generated/resource-facts.ts'
import { tableSchema } from './object-schema.ts'
import { genericHooks, type Hooks } from './strategy.ts'
import type { Checks } from './validation/object-meta.ts'

/** The typed hooks a kind may bring; every one left out is generic. */
export type HooksFor<T extends KubeObject> = Partial<
  Pick<
    ResourceDefinition<T>,
    keyof Hooks | 'deletionFinalizers' | 'orphansByDefault' | 'deleteWarning' | 'prepareForDelete'
  >
> & {
  /** What is checked besides metadata and schema. */
  readonly checks?: Checks<T>
}

/** A kind's definition: the generated facts, the generic behaviour, and above both what is written by hand. */
export function defineResource<T extends KubeObject>(
  key: FactsKey,
  { checks, ...hooks }: HooksFor<T> = {},
): ResourceDefinition<T> {
  const {
    hasSpec: _spec,
    hasStatus: _status,
    statusIsValue: _value,
    fieldAliases: _aliases,
    ...facts
  } = resourceFacts[key]
  return {
    ...facts,
    columns: facts.columns.map((column) => ({ ...column, description: columnText(facts, column.name) })),
    schema: tableSchema(facts.type),
    ...genericHooks(resourceFacts[key], checks),
    ...hooks,
  } as ResourceDefinition<T>
}
