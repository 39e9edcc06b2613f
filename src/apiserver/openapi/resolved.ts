import { builtInSchema } from '../../resources/index.ts'
import { noDescriptions } from './descriptions.ts'
import type { Published } from './published.ts'
import { definitionsAt, type JsonSchema, reference, typeDefinition, typeMetaProperties } from './schemas.ts'

/** The schema of a resource's objects with everything it refers to in place; what contains itself ends as an object. */
export function resolvedSchema({ definition, schema }: Published): JsonSchema | undefined {
  if (schema === undefined) return withReferences(reference(definition.type, 'v3'), [])
  const metadata = reference('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', 'v3')
  const properties = { ...schema['properties'], ...typeMetaProperties, metadata }
  return withReferences({ ...schema, properties, type: 'object' }, [])
}

function withReferences(given: JsonSchema, inside: readonly string[]): JsonSchema {
  const target: string | undefined = given['$ref'] ?? given['allOf']?.find((one: JsonSchema) => one['$ref'])?.['$ref']
  let schema = given
  let within = inside
  if (target !== undefined) {
    if (inside.includes(target)) return { type: 'object' }
    const type = builtInSchema.type(target.slice(definitionsAt.v3.length))
    if (type === undefined) return {}
    schema = typeDefinition(type, 'v3', noDescriptions, [])
    within = [...inside, target]
  }
  const { properties, additionalProperties, items } = schema
  const resolved = (one: JsonSchema) => withReferences(one, within)
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries<JsonSchema>(properties).map(([name, one]) => [name, resolved(one)]),
          ),
        }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: resolved(additionalProperties) } : {}),
    ...(items === undefined ? {} : { items: resolved(items) }),
    // Built-in types say by their format what declared ones say by an extension.
    ...(schema['format'] === 'int-or-string' ? { 'x-kubernetes-int-or-string': true } : {}),
  }
}
