import {
  goTypeOf,
  type Read,
  readResourceQuantity,
  scalarRead,
  scalarZero,
  specialReads,
  specialZeros,
} from './scalars.ts'
import type { Field, Schema, TypeSchema } from './schema.ts'
import { createTrace, DecodeError, keptOf, mismatch, noteUnknown, type Taken, type Trace, valueName } from './trace.ts'

/** An object in the form Kubernetes would write it, and what strict decoding has to say about it. */
export interface Decoded {
  readonly object: any
  /** `unknown field "spec.foo"`, in the order of the document. */
  readonly findings: readonly string[]
  /** What the object has in common with one that was decoded before. */
  readonly taken?: readonly Taken[]
}
/** Decodes JSON values of any type of one schema. */
export interface Decoder {
  /**
   * Normalises as decoding into Go's structs and encoding again does. Throws DecodeError with Go's text. Parts that `known`, an
   * object of the type that was decoded before, has in the same place (the very same, not equal ones) are taken over as they are.
   */
  decode(type: string, json: unknown, known?: unknown): Decoded
  /** The object of a type in which nothing is set. */
  zero(type: string): any
}

interface Struct {
  readonly read: Read
  readonly zero: () => unknown
}
const drop = undefined
type EmptyMembers = Readonly<Record<string, object>>
const emptyList: object = Object.freeze([])
const emptyMap: object = Object.freeze({})
/** Which lists and maps of an object were given empty. */
const emptyMembers = new WeakMap<object, EmptyMembers>()

/**
 * The empty list or map that a member, which is absent, was given as. It is known of an object as it was decoded and of copies that say
 * so; it is not stored, nor part of the object.
 */
export function givenEmpty(object: unknown, member: string): object | undefined {
  const members = typeof object === 'object' && object !== null ? emptyMembers.get(object) : undefined
  return members !== undefined && Object.hasOwn(members, member) ? members[member] : undefined
}
/** The copy, of which is known now what is known of the original. */
export function copyOf<T extends object>(original: object, copy: T): T {
  const members = emptyMembers.get(original)
  if (members !== undefined) emptyMembers.set(copy, members)
  return copy
}

/** A decoder that compiles each type when it first meets it. */
export function createDecoder(schema: Schema): Decoder {
  const structs = new Map<string, Struct>()
  function structOf(name: string): Struct {
    const known = structs.get(name)
    if (known !== undefined) return known
    const type = schema.type(name)
    if (type === undefined) throw new Error(`no type ${name} in the schema`)
    // Types may contain themselves, so the entry exists before its fields are compiled.
    const later: { read: Read; zero: () => unknown } = {
      read: (value, trace) => {
        Object.assign(later, compile(type))
        return later.read(value, trace)
      },
      zero: () => {
        Object.assign(later, compile(type))
        return later.zero()
      },
    }
    structs.set(name, later)
    return later
  }
  const compile = (type: TypeSchema): Struct => compileType(type, schema, structOf)
  return {
    decode(name, json, known) {
      const trace = createTrace()
      trace.known = known
      if (json === null || json === undefined) return { object: structOf(name).zero(), findings: [] }
      try {
        const object = structOf(name).read(json, trace)
        const { findings, taken } = trace
        return taken === undefined ? { object, findings } : { object, findings, taken }
      } catch (error) {
        if (error instanceof RangeError) throw new DecodeError('exceeded max depth', { cause: error })
        throw error
      }
    },
    zero: (name) => structOf(name).zero(),
  }
}

function compileType(type: TypeSchema, schema: Schema, structOf: (name: string) => Struct): Struct {
  const special = type.special
  if (special === 'schemaOrArray' || special === 'schemaOrBool' || special === 'schemaOrStrings') {
    return schemaUnion(special, structOf(type.name.replace(/Or\w+$/, '')))
  }
  if (special === 'strings') {
    const field = { type: 'string', wire: 'string' } as Field
    return { read: listRead(scalarRead(field), () => '', `[]string`), zero: () => null }
  }
  const read = special === undefined ? undefined : specialReads[special]
  if (special !== undefined && read !== undefined) return { read, zero: () => specialZeros[special] }
  return objectStruct(type, schema, structOf)
}

