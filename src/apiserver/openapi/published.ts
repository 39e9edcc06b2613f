import { builtInSchema, type ResourceDefinition } from '../../resources/index.ts'
import type { JsonSchema } from './schemas.ts'

/** A resource whose description is published; custom resources bring their schema, built-in ones have it in the tables. */
export interface Published {
  readonly definition: ResourceDefinition<any>
  /** The `openAPIV3Schema` of a custom resource's version. */
  readonly schema?: JsonSchema
}
export interface GroupVersionKind {
  readonly group: string
  readonly kind: string
  readonly version: string
}

/** `stable.example.com`, `v1`, `CronTab` → `com.example.stable.v1.CronTab`. */
export function customTypeName({ group, version, kind }: GroupVersionKind): string {
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`
}

/** The name of the definition of a resource's objects. */
export function bodyTypeOf({ definition, schema }: Published): string {
  return schema === undefined ? definition.type : customTypeName(definition)
}

/** The name of the definition of a resource's lists. */
export function listTypeOf({ definition, schema }: Published): string {
  const { group, version, listKind } = definition
  if (schema !== undefined) return customTypeName({ group, version, kind: listKind })
  return builtInSchema.typeOfKind({ group, version, kind: listKind })?.name ?? `${definition.type}List`
}
