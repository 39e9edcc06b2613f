/** `Object{…}`, `Object.spec{…}` and `JSONPatch{…}`: what expressions that change objects are made of. */
import {
  type CelError,
  type CelType,
  dynType,
  elementsOf,
  isList,
  jsonOf,
  MapValue,
  ObjectValue,
  type StructProvider,
  stringType,
  structType,
  type Value,
} from '../../../machinery/cel/index.ts'
import { sameJson } from '../../../machinery/index.ts'

export const objectType = structType('Object')
export const jsonPatchType = structType('JSONPatch')

/** A value made field by field. */
export class Literal extends ObjectValue {
  readonly type: CelType
  readonly fields: ReadonlyMap<string, Value>
  constructor(type: CelType, fields: ReadonlyMap<string, Value>) {
    super()
    this.type = type
    this.fields = fields
  }

  override field(name: string): Value | undefined {
    return this.fields.get(name)
  }

  override toJson(): Record<string, unknown> {
    return Object.fromEntries([...this.fields].map(([name, value]) => [name, jsonOf(value)]))
  }

  equals(other: Value): boolean | CelError {
    return other instanceof Literal && other.type.name === this.type.name && sameJson(this.toJson(), other.toJson())
  }
}

const patchFields: Readonly<Record<string, CelType>> = {
  op: stringType,
  path: stringType,
  from: stringType,
  value: dynType,
}

/** The types themselves. Any field may be given to an object: nothing is known of its schema. */
export const patchStructs: StructProvider = {
  find: (name) =>
    name === 'JSONPatch' || name === 'Object' || name.startsWith('Object.') ? structType(name) : undefined,
  fieldType: (name, field) => (name === 'JSONPatch' ? patchFields[field] : dynType),
  create: (name, fields) => new Literal(structType(name), fields),
}

/** What is wrong with the type names of an object's parts, which say where they belong. */
export function typeNameErrors(value: Value, path: string): readonly string[] {
  if (value instanceof Literal) {
    const found = value.type.name
    const errors = [...value.fields].flatMap(([name, field]) => typeNameErrors(field, `${path}.${name}`))
    if (found === path) return errors
    const text = `unexpected type name ${JSON.stringify(found)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`
    return [text, ...errors]
  }
  if (isList(value)) return elementsOf(value).flatMap((one) => typeNameErrors(one, path))
  if (value instanceof MapValue) return value.keys().flatMap((key) => typeNameErrors(value.find(key)!, path))
  return []
}
