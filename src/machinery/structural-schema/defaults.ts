import { cloneJson } from '../object/object.ts'
import { isMap, type JsonSchema, memberSchema, own } from './json-schema.ts'
import { somewhere } from './somewhere.ts'

/**
 * Fills in, in place, what an object leaves out and the schema has a default for; doing it twice changes nothing more.
 * Kubernetes: a null where null is not allowed counts as left out, when there is a default.
 */
export function applySchemaDefaults(value: unknown, schema: JsonSchema | undefined): void {
  if (schema === undefined || !holdsDefaults(schema)) return
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
  const { properties, additionalProperties } = schema
  for (const [name, property] of defaultsOf(schema)) {
    const present = own(value, name)
    if (present === undefined || (present === null && property.nullable !== true)) put(value, name, property.default)
  }
  for (const name of Object.keys(value)) {
    const property = own(properties, name)
    if (property !== undefined) {
      if (typeof value[name] === 'object') applySchemaDefaults(value[name], property)
    } else if (typeof additionalProperties === 'object') {
      if (value[name] === null && additionalProperties.nullable !== true)
        put(value, name, additionalProperties.default ?? null)
      applySchemaDefaults(value[name], additionalProperties)
    }
  }
}

const hasDefault = ({ default: value }: JsonSchema) => value !== undefined && value !== null
const holdsDefaults = somewhere(hasDefault)

const defaults = new WeakMap<JsonSchema, readonly (readonly [string, JsonSchema])[]>()
/** The members of a map that have defaults. */
function defaultsOf(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  let found = defaults.get(schema)
  if (found === undefined) {
    found = Object.entries(schema.properties ?? {}).filter(([, property]) => hasDefault(property))
    defaults.set(schema, found)
  }
  return found
}

function put(map: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') map[name] = cloneJson(value)
  else
    Object.defineProperty(map, name, { value: cloneJson(value), enumerable: true, configurable: true, writable: true })
}

/**
 * Takes nulls out of maps, in place, where null is not allowed and no default takes its place.
 * Kubernetes: what json.Unmarshal does for built-in types, so that `field: null` and no field at all are one.
 */
export function dropNulls(value: unknown, schema: JsonSchema | undefined): void {
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') dropNulls(item, schema?.items)
    return
  }
  if (!isMap(value)) return
  for (const name of Object.keys(value)) {
    if (typeof value[name] !== 'object') continue
    const member = schema === undefined ? undefined : memberSchema(schema, name)
    if (value[name] === null && member !== undefined && member.nullable !== true && (member.default ?? null) === null)
      delete value[name]
    else dropNulls(value[name], member)
  }
}
