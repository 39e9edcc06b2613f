import { parseDuration } from '../duration/duration.ts'
import type { Field, Schema, SpecialForm, TypeSchema } from '../schema/schema.ts'
import { instantOfTime } from '../schema/times.ts'
import { bytesOfBase64 } from './base64.ts'
import { BackwardWriter } from './writer.ts'

/** Writes the content of one message; the caller adds its length and tag. */
type WriteMessage = (value: any, writer: BackwardWriter) => void
type WriteField = (value: any, writer: BackwardWriter) => void

/** Encodes objects in their JSON form as Kubernetes' protobuf messages. */
export type Encode = (type: string, object: any) => Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
const [varintWire, fixed64Wire, bytesWire] = [0, 1, 2]

/** An encoder that compiles each type when it first meets it. */
export function createEncoder(schema: Schema): Encode {
  const messages = new Map<string, WriteMessage>()
  function messageOf(name: string): WriteMessage {
    const known = messages.get(name)
    if (known !== undefined) return known
    const type = schema.type(name)
    if (type === undefined) throw new Error(`no type ${name} in the schema`)
    let compiled: WriteMessage | undefined
    const write: WriteMessage = (value, writer) => {
      compiled ??= compile(type)
      compiled(value, writer)
    }
    messages.set(name, write)
    return write
  }
  function compile(type: TypeSchema): WriteMessage {
    if (type.special !== undefined) return specialWrite(type.special, type, messageOf)
    const writes = [...type.fields]
      .filter((field) => field.proto > 0)
      .sort((a, b) => b.proto - a.proto)
      .map((field) => ({ name: field.name, inline: field.inline, write: fieldWrite(field, schema, messageOf) }))
    return (value, writer) => {
      for (const { name, inline, write } of writes) write(inline ? value : value?.[name], writer)
    }
  }
  const writer = new BackwardWriter()
  return (type, object) => {
    messageOf(type)(object, writer)
    return writer.take()
  }
}

function tag(writer: BackwardWriter, proto: number, wire: number): void {
  writer.varint(proto * 8 + wire)
}
/** Adds the length of what was written since `before`, and the tag. */
function close(writer: BackwardWriter, before: number, proto: number): void {
  writer.varint(writer.length - before)
  tag(writer, proto, bytesWire)
}

/** Writes one field with its tag. Kubernetes: plain values are always written, pointers and lists only where set. */
function fieldWrite(field: Field, schema: Schema, messageOf: (name: string) => WriteMessage): WriteField {
  const single = singleWrite(field, schema, messageOf)
  const { proto } = field
  if (field.map)
    return mapWrite(
      field,
      field.mapValueRepeated ? wrapperWrite(2) : singleWrite({ ...field, proto: 2 }, schema, messageOf),
    )
  if (field.protoWrapper) {
    const write = wrapperWrite(proto)
    return (value, writer) => {
      if (value !== undefined && value !== null) write(value, writer)
    }
  }
  if (field.repeated) {
    return (value, writer) => {
      if (value === undefined || value === null) return
      for (let at = value.length - 1; at >= 0; at -= 1) single(value[at], writer)
    }
  }
  if (field.pointer || field.wire === 'bytes') {
    return (value, writer) => {
      if (value !== undefined && value !== null) single(value, writer)
    }
  }
  return single
}

/** Writes a single value with its tag; an absent one as its zero. */
function singleWrite(field: Field, schema: Schema, messageOf: (name: string) => WriteMessage): WriteField {
  const { proto } = field
  if (schema.type(field.type) !== undefined) {
    const message = messageOf(field.type)
    return (value, writer) => {
      const before = writer.length
      message(value, writer)
      close(writer, before, proto)
    }
  }
  if (field.wire === 'string') {
    return (value, writer) => {
      const before = writer.length
      writer.string(value ?? '')
      close(writer, before, proto)
    }
  }
  if (field.wire === 'bytes') {
    return (value, writer) => {
      const before = writer.length
      writer.bytes(bytesOfBase64(value ?? ''))
      close(writer, before, proto)
    }
  }
  if (field.wire === 'double') {
    return (value, writer) => {
      writer.double(value ?? 0)
      tag(writer, proto, fixed64Wire)
    }
  }
  if (field.wire === 'bool') {
    return (value, writer) => {
      writer.byte(value === true ? 1 : 0)
      tag(writer, proto, varintWire)
    }
  }
  return (value, writer) => {
    writer.integer(value ?? 0)
    tag(writer, proto, varintWire)
  }
}

