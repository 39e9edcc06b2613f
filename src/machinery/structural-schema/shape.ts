import { deducedShape, leafShape, type Shape } from '../managed-fields/shape.ts'
import { isEmbedded, isIntOrString, type JsonSchema, keepsUnknown } from './json-schema.ts'

/** How managed fields tell the parts of a custom resource apart; `metadata` is the shape of ObjectMeta. */
export function shapeOfSchema(schema: JsonSchema | undefined, metadata: Shape): Shape {
  if (schema === undefined || (keepsUnknown(schema) && schema.properties === undefined))
    return resourceShape(undefined, metadata, deducedShape)
  return resourceShape(schema, metadata, undefined)
}

function resourceShape(schema: JsonSchema | undefined, metadata: Shape, others: Shape | undefined): Shape {
  const fields = new Map<string, Shape | undefined>([
    ['apiVersion', leafShape],
    ['kind', leafShape],
    ['metadata', metadata],
  ])
  return {
    kind: 'struct',
    field(name) {
      if (fields.has(name)) return fields.get(name)
      const property = schema?.properties?.[name]
      const rest = others ?? (schema !== undefined && keepsUnknown(schema) ? deducedShape : undefined)
      const shape = property === undefined ? rest : shapeOfValue(property, metadata)
      fields.set(name, shape)
      return shape
    },
  }
}

function shapeOfValue(schema: JsonSchema, metadata: Shape): Shape {
  if (isIntOrString(schema)) return leafShape
  if (schema.type === 'array') return shapeOfList(schema, metadata)
  if (schema.type === 'object' || schema.properties !== undefined || schema.additionalProperties !== undefined) {
    if (schema['x-kubernetes-map-type'] === 'atomic') return leafShape
    if (isEmbedded(schema)) return resourceShape(schema, metadata, keepsUnknown(schema) ? deducedShape : undefined)
    if (schema.properties !== undefined) return structShape(schema, metadata)
    if (typeof schema.additionalProperties === 'object')
      return { kind: 'map', value: shapeOfValue(schema.additionalProperties, metadata) }
    return keepsUnknown(schema) || schema.additionalProperties === true
      ? deducedShape
      : { kind: 'map', value: deducedShape }
  }
  return schema.type === undefined ? deducedShape : leafShape
}

function structShape(schema: JsonSchema, metadata: Shape): Shape {
  const fields = new Map<string, Shape | undefined>()
  return {
    kind: 'struct',
    field(name) {
      if (fields.has(name)) return fields.get(name)
      const property = schema.properties?.[name]
      const shape =
        property === undefined ? (keepsUnknown(schema) ? deducedShape : undefined) : shapeOfValue(property, metadata)
      fields.set(name, shape)
      return shape
    },
  }
}

function shapeOfList(schema: JsonSchema, metadata: Shape): Shape {
  const { items } = schema
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return { kind: 'set' }
  if (type !== 'map' || items === undefined) return leafShape
  const keys = [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort()
  const defaults: Record<string, unknown> = {}
  for (const key of keys) {
    const value = items.properties?.[key]?.default
    if (value !== undefined) defaults[key] = value
  }
  return { kind: 'list', keys, defaults, item: shapeOfValue(items, metadata) }
}
