import type { Field, Schema, TypeSchema } from '../schema/schema.ts'

/** What managed fields need to know of a value: where paths end, and how items of a list are told apart. */
export type Shape =
  /** Owned as a whole. */
  | { readonly kind: 'leaf' }
  /** Fields with shapes of their own. */
  | { readonly kind: 'struct'; field(name: string): Shape | undefined }
  /** Entries by name. */
  | { readonly kind: 'map'; readonly value: Shape }
  /** Items by value. */
  | { readonly kind: 'set' }
  /** Items by the values of some of their fields. */
  | {
      readonly kind: 'list'
      readonly keys: readonly string[]
      readonly defaults: Readonly<Record<string, unknown>>
      readonly item: Shape
    }
  /** Nothing is known: objects are maps, all else is owned as a whole. */
  | { readonly kind: 'deduced' }

/** A value that is owned as a whole. */
export const leafShape: Shape = { kind: 'leaf' }
/** Values of unknown type: objects are owned member by member, all else as a whole. */
export const deducedShape: Shape = { kind: 'deduced' }

/** The shape of the objects of a type; each is made when first asked for. */
export function createShapes(schema: Schema): (type: string) => Shape {
  const made = new Map<string, Shape>()
  function ofType(name: string): Shape {
    const known = made.get(name)
    if (known !== undefined) return known
    const type = schema.type(name)
    const shape = type === undefined || type.special !== undefined ? leafShape : ofStruct(type)
    made.set(name, shape)
    return shape
  }
  function ofStruct(type: TypeSchema, isGranular = false): Shape {
    if (type.structType === 'atomic' && !isGranular) return leafShape
    const fields = new Map<string, Shape | undefined>()
    return {
      kind: 'struct',
      field(name) {
        if (fields.has(name)) return fields.get(name)
        const field = type.field(name)
        const isMeta = type.typeMeta && (name === 'kind' || name === 'apiVersion')
        const shape = field === undefined ? (isMeta ? leafShape : undefined) : ofField(field)
        fields.set(name, shape)
        return shape
      },
    }
  }
  function ofField(field: Field): Shape {
    if (field.repeated) return ofList(field)
    if (!field.map) return field.structType === 'granular' ? granular(field.type) : asField(field)
    if (field.mapType === 'atomic') return leafShape
    return { kind: 'map', value: field.mapValueRepeated ? leafShape : ofType(field.type) }
  }
  const asField = (field: Field) => (field.structType === 'atomic' ? leafShape : ofType(field.type))
  /** Of a type that is owned as a whole elsewhere. */
  function granular(name: string): Shape {
    const type = schema.type(name)
    return type === undefined || type.special !== undefined ? leafShape : ofStruct(type, true)
  }
  function ofList(field: Field): Shape {
    if (field.listType === 'set') return { kind: 'set' }
    if (field.listType !== 'map') return leafShape
    const keys = [...(field.listMapKeys ?? [])].sort()
    const item = schema.type(field.type)
    const defaults: Record<string, unknown> = {}
    for (const key of keys) {
      const value = item?.field(key)?.default
      if (value !== undefined) defaults[key] = value
    }
    return { kind: 'list', keys, defaults, item: ofType(field.type) }
  }
  return ofType
}

type ListShape = Extract<Shape, { readonly kind: 'list' | 'set' }>

/** The step that leads to an item of a list; undefined for an item that none of the list's keys tell apart. */
export function stepOf(shape: ListShape, item: unknown): string | undefined {
  if (shape.kind === 'set') return `v:${JSON.stringify(item)}`
  if (typeof item !== 'object' || item === null) return undefined
  const { keys, defaults } = shape
  const only = keys.length === 1 ? ((item as Record<string, unknown>)[keys[0]!] ?? defaults[keys[0]!]) : undefined
  if (typeof only === 'string') return namedStep(keys[0]!, only)
  const values: Record<string, unknown> = {}
  let found = false
  for (const key of keys) {
    const value = (item as Record<string, unknown>)[key] ?? defaults[key]
    if (value === undefined) continue
    values[key] = value
    found = true
  }
  return found ? `k:${JSON.stringify(values)}` : undefined
}

/** The step of an item known by one name: the same text for the same name, as names come again and again. */
function namedStep(key: string, name: string): string {
  let steps = namedSteps.get(key)
  if (steps === undefined) {
    steps = new Map()
    namedSteps.set(key, steps)
  }
  let step = steps.get(name)
  if (step === undefined) {
    step = `k:${JSON.stringify({ [key]: name })}`
    if (steps.size >= namesKeptMax) steps.clear()
    steps.set(name, step)
  }
  return step
}
const namedSteps = new Map<string, Map<string, string>>()
const namesKeptMax = 4096