/** A list of texts in a message of its own. */
function wrapperWrite(proto: number): WriteField {
  return (value, writer) => {
    const before = writer.length
    writeStrings(value ?? [], 1, writer)
    close(writer, before, proto)
  }
}
function writeStrings(values: readonly string[], proto: number, writer: BackwardWriter): void {
  for (let at = values.length - 1; at >= 0; at -= 1) {
    const before = writer.length
    writer.string(values[at]!)
    close(writer, before, proto)
  }
}

/** Entries sorted by key; each is a message with the key as its first field. */
function mapWrite(field: Field, writeValue: WriteField): WriteField {
  return (map, writer) => {
    if (map === undefined || map === null) return
    for (const key of Object.keys(map).sort().reverse()) {
      const before = writer.length
      const value = map[key]
      // Kubernetes: of all values only absent bytes are left out of an entry.
      if (field.wire !== 'bytes' || value !== null) writeValue(value, writer)
      const beforeKey = writer.length
      writer.string(key)
      close(writer, beforeKey, 1)
      close(writer, before, field.proto)
    }
  }
}

function writeInstant(writer: BackwardWriter, seconds: number, nanos: number): void {
  writer.integer(nanos)
  tag(writer, 2, varintWire)
  writer.integer(seconds)
  tag(writer, 1, varintWire)
}
function writeText(value: string, proto: number, writer: BackwardWriter): void {
  const before = writer.length
  writer.string(value)
  close(writer, before, proto)
}
function writeRaw(value: unknown, writer: BackwardWriter): void {
  const before = writer.length
  writer.bytes(encoder.encode(JSON.stringify(value)))
  close(writer, before, 1)
}
function writeIntOrString(value: number | string | undefined, writer: BackwardWriter): void {
  const isText = typeof value === 'string'
  writeText(isText ? value : '', 3, writer)
  writer.integer(isText ? 0 : (value ?? 0))
  tag(writer, 2, varintWire)
  writer.integer(isText ? 1 : 0)
  tag(writer, 1, varintWire)
}

/** Messages whose fields are not those of their JSON. */
function specialWrite(special: SpecialForm, type: TypeSchema, messageOf: (name: string) => WriteMessage): WriteMessage {
  switch (special) {
    case 'time':
    case 'microTime':
      return (value, writer) => {
        if (value === undefined || value === null) return
        const { seconds, nanos } = instantOfTime(value)
        writeInstant(writer, seconds, special === 'time' ? 0 : nanos - (nanos % 1000))
      }
    case 'duration':
      return (value, writer) => {
        writer.integer(Math.round(parseDuration(value ?? '0s') * 1e6))
        tag(writer, 1, varintWire)
      }
    case 'quantity':
      return (value, writer) => writeText(value ?? '0', 1, writer)
    case 'intOrString':
      return writeIntOrString
    case 'strings':
      return (value, writer) => writeStrings(value ?? [], 1, writer)
    case 'raw':
      return (value, writer) => {
        if (value !== undefined && value !== null) writeRaw(value, writer)
      }
    case 'json':
      return (value, writer) => writeRaw(value ?? null, writer)
    default:
      return schemaWrite(special, messageOf(type.name.replace(/Or\w+$/, '')))
  }
}

/** A JSON schema, or the list or truth value that may stand in its place. */
function schemaWrite(special: SpecialForm, schema: WriteMessage): WriteMessage {
  const writeSchema = (value: unknown, proto: number, writer: BackwardWriter) => {
    const before = writer.length
    schema(value, writer)
    close(writer, before, proto)
  }
  return (value, writer) => {
    if (special === 'schemaOrBool') {
      const isSchema = typeof value === 'object' && value !== null
      if (isSchema) writeSchema(value, 2, writer)
      writer.byte(isSchema || value === true ? 1 : 0)
      tag(writer, 1, varintWire)
    } else if (Array.isArray(value)) {
      if (special === 'schemaOrStrings') writeStrings(value, 2, writer)
      else for (let at = value.length - 1; at >= 0; at -= 1) writeSchema(value[at], 2, writer)
    } else if (value !== undefined && value !== null) writeSchema(value, 1, writer)
  }
}
