/** Declared types: static types that also know how large their values can become. */
import type { StructProvider } from '../check/declarations.ts'
import type { SizeEstimator } from '../cost/estimate.ts'
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listOf,
  mapOf,
  stringType,
  structType,
  timestampType,
} from '../types/type.ts'
import { escapeName, isReserved } from './escape.ts'
import { type CelSchema, valuesSchema, withObjectMeta } from './schema.ts'

/** A request is no larger than this, which bounds everything inside it. */
export const requestSizeBytesMax = 3 * 1024 * 1024

/** A static type, what is inside it, and its bounds. */
export interface DeclType {
  readonly type: CelType
  /** Fields by the identifiers expressions use. */
  readonly fields?: ReadonlyMap<string, DeclType>
  readonly key?: DeclType
  readonly element?: DeclType
  /** How many elements, entries, characters or bytes a value has at most. */
  readonly maxElements: number
  /** How short a value can be in a request. */
  readonly minSerializedSize: number
}

const simple = (type: CelType, minSerializedSize: number, maxElements = 0): DeclType => ({
  type,
  minSerializedSize,
  maxElements,
})

const quotes = 2
const maxTimeSize = 32
const dateSize = 12
const minDateTimeSize = 21
const minDurationSize = 3
const textSizeMax = requestSizeBytesMax - 2
const keyDecl = simple(stringType, quotes)

function enumLength(values: readonly unknown[]): number {
  const encoder = new TextEncoder()
  return values.reduce<number>(
    (longest, value) => (typeof value === 'string' ? Math.max(longest, encoder.encode(value).length) : longest),
    0,
  )
}

const notNegative = (value: number) => Math.max(value, 0)

function stringDecl(schema: CelSchema): DeclType {
  const { format, maxLength } = schema
  switch (format) {
    case 'byte':
      return simple(bytesType, quotes, maxLength === undefined ? textSizeMax : notNegative(maxLength))
    case 'duration':
      return simple(durationType, minDurationSize, maxTimeSize)
    case 'date':
      return simple(timestampType, dateSize, dateSize)
    case 'date-time':
      return simple(timestampType, minDateTimeSize, maxTimeSize)
  }
  // Kubernetes: a length in code points is up to four times that in bytes.
  if (maxLength !== undefined) return simple(stringType, quotes, notNegative(maxLength) * 4)
  const values = schema.enum ?? []
  return simple(stringType, quotes, values.length > 0 ? enumLength(values) : textSizeMax)
}

function listDecl(schema: CelSchema, path: string): DeclType | undefined {
  const { items, maxItems } = schema
  const element = items && declOf(items, `${path}.@idx`, { root: items['x-kubernetes-embedded-resource'] === true })
  if (element === undefined) return undefined
  const maxElements =
    maxItems === undefined ? Math.floor(textSizeMax / (element.minSerializedSize + 1)) : notNegative(maxItems)
  return { type: listOf(element.type), element, maxElements, minSerializedSize: 2 }
}

function mapDecl(schema: CelSchema, values: CelSchema, path: string): DeclType | undefined {
  const root = values['x-kubernetes-embedded-resource'] === true
  const element = declOf(values, `${path}.@elem`, { root })
  if (element === undefined) return undefined
  const { maxProperties } = schema
  // A key in quotes, a colon, a comma: at least six bytes besides the value.
  const most = Math.floor(textSizeMax / (element.minSerializedSize + 6))
  const maxElements = maxProperties === undefined ? most : notNegative(maxProperties)
  return { type: mapOf(stringType, element.type), key: keyDecl, element, maxElements, minSerializedSize: 2 }
}

function objectDecl(schema: CelSchema, path: string): DeclType {
  const fields = new Map<string, DeclType>()
  const required = new Set(schema.required ?? [])
  let minSerializedSize = 2
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const identifier = escapeName(name)
    const root = property['x-kubernetes-embedded-resource'] === true
    const field = declOf(property, `${path}.${identifier ?? name}`, { root })
    if (field === undefined) continue
    if (identifier !== undefined) fields.set(identifier, field)
    if (required.has(name) && property.default === undefined) {
      minSerializedSize += new TextEncoder().encode(name).length + field.minSerializedSize + 4
    }
  }
  return { type: structType(path), fields, maxElements: 0, minSerializedSize }
}