/** A plain object: fields in the order the type declares them, as Go writes them. */
function objectStruct(type: TypeSchema, schema: Schema, structOf: (name: string) => Struct): Struct {
  const fields = type.jsonFields
  const meta = type.typeMeta && type.field('kind') === undefined ? ['kind', 'apiVersion'] : []
  const names = [...meta, ...fields.map((field) => field.name)]
  const metaRead: Read = (value, trace) => {
    if (typeof value !== 'string') throw mismatch(trace, valueName(value), 'string')
    return value === '' ? drop : value
  }
  const reads: Read[] = [...meta.map(() => metaRead), ...fields.map((field) => fieldRead(field, schema, structOf))]
  const zeros = [...meta.map(() => drop), ...fields.map((field) => fieldZero(field, schema, structOf))]
  const places = new Map(names.map((name, place) => [name, place]))
  const count = names.length
  const { shortName, goName } = type

  function read(value: unknown, trace: Trace): unknown {
    if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(trace, valueName(value), goName)
    const outer = trace.struct
    const depth = trace.path.length
    trace.struct = shortName
    const slots: unknown[] = new Array(count)
    const source = value as Record<string, unknown>
    const known = trace.known as Record<string, unknown> | undefined
    let empties: Record<string, object> | undefined
    let taken: string[] | undefined
    for (const key in source) {
      trace.path[depth] = key
      const place = places.get(key)
      if (place === undefined) noteUnknown(trace)
      else {
        const member = source[key]
        if (member === null || member === undefined) continue
        if (known !== undefined && typeof member === 'object') {
          if (known[key] === member) {
            slots[place] = member
            taken ??= []
            taken.push(key)
            continue
          }
          trace.known = known[key] ?? undefined
        }
        slots[place] = reads[place]!(member, trace)
        trace.known = undefined
        if (slots[place] === undefined && typeof member === 'object') {
          empties ??= {}
          empties[key] = Array.isArray(member) ? emptyList : emptyMap
        }
      }
    }
    trace.path.length = depth
    trace.struct = outer
    const object = build(slots)
    if (empties !== undefined) emptyMembers.set(object, empties)
    if (taken !== undefined) {
      trace.taken ??= []
      for (const name of taken) trace.taken.push({ in: object, name })
    }
    return object
  }
  function build(slots: readonly unknown[]): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    for (let place = 0; place < count; place += 1) {
      const slot = slots[place]
      if (slot !== undefined) object[names[place]!] = slot
      else {
        const zero = zeros[place]
        if (zero !== undefined) object[names[place]!] = zero()
      }
    }
    return object
  }
  return { read, zero: () => build([]) }
}

/** How a field that is present is read; undefined where Go would leave the value out. */
function fieldRead(field: Field, schema: Schema, structOf: (name: string) => Struct): Read {
  const type = schema.type(field.type)
  const goType = goTypeOf(field, type)
  const struct = type === undefined ? undefined : structOf(type.name)
  let single = struct === undefined ? scalarRead(field) : (value: unknown, trace: Trace) => struct.read(value, trace)
  const singleZero = struct === undefined ? () => scalarZero(field) : () => struct.zero()
  if (field.map) {
    if (type?.special === 'quantity' && field.mapKeyNamed === 'v1.ResourceName') single = readResourceQuantity
    if (field.mapValueRepeated) return mapRead(listRead(single, singleZero, goType), () => null, goType)
    return mapRead(single, singleZero, goType)
  }
  if (field.repeated) return listRead(single, singleZero, goType)
  if (field.pointer || struct !== undefined || !field.omitempty) return single
  return (value, trace) => {
    const read = single(value, trace)
    return read === '' || read === 0 || read === false ? drop : read
  }
}

