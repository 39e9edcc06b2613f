import { cloneJson } from '../object/object.ts'
import { isMap, type JsonSchema, memberSchema, own } from './json-schema.ts'

/**
 * Fills in, in place, what an object leaves out and the schema has a default for; doing it twice changes nothing more.
 * Kubernetes: a null where null is not allowed counts as left out, when there is a default.
 */
export function applySchemaDefaults(value: unknown, schema: JsonSchema | undefined): void {
  if (schema === undefined) return
  if (Array.isArray(value)) {
    const { items } = schema
    if (items === undefined) return
    for (let index = 0; index < value.length; index += 1) {
      if (value[index] === null && items.nullable !== true) value[index] = cloneJson(items.default ?? null)
      applySchemaDefaults(value[index], items)
    }
    return
  }
  if (!isMap(value)) return
  const { properties = {}, additionalProperties } = schema
  for (const name of Object.keys(properties)) {
    const property = properties[name]!
    if (property.default === undefined || property.default === null) continue
    const present = own(value, name)
    if (present === undefined || (present === null && property.nullable !== true)) put(value, name, property.default)
  }
  for (const name of Object.keys(value)) {
    const property = own(properties, name)
    if (property !== undefined) applySchemaDefaults(value[name], property)
    else if (typeof additionalProperties === 'object') {
      if (value[name] === null && additionalProperties.nullable !== true)
        put(value, name, additionalProperties.default ?? null)
      applySchemaDefaults(value[name], additionalProperties)
    }
  }
}

function put(map: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(map, name, { value: cloneJson(value), enumerable: true, configurable: true, writable: true })
}

/**
 * Takes nulls out of maps, in place, where null is not allowed and no default takes its place.
 * Kubernetes: what json.Unmarshal does for built-in types, so that `field: null` and no field at all are one.
 */
export function dropNulls(value: unknown, schema: JsonSchema | undefined): void {
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(item, schema?.items)
    return
  }
  if (!isMap(value)) return
  for (const name of Object.keys(value)) {
    const member = schema === undefined ? undefined : memberSchema(schema, name)
    if (value[name] === null && member !== undefined && member.nullable !== true && (member.default ?? null) === null)
      delete value[name]
    else dropNulls(value[name], member)
  }
}