function declOf(given: CelSchema, path: string, { root }: { readonly root: boolean }): DeclType | undefined {
  if (given['x-kubernetes-int-or-string'] === true) {
    const { maxLength } = given
    return simple(dynType, 1, maxLength === undefined ? textSizeMax : notNegative(maxLength) * 4)
  }
  const schema = root ? withObjectMeta(given) : given
  switch (schema.type) {
    case 'array':
      return listDecl(schema, path)
    case 'object': {
      const values = valuesSchema(schema)
      return values === undefined ? objectDecl(schema, path) : mapDecl(schema, values, path)
    }
    case 'string':
      return stringDecl(schema)
    case 'boolean':
      return simple(boolType, 4)
    case 'number':
      return simple(doubleType, 1)
    case 'integer':
      return simple(intType, 1)
    default:
      return undefined
  }
}

/** The declared type of a schema, whose objects are named after `name`; undefined when it has none. */
export function declTypeOf(
  schema: CelSchema,
  name: string,
  { resourceRoot = false }: { readonly resourceRoot?: boolean } = {},
): DeclType | undefined {
  return declOf(schema, name, { root: resourceRoot })
}

/** An object type made by hand. */
export function objectDeclType(name: string, fields: Readonly<Record<string, DeclType>>): DeclType {
  return { type: structType(name), fields: new Map(Object.entries(fields)), maxElements: 0, minSerializedSize: 2 }
}

/** A list type made by hand. */
export function listDeclType(element: DeclType, maxElements = Number.MAX_SAFE_INTEGER): DeclType {
  return { type: listOf(element.type), element, maxElements, minSerializedSize: 2 }
}

/** A map type made by hand, with strings for keys. */
export function mapDeclType(element: DeclType, maxElements = Number.MAX_SAFE_INTEGER): DeclType {
  return { type: mapOf(stringType, element.type), key: keyDecl, element, maxElements, minSerializedSize: 2 }
}

/** Simple declared types, for types made by hand. */
export const simpleDecls = {
  string: simple(stringType, quotes),
  bool: simple(boolType, 4),
  int: simple(intType, 1),
  double: simple(doubleType, 1),
  bytes: simple(bytesType, quotes),
  timestamp: simple(timestampType, dateSize),
  duration: simple(durationType, minDurationSize),
  dyn: simple(dynType, 1),
} as const satisfies Record<string, DeclType>

/** The structures inside declared types, as the checker asks for them. */
export function structsOf(
  roots: readonly DeclType[],
  { keywordsAsFields = false }: { readonly keywordsAsFields?: boolean } = {},
): StructProvider {
  const structs = new Map<string, DeclType>()
  const visit = (decl: DeclType): void => {
    if (decl.fields !== undefined) {
      if (structs.has(decl.type.name)) return
      structs.set(decl.type.name, decl)
      for (const field of decl.fields.values()) visit(field)
    }
    if (decl.element !== undefined) visit(decl.element)
  }
  for (const root of roots) visit(root)
  return {
    find: (name) => structs.get(name)?.type,
    fieldType: (name, field) => {
      const fields = structs.get(name)?.fields
      const keyword = keywordsAsFields && isReserved(field) ? fields?.get(`__${field}__`) : undefined
      return (fields?.get(field) ?? keyword)?.type
    },
  }
}

/** Sizes by the way through a declared type from the variables that have it. */
export function sizesOf(root: DeclType): SizeEstimator {
  return ({ path }) => {
    if (path === undefined || path.length === 0) return undefined
    let decl = root
    for (const part of path.slice(1)) {
      const next =
        part === '@items' || part === '@values' ? decl.element : part === '@keys' ? decl.key : decl.fields?.get(part)
      if (next === undefined) return undefined
      decl = next
    }
    return { min: 0, max: decl.maxElements }
  }
}
