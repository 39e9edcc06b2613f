import { duplicate, type FieldError, invalid } from '../status/status.ts'
import { isMap, type JsonSchema, memberSchema } from './json-schema.ts'
import { somewhere } from './somewhere.ts'

const holdsListTypes = somewhere((schema) => ['set', 'map'].includes(schema['x-kubernetes-list-type'] ?? ''))

/** Items that stand more than once in a list that is a set or a map by its keys. */
export function listTypeErrors(value: unknown, schema: JsonSchema | undefined, path = ''): readonly FieldError[] {
  if (schema === undefined || !holdsListTypes(schema)) return []
  if (Array.isArray(value)) {
    const own = listErrors(value, schema, path)
    const below = value.flatMap((item, index) => listTypeErrors(item, schema.items, `${path}[${index}]`))
    return [...own, ...below]
  }
  if (!isMap(value)) return []
  return Object.keys(value).flatMap((name) => {
    const isProperty = schema.properties !== undefined && Object.hasOwn(schema.properties, name)
    const at = isProperty ? (path === '' ? name : `${path}.${name}`) : `${path}[${name}]`
    return listTypeErrors(value[name], memberSchema(schema, name), at)
  })
}

function listErrors(list: readonly unknown[], schema: JsonSchema, path: string): readonly FieldError[] {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return repeated(list).map((index) => duplicate(`${path}[${index}]`, list[index]))
  if (type !== 'map') return []
  const wrong = list.findIndex((item) => item !== null && !isMap(item))
  if (wrong >= 0) return [invalid(`${path}[${wrong}]`, list[wrong], 'must be an object for an array of list-type map')]
  const names = schema['x-kubernetes-list-map-keys'] ?? []
  if (names.length === 1 && areNamedApart(list, names[0]!)) return []
  const keys = list.map((item) =>
    Object.fromEntries(names.filter((name) => isMap(item) && name in item).map((name) => [name, (item as any)[name]])),
  )
  return repeated(keys).map((index) => duplicate(`${path}[${index}]`, keys[index]))
}

/** Whether each item has a text of its own for its key, as it is nearly always. */
function areNamedApart(list: readonly unknown[], key: string): boolean {
  const names = new Set<unknown>()
  for (const item of list) {
    const name = isMap(item) ? item[key] : undefined
    if (typeof name !== 'string') return false
    names.add(name)
  }
  return names.size === list.length
}

/** Where a value stands for the second time; a third time is not told again. */
function repeated(values: readonly unknown[]): readonly number[] {
  const times = new Map<string, number>()
  return values.flatMap((value, index) => {
    const text = canonical(value)
    const count = (times.get(text) ?? 0) + 1
    times.set(text, count)
    return count === 2 ? [index] : []
  })
}

/** JSON with the members of objects in order, so that equal values have equal texts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isMap(value)) return JSON.stringify(value) ?? 'null'
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}
