/** The parts of an OpenAPI schema that matter to expressions. */
export interface CelSchema {
  readonly type?: string
  readonly format?: string
  readonly nullable?: boolean
  readonly properties?: Readonly<Record<string, CelSchema>>
  readonly items?: CelSchema
  readonly additionalProperties?: CelSchema | boolean
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
}

const text: CelSchema = { type: 'string' }

/** Whether a schema says of a resource what expressions rely on. */
function hasObjectMeta({ properties }: CelSchema): boolean {
  const metadata = properties?.['metadata']
  return (
    properties?.['kind']?.type === 'string' &&
    properties['apiVersion']?.type === 'string' &&
    metadata?.type === 'object' &&
    metadata.properties?.['name']?.type === 'string' &&
    metadata.properties['generateName']?.type === 'string'
  )
}

/** The schema with the fields every resource has for expressions: kind, apiVersion and two of its metadata. */
export function withObjectMeta(schema: CelSchema): CelSchema {
  if (hasObjectMeta(schema)) return schema
  return {
    ...schema,
    properties: {
      ...schema.properties,
      kind: text,
      apiVersion: text,
      metadata: { type: 'object', properties: { name: text, generateName: text } },
    },
  }
}

/** The schema of all values of an object, when it is used as a map. */
export function valuesSchema({ additionalProperties }: CelSchema): CelSchema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}
