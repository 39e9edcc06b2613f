import { type Field, type FieldError, givenEmpty, invalid, sameJson } from '../../machinery/index.ts'
import { builtInSchema } from '../schema.ts'
import { orderedDiff } from './diff.ts'
import { goNameOf, layouts } from './go-layouts.ts'
import { immutableText } from './object-meta.ts'

const fieldsInOrder = new Map<string, readonly Field[]>()
/** The fields of a type in the order of the inner one; what that does not have is left out. */
function innerFields(typeName: string, fields: readonly Field[]): readonly Field[] {
  const { order } = layouts[typeName] ?? {}
  if (order === undefined) return fields
  const known = fieldsInOrder.get(typeName)
  if (known !== undefined) return known
  const named = order.flatMap((name) => fields.find((field) => field.name === name) ?? [])
  fieldsInOrder.set(typeName, named)
  return named
}

/**
 * A value as Kubernetes shows it in errors. Kubernetes: its inner types have no JSON names, so that what it prints of them has the
 * fields' names in Go, and all of them.
 */
export function goForm(typeName: string, value: unknown): unknown {
  const type = builtInSchema.type(typeName)
  if (value === undefined || value === null) return null
  // What comes from meta/v1 is the same inside and outside.
  if (type === undefined || type.special !== undefined || typeName.includes('.meta.v1.')) return value
  const of = value as Readonly<Record<string, unknown>>
  const { names, prepare } = layouts[typeName] ?? {}
  const shown: Record<string, unknown> = {}
  for (const field of innerFields(typeName, type.jsonFields)) {
    if (field.name === 'metadata') Object.assign(shown, of['metadata'])
    else
      shown[names?.[field.name] ?? goNameOf(field.name)] = fieldForm(
        field,
        of[field.name] ?? givenEmpty(of, field.name),
      )
  }
  return prepare === undefined ? shown : prepare(shown, of)
}

function fieldForm(field: Field, value: unknown): unknown {
  if (field.repeated) return Array.isArray(value) ? value.map((item) => goForm(field.type, item ?? {})) : null
  if (field.map)
    return value === undefined || value === null
      ? null
      : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, goForm(field.type, item ?? {})]))
  if (value !== undefined && value !== null) return goForm(field.type, value)
  if (field.pointer) return null
  if (field.type === 'string') return ''
  if (field.type === 'boolean') return false
  if (field.type === 'integer' || field.type === 'number') return 0
  const inner = builtInSchema.type(field.type)
  if (inner?.special === 'quantity') return '0'
  if (inner?.special === 'intOrString') return 0
  return inner === undefined || inner.special !== undefined ? null : goForm(field.type, {})
}

/** What differs between two values of a type, as Kubernetes shows it. */
export function innerDiff(typeName: string, before: unknown, after: unknown): string {
  return orderedDiff(goForm(typeName, before), goForm(typeName, after))
}

/** That a struct may not change, shown as Kubernetes shows it. */
export function immutableStruct(
  typeName: string,
  field: string,
  next: unknown,
  previous: unknown,
): readonly FieldError[] {
  if (sameJson(next ?? null, previous ?? null)) return []
  return [invalid(field, goForm(typeName, next), immutableText)]
}
