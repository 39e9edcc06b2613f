import { durationText } from '../duration/duration.ts'
import { JsonSyntaxError, parseJsonStrict } from '../json/parse.ts'
import { createDecoder } from '../schema/decode.ts'
import type { Field, Schema, SpecialForm, TypeSchema } from '../schema/schema.ts'
import { microTimeText, timeText } from '../schema/times.ts'
import { base64Of } from './base64.ts'
import { ProtobufError, Reader } from './reader.ts'

/** Turns protobuf messages into objects in their JSON form, normalised as decoding JSON normalises. */
export type Decode = (type: string, bytes: Uint8Array) => any

/** Reads a message into an object that may already hold members. */
type ReadInto = (reader: Reader, object: any) => any
type ReadValue = (reader: Reader) => any
/** What a raw value is that is not JSON: an object within an envelope of its own. */
export type ReadEnvelope = (bytes: Uint8Array) => any

/** Messages nested deeper are refused, as JSON is. */
const depthMax = 1000

/** A decoder that compiles each type when it first meets it. */
export function createProtobufDecoder(schema: Schema, readEnvelope: ReadEnvelope): Decode {
  const messages = new Map<string, ReadInto>()
  let depth = 0
  function messageOf(name: string): ReadInto {
    const known = messages.get(name)
    if (known !== undefined) return known
    const type = schema.type(name)
    if (type === undefined) throw new Error(`no type ${name} in the schema`)
    let compiled: ReadInto | undefined
    const read: ReadInto = (reader, object) => {
      compiled ??=
        type.special === undefined ? objectRead(type, schema, messageOf) : specialRead(type, messageOf, readEnvelope)
      depth += 1
      if (depth > depthMax) throw new ProtobufError('exceeded max depth')
      const result = compiled(reader, object)
      depth -= 1
      return result
    }
    messages.set(name, read)
    return read
  }
  const normal = createDecoder(schema)
  return (type, bytes) => {
    depth = 0
    return normal.decode(type, messageOf(type)(new Reader(bytes), {})).object
  }
}

function objectRead(type: TypeSchema, schema: Schema, messageOf: (name: string) => ReadInto): ReadInto {
  const reads: (((reader: Reader, object: any, wire: number) => void) | undefined)[] = []
  for (const field of type.fields) if (field.proto > 0) reads[field.proto] = fieldRead(field, schema, messageOf)
  return (reader, object) => {
    while (!reader.done) {
      const tag = reader.varint()
      const read = reads[Math.floor(tag / 8)]
      if (read === undefined) reader.skip(tag % 8)
      else read(reader, object, tag % 8)
    }
    return object
  }
}

function fieldRead(
  field: Field,
  schema: Schema,
  messageOf: (name: string) => ReadInto,
): (reader: Reader, object: any, wire: number) => void {
  const { name } = field
  const wireWanted = field.map || field.protoWrapper ? 2 : wireOf(field)
  if (field.inline) {
    const message = messageOf(field.type)
    return (reader, object) => {
      message(reader.message(), object)
    }
  }
  const value = valueRead(field, schema, messageOf)
  if (field.map) {
    const entryValue: ReadValue = field.mapValueRepeated ? (reader) => readStrings(reader.message()) : value
    return (reader, object) => {
      object[name] ??= {}
      readEntry(reader.message(), object[name], field, entryValue)
    }
  }
  if (field.protoWrapper) {
    return (reader, object) => {
      object[name] = readStrings(reader.message())
    }
  }
  if (field.repeated) {
    return (reader, object, wire) => {
      object[name] ??= []
      if (wire === wireWanted) object[name].push(value(reader))
      else if (wire === 2) for (const packed = reader.message(); !packed.done; ) object[name].push(value(packed))
      else throw new ProtobufError(`proto: wrong wireType = ${wire} for field ${name}`)
    }
  }
  return (reader, object, wire) => {
    if (wire !== wireWanted) throw new ProtobufError(`proto: wrong wireType = ${wire} for field ${name}`)
    object[name] = value(reader)
  }
}

const wireOf = ({ wire }: Field): number =>
  wire === 'double' ? 1 : wire === 'string' || wire === 'bytes' || wire === 'message' ? 2 : 0

