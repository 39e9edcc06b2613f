import { isEmbedded, isMap, type JsonSchema, keepsUnknown, own } from './json-schema.ts'

const typeMeta = new Set(['apiVersion', 'kind', 'metadata'])
type Path = (string | number)[]

/**
 * Takes what the schema does not declare out of an object, in place; returns the paths of what went, sorted.
 * Kubernetes: the root is a resource whether its schema says so or not, so kind, apiVersion and metadata stay there.
 */
export function prune(object: unknown, schema: JsonSchema | undefined): readonly string[] {
  const root = { ...schema, 'x-kubernetes-embedded-resource': true }
  return pruneValue(object, root)
}

/** The same for a value that is not a resource. */
export function pruneValue(value: unknown, schema: JsonSchema | undefined): readonly string[] {
  const gone: string[] = []
  pruneAt(value, schema, [], gone)
  return gone.sort()
}

function pruneAt(value: unknown, schema: JsonSchema | undefined, path: Path, gone: string[]): void {
  if (schema !== undefined && keepsUnknown(schema)) return keepValue(value, schema, path, gone)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) pruneAt(item, schema?.items, [...path, index], gone)
    return
  }
  if (!isMap(value)) return
  for (const key of Object.keys(value)) {
    if (schema !== undefined && isEmbedded(schema) && typeMeta.has(key)) continue
    const property = own(schema?.properties, key)
    const others = schema?.additionalProperties
    if (property !== undefined) pruneAt(value[key], property, [...path, key], gone)
    else if (others !== undefined && others !== false)
      pruneAt(value[key], others === true ? undefined : others, [...path, key], gone)
    else {
      if (!typeMeta.has(key) || path.length > 0) gone.push(pathText([...path, key]))
      delete value[key]
    }
  }
}

/** Below a value that keeps what it is given, only what is declared is looked at. */
function keepValue(value: unknown, schema: JsonSchema | undefined, path: Path, gone: string[]): void {
  if (schema === undefined) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) keepValue(item, schema.items, [...path, index], gone)
    return
  }
  if (!isMap(value)) return
  for (const key of Object.keys(value)) {
    if (isEmbedded(schema) && typeMeta.has(key)) continue
    const property = own(schema.properties, key)
    const others = schema.additionalProperties
    if (property !== undefined) pruneAt(value[key], property, [...path, key], gone)
    else if (others !== undefined && others !== false)
      pruneAt(value[key], others === true ? undefined : others, [...path, key], gone)
  }
}

/** `spec.items[0].name` */
export function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )
}
