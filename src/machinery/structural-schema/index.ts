/** Structural schemas: what a CustomResourceDefinition says of its objects, and what follows for them. Loaded with the first one. */
export { type Correlated, correlatedItem, correlatedMember, isUnchanged } from './correlate.ts'
export { applySchemaDefaults, dropNulls } from './defaults.ts'
export {
  type EmbeddedProblem,
  holdsResources,
  type ReadMetadata,
  settleEmbedded,
  settleEmbeddedValue,
} from './embedded.ts'
export { checkedFormat } from './formats.ts'
export { isMap, type JsonSchema, keepsUnknown, memberSchema, type ValidationRule } from './json-schema.ts'
export { listTypeErrors } from './list-types.ts'
export { prune, pruneValue } from './prune.ts'
export { shapeOfSchema } from './shape.ts'
export { somewhere } from './somewhere.ts'
export { isBothTypes, structuralErrors } from './structural.ts'
export { schemaValueErrors } from './validate.ts'
