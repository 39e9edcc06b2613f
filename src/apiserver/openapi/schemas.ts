import type { Field, TypeSchema } from '../../machinery/index.ts'
import { builtInSchema } from '../../resources/index.ts'
import type { Descriptions } from './descriptions.ts'

/** Which of the two forms of the API's description is being written. */
export type Form = 'v2' | 'v3'
/** A JSON schema, of either form. */
export type JsonSchema = Readonly<Record<string, any>>

/** Where definitions live in each form. */
export const definitionsAt: Readonly<Record<Form, string>> = {
  v2: '#/definitions/',
  v3: '#/components/schemas/',
}
const refTo = (type: string, form: Form): string => `${definitionsAt[form]}${type}`
/** A schema that is another's definition. */
export const reference = (type: string, form: Form): JsonSchema => ({ $ref: refTo(type, form) })

const apiVersionText =
  'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources'
const kindText =
  'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds'
/** The two members every object has. */
export const typeMetaProperties: Readonly<Record<string, JsonSchema>> = {
  apiVersion: { description: apiVersionText, type: 'string' },
  kind: { description: kindText, type: 'string' },
}

/** Types whose JSON is no object. Kubernetes: the older form cannot say that a value is one of two types. */
function specialSchema(type: TypeSchema, form: Form): JsonSchema | undefined {
  switch (type.special) {
    case 'time':
    case 'microTime':
      return { format: 'date-time', type: 'string' }
    case 'duration':
      return { type: 'string' }
    case 'quantity':
      return form === 'v2' ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] }
    case 'intOrString':
      return form === 'v2'
        ? { format: 'int-or-string', type: 'string' }
        : { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
    case 'raw':
      return { type: 'object' }
    case 'strings':
      return { items: { type: 'string' }, type: 'array' }
    case undefined:
      return undefined
    default:
      return {}
  }
}

/** The definition of a built-in type; `kinds` are those that `x-kubernetes-group-version-kind` names. */
export function typeDefinition(
  type: TypeSchema,
  form: Form,
  descriptions: Descriptions,
  kinds: readonly object[],
): JsonSchema {
  const about = descriptions.of(type.name)
  const described = about[''] === undefined ? {} : { description: about[''] }
  const special = specialSchema(type, form)
  if (special !== undefined) return { ...described, ...special }
  const properties: Record<string, JsonSchema> = {}
  for (const field of type.jsonFields) properties[field.name] = fieldSchema(field, form, about[field.name])
  if (type.typeMeta) Object.assign(properties, typeMetaProperties)
  const required = type.jsonFields.filter((field) => field.required).map(({ name }) => name)
  return {
    ...described,
    ...(Object.keys(properties).length === 0 ? {} : { properties: sortedMembers(properties) }),
    ...(required.length === 0 ? {} : { required }),
    type: 'object',
    ...(kinds.length === 0 ? {} : { 'x-kubernetes-group-version-kind': kinds }),
    ...(type.structType === undefined ? {} : { 'x-kubernetes-map-type': type.structType }),
    ...(type.unions === undefined ? {} : { 'x-kubernetes-unions': type.unions }),
  }
}

function fieldSchema(field: Field, form: Form, description: string | undefined): JsonSchema {
  const described = description === undefined ? {} : { description }
  const extensions = fieldExtensions(field)
  if (field.map) {
    const value = singleSchema(field, form)
    const values = field.mapValueRepeated
      ? { items: withZero(field, value, form), type: 'array' }
      : withZero(field, value, form)
    return { additionalProperties: values, ...described, type: 'object', ...extensions }
  }
  if (field.repeated)
    return { ...described, items: withZero(field, singleSchema(field, form), form), type: 'array', ...extensions }
  const single = singleSchema(field, form)
  const fallback = form === 'v3' ? fieldDefault(field) : undefined
  if (single['$ref'] === undefined) {
    return { ...(fallback === undefined ? {} : { default: fallback }), ...described, ...single, ...extensions }
  }
  if (form === 'v2' || (fallback === undefined && description === undefined))
    return { ...described, ...single, ...extensions }
  return { allOf: [single], ...(fallback === undefined ? {} : { default: fallback }), ...described, ...extensions }
}

/** The schema of one value of a field, without list or map around it. */
function singleSchema(field: Field, form: Form): JsonSchema {
  if (builtInSchema.type(field.type) !== undefined) return reference(field.type, form)
  if (field.type === 'any') return { type: 'object' }
  if (field.wire === 'bytes') return { format: 'byte', type: 'string' }
  const closed = field.enum === undefined ? {} : { enum: [...field.enum].sort() }
  const format =
    field.wire === 'int32' || field.wire === 'int64' || field.wire === 'double' ? { format: field.wire } : {}
  return { ...closed, ...format, type: field.type }
}
/** Items and values of the newer form state their zero. */
function withZero(field: Field, schema: JsonSchema, form: Form): JsonSchema {
  if (form === 'v2') return schema
  const zero = zeroOf(field)
  if (zero === undefined) return schema
  return schema['$ref'] === undefined ? { ...schema, default: zero } : { allOf: [schema], default: zero }
}
function zeroOf(field: Field): unknown {
  const type = builtInSchema.type(field.type)
  if (type !== undefined) return type.special === undefined || type.special === 'raw' ? {} : undefined
  if (field.wire === 'bytes') return undefined
  return { string: '', boolean: false, integer: 0, number: 0 }[field.type as 'string']
}
/** The default that the newer form states: the one declared, else the zero of plain values that are always there. */
function fieldDefault(field: Field): unknown {
  if (field.default !== undefined) return field.default
  if (field.pointer) return undefined
  if (builtInSchema.type(field.type) !== undefined) return zeroOf(field)
  return field.required && !field.omitempty ? zeroOf(field) : undefined
}

function fieldExtensions(field: Field): Readonly<Record<string, unknown>> {
  const extensions: Record<string, unknown> = {}
  if (field.listMapKeys !== undefined) extensions['x-kubernetes-list-map-keys'] = field.listMapKeys
  if (field.listType !== undefined) extensions['x-kubernetes-list-type'] = field.listType
  if (field.mapType !== undefined) extensions['x-kubernetes-map-type'] = field.mapType
  if (field.structType !== undefined) extensions['x-kubernetes-map-type'] = field.structType
  if (field.patchMergeKey !== undefined) extensions['x-kubernetes-patch-merge-key'] = field.patchMergeKey
  if (field.patchStrategy !== undefined) extensions['x-kubernetes-patch-strategy'] = field.patchStrategy
  return extensions
}

/** An object with its members in the order of their names. */
export function sortedMembers<T>(members: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Every built-in type that one of these needs, themselves included. */
export function reachableTypes(roots: Iterable<string>): readonly TypeSchema[] {
  const found = new Map<string, TypeSchema>()
  const waiting = [...roots]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue
    const type = builtInSchema.type(name)
    if (type === undefined) continue
    found.set(name, type)
    if (type.special === undefined) for (const field of type.jsonFields) waiting.push(field.type)
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
