import { BackwardWriter } from '../../machinery/index.ts'

/**
 * The older form as protobuf: the messages of gnostic's OpenAPIv2, by field number.
 * A field is a scalar, `any` (kept as YAML text), a message, or `named` for a map written as names and values.
 */
type Kind = 'string' | 'boolean' | 'integer' | 'double' | 'strings' | 'any' | 'anys'
interface MessageField {
  readonly number: number
  readonly kind:
    | Kind
    | Message
    | { readonly list: Write }
    | { readonly named: Message | 'any' }
    | { readonly write: Write }
}
interface Message {
  readonly fields: Readonly<Record<string, MessageField>>
  /** Where members that begin with `x-` go. */
  readonly extensions?: number
}
type Write = (value: any, writer: BackwardWriter) => void

const encoder = new TextEncoder()
function close(writer: BackwardWriter, before: number, number: number): void {
  writer.varint(writer.length - before)
  writer.varint(number * 8 + 2)
}
function writeText(text: string, number: number, writer: BackwardWriter): void {
  const before = writer.length
  writer.bytes(encoder.encode(text))
  close(writer, before, number)
}
/** Any: JSON is YAML, so the value's JSON will do. */
function writeAny(value: unknown, number: number, writer: BackwardWriter): void {
  const before = writer.length
  writeText(`${JSON.stringify(value)}\n`, 2, writer)
  close(writer, before, number)
}
function writeInner(write: Write, value: unknown, number: number, writer: BackwardWriter): void {
  const before = writer.length
  write(value, writer)
  close(writer, before, number)
}

const integer = (number: number): MessageField => ({ number, kind: 'integer' })
const double = (number: number): MessageField => ({ number, kind: 'double' })
const string = (number: number): MessageField => ({ number, kind: 'string' })
const strings = (number: number): MessageField => ({ number, kind: 'strings' })
const boolean = (number: number): MessageField => ({ number, kind: 'boolean' })

/** Writes a message's fields, the highest number first, since the writer goes backwards. */
function writeMessage(message: Message, value: any, writer: BackwardWriter): void {
  const extensions = Object.keys(value).filter((key) => key.startsWith('x-'))
  const entries = Object.entries(message.fields)
    .filter(([name]) => value[name] !== undefined)
    .sort(([, a], [, b]) => b.number - a.number)
  let written = message.extensions === undefined || extensions.length === 0
  const flush = () => {
    written = true
    for (const key of extensions.reverse())
      writeNamed(key, (inner) => writeAny(value[key], 2, inner), message.extensions!, writer)
  }
  for (const [name, field] of entries) {
    if (!written && field.number < message.extensions!) flush()
    writeField(field, value[name], writer)
  }
  if (!written) flush()
}
function writeNamed(
  name: string,
  write: (writer: BackwardWriter) => void,
  number: number,
  writer: BackwardWriter,
): void {
  const before = writer.length
  write(writer)
  writeText(name, 1, writer)
  close(writer, before, number)
}

function writeField({ number, kind }: MessageField, value: any, writer: BackwardWriter): void {
  if (typeof kind === 'string') writeScalar(kind, number, value, writer)
  else if ('write' in kind) writeInner(kind.write, value, number, writer)
  else if ('list' in kind) for (const item of [...value].reverse()) writeInner(kind.list, item, number, writer)
  else if ('named' in kind) writeInner((map, into) => writeMap(map, kind.named, 1, into), value, number, writer)
  else writeInner((one, into) => writeMessage(kind, one, into), value, number, writer)
}
function writeMap(
  map: Readonly<Record<string, any>>,
  of: Message | 'any',
  number: number,
  writer: BackwardWriter,
): void {
  for (const name of Object.keys(map).reverse()) {
    const value = map[name]
    writeNamed(
      name,
      (into) =>
        of === 'any'
          ? writeAny(value, 2, into)
          : writeInner((one, inner) => writeMessage(of, one, inner), value, 2, into),
      number,
      writer,
    )
  }
}
function writeScalar(kind: Kind, number: number, value: any, writer: BackwardWriter): void {
  if (kind === 'string') writeText(value, number, writer)
  else if (kind === 'any') writeAny(value, number, writer)
  else if (kind === 'strings') for (const text of [...value].reverse()) writeText(text, number, writer)
  else if (kind === 'anys') for (const one of [...value].reverse()) writeAny(one, number, writer)
  else if (kind === 'double') {
    writer.double(value)
    writer.varint(number * 8 + 1)
  } else if (value !== false && value !== 0) {
    writer.integer(kind === 'boolean' ? 1 : value)
    writer.varint(number * 8)
  }
}

