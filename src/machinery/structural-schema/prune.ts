import { asResource, isEmbedded, isMap, type JsonSchema, keepsUnknown, own } from './json-schema.ts'

const typeMeta = new Set(['apiVersion', 'kind', 'metadata'])
type Path = (string | number)[]

/**
 * Takes what the schema does not declare out of an object, in place; returns the paths of what went, sorted.
 * Kubernetes: the root is a resource whether its schema says so or not, so kind, apiVersion and metadata stay there.
 */
export function prune(object: unknown, schema: JsonSchema | undefined): readonly string[] {
  return pruneValue(object, asResource(schema))
}

/** The same for a value that is not a resource. */
export function pruneValue(value: unknown, schema: JsonSchema | undefined): readonly string[] {
  const gone: string[] = []
  pruneAt(value, schema, [], gone)
  return gone.sort()
}

/** `path` leads to the value; it is the same list all the way, as nearly nothing goes. */
function pruneAt(value: unknown, schema: JsonSchema | undefined, path: Path, gone: string[]): void {
  if (schema !== undefined && keepsUnknown(schema)) return keepValue(value, schema, path, gone)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) pruneBelow(value[index], schema?.items, path, index, gone)
    return
  }
  if (!isMap(value)) return
  for (const key of Object.keys(value)) {
    if (schema !== undefined && isEmbedded(schema) && typeMeta.has(key)) continue
    const property = own(schema?.properties, key)
    const others = schema?.additionalProperties
    if (property !== undefined) pruneBelow(value[key], property, path, key, gone)
    else if (others !== undefined && others !== false)
      pruneBelow(value[key], others === true ? undefined : others, path, key, gone)
    else {
      if (!typeMeta.has(key) || path.length > 0) gone.push(pathText([...path, key]))
      delete value[key]
    }
  }
}

function pruneBelow(
  value: unknown,
  schema: JsonSchema | undefined,
  path: Path,
  step: string | number,
  gone: string[],
): void {
  if (typeof value !== 'object' || value === null) return
  path.push(step)
  pruneAt(value, schema, path, gone)
  path.pop()
}

/** Below a value that keeps what it is given, only what is declared is looked at. */
function keepValue(value: unknown, schema: JsonSchema | undefined, path: Path, gone: string[]): void {
  if (schema === undefined) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      path.push(index)
      keepValue(item, schema.items, path, gone)
      path.pop()
    }
    return
  }
  if (!isMap(value)) return
  for (const key of Object.keys(value)) {
    if (isEmbedded(schema) && typeMeta.has(key)) continue
    const property = own(schema.properties, key)
    const others = schema.additionalProperties
    if (property !== undefined) pruneBelow(value[key], property, path, key, gone)
    else if (others !== undefined && others !== false)
      pruneBelow(value[key], others === true ? undefined : others, path, key, gone)
  }
}

/** `spec.items[0].name` */
export function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )
}
