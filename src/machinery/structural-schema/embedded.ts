import { asResource, isEmbedded, isMap, type JsonSchema, memberSchema } from './json-schema.ts'
import { pathText } from './prune.ts'
import { somewhere } from './somewhere.ts'

/** Whether a resource is somewhere inside. */
export const holdsResources = somewhere(isEmbedded)

/** Reads the metadata of a resource inside a resource as Go's ObjectMeta would; throws when a field is of the wrong type. */
export type ReadMetadata = (metadata: unknown) => { readonly metadata: object; readonly unknown: readonly string[] }

/** A value that is not what kind, apiVersion or metadata must be. */
export interface EmbeddedProblem {
  readonly field: string
  readonly value: unknown
  readonly detail: string
}

/**
 * Puts kind, apiVersion and metadata of the root and of every embedded resource into form, in place. Returns the paths of
 * metadata fields nobody knows, and the first thing that is of the wrong type; with `drop`, such things go instead.
 */
export function settleEmbedded(
  object: unknown,
  schema: JsonSchema | undefined,
  read: ReadMetadata,
  options: { readonly drop: boolean },
): Settled {
  return settleEmbeddedValue(object, asResource(schema), read, options)
}
/** What was found when resources were put into form. */
export interface Settled {
  readonly unknown: readonly string[]
  readonly problem?: EmbeddedProblem
}

/** The same for a value that is a resource only where its schema says so. */
export function settleEmbeddedValue(
  object: unknown,
  schema: JsonSchema | undefined,
  read: ReadMetadata,
  { drop }: { readonly drop: boolean },
): Settled {
  const unknown: string[] = []
  const problem = settle(object, schema, [])
  return { unknown: unknown.sort(), ...(problem === undefined ? {} : { problem }) }

  function settle(value: unknown, of: JsonSchema | undefined, path: (string | number)[]): EmbeddedProblem | undefined {
    if (of === undefined || !holdsResources(of)) return undefined
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        const found = settle(item, of.items, [...path, index])
        if (found !== undefined) return found
      }
      return undefined
    }
    if (!isMap(value)) return undefined
    for (const key of Object.keys(value)) {
      const found = isEmbedded(of) ? settleTypeMeta(value, key, [...path, key]) : undefined
      if (found !== undefined) return found
      const below = settle(value[key], memberSchema(of, key), [...path, key])
      if (below !== undefined) return below
    }
    return undefined
  }

  function settleTypeMeta(
    value: Record<string, unknown>,
    key: string,
    path: (string | number)[],
  ): EmbeddedProblem | undefined {
    if (key === 'apiVersion' || key === 'kind') {
      if (typeof value[key] === 'string') return undefined
      if (!drop) return { field: pathText(path), value: value[key], detail: 'must be a string' }
      delete value[key]
    } else if (key === 'metadata') {
      try {
        const settled = read(value[key])
        value[key] = settled.metadata
        unknown.push(...settled.unknown.map((name) => `${pathText(path)}.${name}`))
      } catch (error) {
        if (!drop)
          return {
            field: pathText(path),
            value: value[key],
            detail: error instanceof Error ? error.message : String(error),
          }
        if (isMap(value[key])) value[key] = goodMembers(value[key], read)
      }
    }
    return undefined
  }
}

/** The members of malformed metadata that are good taken one by one. */
function goodMembers(metadata: Record<string, unknown>, read: ReadMetadata): object {
  const good: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(metadata)) {
    try {
      Object.assign(good, read({ [key]: value }).metadata)
    } catch {
      // Kubernetes: what cannot be read is dropped, so that the rest of the object stays usable.
    }
  }
  return good
}