const schemaFields: Record<string, MessageField> = {}
const schema: Message = { fields: schemaFields, extensions: 31 }
Object.assign(schemaFields, {
  $ref: string(1),
  format: string(2),
  title: string(3),
  description: string(4),
  default: { number: 5, kind: 'any' },
  multipleOf: double(6),
  maximum: double(7),
  exclusiveMaximum: boolean(8),
  minimum: double(9),
  exclusiveMinimum: boolean(10),
  maxLength: integer(11),
  minLength: integer(12),
  pattern: string(13),
  maxItems: integer(14),
  minItems: integer(15),
  uniqueItems: boolean(16),
  maxProperties: integer(17),
  minProperties: integer(18),
  required: strings(19),
  enum: { number: 20, kind: 'anys' },
  additionalProperties: {
    number: 21,
    kind: {
      write: (value: any, writer: BackwardWriter) => {
        if (typeof value === 'boolean') {
          writer.byte(value ? 1 : 0)
          writer.varint(2 * 8)
        } else writeInner((one, into) => writeMessage(schema, one, into), value, 1, writer)
      },
    },
  },
  type: { number: 22, kind: { write: (value: string, writer: BackwardWriter) => writeText(value, 1, writer) } },
  items: {
    number: 23,
    kind: {
      write: (value: any, writer: BackwardWriter) =>
        writeInner((one, into) => writeMessage(schema, one, into), value, 1, writer),
    },
  },
  properties: { number: 25, kind: { named: schema } },
} satisfies Record<string, MessageField>)

const bodyParameter: Message = {
  fields: {
    description: string(1),
    name: string(2),
    in: string(3),
    required: boolean(4),
    schema: { number: 5, kind: schema },
  },
}
const pathParameter: Message = {
  fields: {
    required: boolean(1),
    in: string(2),
    description: string(3),
    name: string(4),
    type: string(5),
    uniqueItems: boolean(19),
  },
}
const queryParameter: Message = {
  fields: {
    required: boolean(1),
    in: string(2),
    description: string(3),
    name: string(4),
    type: string(6),
    uniqueItems: boolean(20),
  },
}
/** ParametersItem, around Parameter, around the kind of parameter it is. */
const parameterItem: Write = (value, writer) =>
  writeInner(
    (parameter, into) => {
      if (parameter.in === 'body')
        writeInner((one, inner) => writeMessage(bodyParameter, one, inner), parameter, 1, into)
      else {
        writeInner(
          (plain, inner) => {
            const [message, number] =
              plain.in === 'path' ? ([pathParameter, 4] as const) : ([queryParameter, 3] as const)
            writeInner((one, deepest) => writeMessage(message, one, deepest), plain, number, inner)
          },
          parameter,
          2,
          into,
        )
      }
    },
    value,
    1,
    writer,
  )
const response: Message = {
  fields: {
    description: string(1),
    schema: {
      number: 2,
      kind: { write: (value, writer) => writeInner((one, into) => writeMessage(schema, one, into), value, 1, writer) },
    },
  },
}
/** Responses: each code with a ResponseValue that is a Response. */
const responses: Write = (value, writer) => {
  for (const code of Object.keys(value).reverse()) {
    writeNamed(
      code,
      (into) =>
        writeInner(
          (one, inner) => writeInner((answer, deepest) => writeMessage(response, answer, deepest), one, 1, inner),
          value[code],
          2,
          into,
        ),
      1,
      writer,
    )
  }
}
const operation: Message = {
  fields: {
    tags: strings(1),
    description: string(3),
    operationId: string(5),
    produces: strings(6),
    consumes: strings(7),
    parameters: { number: 8, kind: { list: parameterItem } },
    responses: { number: 9, kind: { write: responses } },
    schemes: strings(10),
  },
  extensions: 13,
}
const pathItem: Message = {
  fields: {
    get: { number: 2, kind: operation },
    put: { number: 3, kind: operation },
    post: { number: 4, kind: operation },
    delete: { number: 5, kind: operation },
    options: { number: 6, kind: operation },
    head: { number: 7, kind: operation },
    patch: { number: 8, kind: operation },
    parameters: { number: 9, kind: { list: parameterItem } },
  },
}

/** The named paths of a Paths message: such pieces may be joined. */
export function encodePaths(paths: Readonly<Record<string, object>>): Uint8Array<ArrayBuffer> {
  const writer = new BackwardWriter()
  writeMap(paths, pathItem, 2, writer)
  return writer.take()
}
/** The named schemas of a Definitions message: such pieces may be joined. */
export function encodeDefinitions(definitions: Readonly<Record<string, object>>): Uint8Array<ArrayBuffer> {
  const writer = new BackwardWriter()
  writeMap(definitions, schema, 1, writer)
  return writer.take()
}
/** A Document of joined pieces. */
export function encodeDocument(
  info: { readonly title: string; readonly version: string },
  paths: Uint8Array,
  definitions: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const writer = new BackwardWriter()
  // SecurityDefinitions: bearer tokens in the authorization header; Security: they are what is asked for.
  const token = { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer Token authentication' }
  const apiKey: Message = { fields: { type: string(1), name: string(2), in: string(3), description: string(4) } }
  writeInner(
    (_value, into) =>
      writeNamed(
        'BearerToken',
        (inner) =>
          writeInner(
            (_one, deep) => writeInner((one, deepest) => writeMessage(apiKey, one, deepest), token, 2, deep),
            token,
            2,
            inner,
          ),
        1,
        into,
      ),
    token,
    13,
    writer,
  )
  writeInner(
    (_value, into) => writeNamed('BearerToken', (inner) => writeInner(() => {}, null, 2, inner), 1, into),
    null,
    12,
    writer,
  )
  writeInner((value, into) => into.bytes(value), definitions, 9, writer)
  writeInner((value, into) => into.bytes(value), paths, 8, writer)
  writeInner(
    (value, into) => writeMessage({ fields: { title: string(1), version: string(2) } }, value, into),
    info,
    2,
    writer,
  )
  writeText('2.0', 1, writer)
  return writer.take()
}
