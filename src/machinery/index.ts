/** Machinery: objects, names, errors, schemas, patches, time and chance. Pure; does no I/O and imports no other room. */
export type { ApiCall, ApiReply, ApiVerb, ObjectList, PatchType, Transport, WatchEvent } from './call/call.ts'
export type { Clock, Random } from './clock/clock.ts'
export { microTimestampOf, msOf, suffixAlphabet, timestampOf } from './clock/clock.ts'
export { type ManualClock, manualClock, seededRandom, sleepOn } from './clock/manual.ts'
export { systemClock, systemRandom } from './clock/system.ts'
export type {
  KubeObject,
  ManagedFieldsEntry,
  ObjectMeta,
  ObjectName,
  OwnerReference,
  Unsaved,
} from './object/object.ts'
export { controllerOf, deepFreeze, keyOf, nameOf, parseKey, sameJson } from './object/object.ts'
export {
  createSchema,
  type Field,
  type Schema,
  type SchemaTable,
  type SpecialForm,
  type TypeSchema,
  type ValidationTag,
  type Wire,
} from './schema/schema.ts'
export * from './status/status.ts'