/** What stands for a field that is absent; undefined where Go would leave it out. */
function fieldZero(field: Field, schema: Schema, structOf: (name: string) => Struct): (() => unknown) | undefined {
  if (field.map || field.repeated) return field.omitempty ? drop : () => null
  const type = schema.type(field.type)
  if (field.pointer) return field.omitempty ? drop : () => null
  if (type === undefined) return field.omitempty ? drop : () => scalarZero(field)
  if (field.omitzero) return drop
  // Kubernetes: omitempty means nothing on a struct, so `status: {}` is always written.
  if (type.special === 'raw' && type.shortName === 'FieldsV1' && field.omitempty) return drop
  const struct = structOf(type.name)
  return () => struct.zero()
}

/** Kubernetes: an empty list is the same as none once it has been stored, so it is dropped or null like one. */
function listRead(item: Read, zero: () => unknown, goType: string): Read {
  return (value, trace) => {
    if (!Array.isArray(value)) throw mismatch(trace, valueName(value), goType)
    const count = value.length
    if (count === 0) return drop
    const before = (Array.isArray(trace.known) ? trace.known : []) as readonly unknown[]
    const kept = before.length === 0 ? [] : keptOf(value, before)
    const depth = trace.path.length
    const list = new Array(count)
    for (let index = 0; index < count; index += 1) {
      const member = value[index]
      if (kept[index] === true) {
        list[index] = member
        trace.taken ??= []
        trace.taken.push({ in: list as unknown as Taken['in'], name: index })
        continue
      }
      trace.path[depth] = index
      trace.known = before[index] ?? undefined
      list[index] = member === null ? zero() : item(member, trace)
    }
    trace.known = undefined
    trace.path.length = depth
    return list
  }
}

/** Keys come out sorted, as Go writes maps. */
function mapRead(item: Read, zero: () => unknown, goType: string): Read {
  return (value, trace) => {
    if (typeof value !== 'object' || Array.isArray(value)) throw mismatch(trace, valueName(value), goType)
    const source = value as Record<string, unknown>
    const keys = Object.keys(source)
    if (keys.length === 0) return drop
    for (let at = 1; at < keys.length; at += 1) {
      if (keys[at]! < keys[at - 1]!) {
        keys.sort()
        break
      }
    }
    trace.known = undefined
    const depth = trace.path.length
    trace.mapKeys.push(depth)
    const map: Record<string, unknown> = {}
    for (const key of keys) {
      trace.path[depth] = key
      const member = source[key]
      const read = member === null ? zero() : (item(member, trace) ?? zero())
      if (key === '__proto__')
        Object.defineProperty(map, key, { value: read, enumerable: true, configurable: true, writable: true })
      else map[key] = read
    }
    trace.mapKeys.pop()
    trace.path.length = depth
    return map
  }
}

/** The three places where a JSON schema may also be a list, a truth value or names. */
function schemaUnion(special: 'schemaOrArray' | 'schemaOrBool' | 'schemaOrStrings', one: Struct): Struct {
  const list = special === 'schemaOrStrings' ? scalarRead({ type: 'string', wire: 'string' } as Field) : one.read
  const listZero = special === 'schemaOrStrings' ? () => '' : one.zero
  const items = listRead(
    (value, trace) => (special === 'schemaOrStrings' ? list(value, trace) : one.read(value, trace)),
    listZero,
    '[]',
  )
  const zero = () => (special === 'schemaOrBool' ? false : null)
  return {
    zero,
    read(value, trace) {
      if (special === 'schemaOrBool' && typeof value === 'boolean') return value
      if (special !== 'schemaOrBool' && Array.isArray(value)) return items(value, trace)
      if (typeof value === 'object' && !Array.isArray(value)) return one.read(value, trace)
      if (special === 'schemaOrBool') throw mismatch(trace, valueName(value), 'bool')
      // Unlike Kubernetes, which would write null: what is neither a schema nor a list stands for none.
      return drop
    },
  }
}