function valueRead(field: Field, schema: Schema, messageOf: (name: string) => ReadInto): ReadValue {
  if (schema.type(field.type) !== undefined) {
    const message = messageOf(field.type)
    return (reader) => message(reader.message(), {})
  }
  switch (field.wire) {
    case 'string':
      return (reader) => reader.string()
    case 'bytes':
      return (reader) => base64Of(reader.bytes())
    case 'bool':
      return (reader) => reader.varint() !== 0
    case 'double':
      return (reader) => reader.double()
    case 'int32':
      // An int32 below zero travels as an int64, so its upper half says nothing.
      return (reader) => reader.integer() | 0
    default:
      return (reader) => reader.integer()
  }
}

function readEntry(reader: Reader, map: any, field: Field, value: ReadValue): void {
  let key = ''
  let read: unknown = null
  while (!reader.done) {
    const tag = reader.varint()
    if (tag === 10) key = reader.string()
    else if (Math.floor(tag / 8) === 2) read = value(reader)
    else reader.skip(tag % 8)
  }
  if (read === null && field.type === 'string' && field.wire === 'string') read = ''
  Object.defineProperty(map, key, { value: read, enumerable: true, configurable: true, writable: true })
}
function readStrings(reader: Reader): string[] {
  const values: string[] = []
  while (!reader.done) {
    const tag = reader.varint()
    if (tag === 10) values.push(reader.string())
    else reader.skip(tag % 8)
  }
  return values
}

/** The numbered values of a small message; what comes last counts. */
function readMembers(reader: Reader, read: Readonly<Record<number, ReadValue>>): any[] {
  const members: any[] = []
  while (!reader.done) {
    const tag = reader.varint()
    const member = read[Math.floor(tag / 8)]
    if (member === undefined) reader.skip(tag % 8)
    else members[Math.floor(tag / 8)] = member(reader)
  }
  return members
}
const integer: ReadValue = (reader) => reader.integer()
const text: ReadValue = (reader) => reader.string()
const magic = [0x6b, 0x38, 0x73, 0]

function readRaw(reader: Reader, readEnvelope: ReadEnvelope): unknown {
  const raw = readMembers(reader, { 1: (inner) => inner.bytes() })[1] as Uint8Array | undefined
  if (raw === undefined || raw.length === 0) return null
  if (magic.every((byte, at) => raw[at] === byte)) return readEnvelope(raw)
  return jsonWithin(raw)
}

/** The JSON that a message carries as bytes. Throws ProtobufError. */
export function jsonWithin(bytes: Uint8Array): any {
  try {
    return parseJsonStrict(bytes).value
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new ProtobufError(error.message, { cause: error })
    throw error
  }
}

function specialRead(type: TypeSchema, messageOf: (name: string) => ReadInto, readEnvelope: ReadEnvelope): ReadInto {
  const special: SpecialForm = type.special!
  switch (special) {
    case 'time':
    case 'microTime':
      return (reader) => {
        // Kubernetes: an empty message is the time that was never set.
        if (reader.done) return null
        const [, seconds = 0, nanos = 0] = readMembers(reader, { 1: integer, 2: integer })
        return special === 'time' ? timeText(seconds) : microTimeText({ seconds, nanos })
      }
    case 'duration':
      return (reader) => durationText((readMembers(reader, { 1: integer })[1] ?? 0) / 1e6)
    case 'quantity':
      return (reader) => readMembers(reader, { 1: text })[1] ?? '0'
    case 'intOrString':
      return (reader) => {
        const [, kind = 0, number = 0, string = ''] = readMembers(reader, { 1: integer, 2: integer, 3: text })
        return kind === 1 ? string : number
      }
    case 'strings':
      return (reader) => readStrings(reader)
    case 'raw':
    case 'json':
      return (reader) => readRaw(reader, readEnvelope)
    default:
      return schemaRead(special, messageOf(type.name.replace(/Or\w+$/, '')))
  }
}

function schemaRead(special: SpecialForm, schema: ReadInto): ReadInto {
  const one: ReadValue = (reader) => schema(reader.message(), {})
  if (special === 'schemaOrBool') {
    return (reader) => {
      const [, allows = 0, only] = readMembers(reader, { 1: integer, 2: one })
      return only ?? allows !== 0
    }
  }
  return (reader) => {
    const list: unknown[] = []
    const item: ReadValue = special === 'schemaOrStrings' ? text : one
    const [, only] = readMembers(reader, { 1: one, 2: (inner) => list.push(item(inner)) })
    return list.length > 0 ? list : (only ?? null)
  }
}
