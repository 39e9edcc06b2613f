import { isMap, type JsonSchema, memberSchema } from './json-schema.ts'

/**
 * A value beside what stood in its place before, as far as that can be told: members by name, items of map lists by their
 * keys. Kubernetes: what did not change is not refused although the schema has become stricter (KEP-4008).
 */
export interface Correlated {
  readonly value: unknown
  readonly old: unknown
  readonly schema: JsonSchema
}

/** The same for a member; undefined where there was none, or nothing is said of it. */
export function correlatedMember(of: Correlated | undefined, name: string): Correlated | undefined {
  if (of === undefined || !isMap(of.value) || !isMap(of.old)) return undefined
  if (!Object.hasOwn(of.value, name) || !Object.hasOwn(of.old, name)) return undefined
  const schema = memberSchema(of.schema, name)
  return schema === undefined ? undefined : { value: of.value[name], old: of.old[name], schema }
}

/** The same for an item; undefined in lists whose items cannot be told apart. */
export function correlatedItem(of: Correlated | undefined, index: number): Correlated | undefined {
  if (of === undefined || !Array.isArray(of.value) || !Array.isArray(of.old)) return undefined
  const { items } = of.schema
  if (items === undefined || of.schema['x-kubernetes-list-type'] !== 'map') return undefined
  const keys = of.schema['x-kubernetes-list-map-keys'] ?? []
  const item = of.value[index]
  const key = itemKey(item, keys, items)
  const old = key === undefined ? undefined : of.old.find((one) => itemKey(one, keys, items) === key)
  return old === undefined ? undefined : { value: item, old, schema: items }
}

function itemKey(item: unknown, keys: readonly string[], schema: JsonSchema): string | undefined {
  if (!isMap(item)) return undefined
  return JSON.stringify(keys.map((key) => item[key] ?? schema.properties?.[key]?.default ?? null))
}

/** Whether nothing changed. Kubernetes: the order of a map list does not matter; what nothing is said of has changed. */
export function isUnchanged(of: Correlated | undefined): boolean {
  if (of === undefined) return false
  const { value, old, schema } = of
  if (Array.isArray(value) && Array.isArray(old)) {
    if (value.length !== old.length) return false
    if (schema['x-kubernetes-list-type'] !== 'map') return JSON.stringify(value) === JSON.stringify(old)
    return value.every((_, index) => isUnchanged(correlatedItem(of, index)))
  }
  if (isMap(value) && isMap(old)) {
    const names = Object.keys(value)
    return names.length === Object.keys(old).length && names.every((name) => isUnchanged(correlatedMember(of, name)))
  }
  return value === old
}
