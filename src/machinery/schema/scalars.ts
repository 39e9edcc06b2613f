import { durationText, parseDuration } from '../duration/duration.ts'
import { canonicalQuantity, parseQuantity, quantityText } from '../quantity/quantity.ts'
import type { Field, SpecialForm, TypeSchema } from './schema.ts'
import { normalMicroTime, normalTime } from './times.ts'
import { DecodeError, mismatch, type Trace, valueName } from './trace.ts'

/** Reads one JSON value that is not null. */
export type Read = (value: unknown, trace: Trace) => unknown

const int32Max = 2147483647
const inInt32 = (value: number): boolean => value <= int32Max && value >= -int32Max - 1
const inInt64 = (value: number): boolean => value <= 2 ** 63 && value >= -(2 ** 63)

function readString(goType: string): Read {
  return (value, trace) => {
    if (typeof value === 'string') return value
    throw mismatch(trace, valueName(value), goType)
  }
}
function readInteger(goType: string, fits: (value: number) => boolean): Read {
  return (value, trace) => {
    if (typeof value !== 'number') throw mismatch(trace, valueName(value), goType)
    if (!Number.isInteger(value) || !fits(value)) throw mismatch(trace, `number ${value}`, goType)
    return value === 0 ? 0 : value
  }
}
function readBoolean(goType: string): Read {
  return (value, trace) => {
    if (typeof value === 'boolean') return value
    throw mismatch(trace, valueName(value), goType)
  }
}
const readDouble: Read = (value, trace) => {
  if (typeof value === 'number') return value
  throw mismatch(trace, valueName(value), 'float64')
}

const canonicalBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const readBytes: Read = (value, trace) => {
  if (typeof value !== 'string') throw mismatch(trace, valueName(value), '[]uint8')
  if (canonicalBase64.test(value)) return withoutSpareBits(value)
  // Kubernetes: Go's decoder passes over line ends and nothing else.
  const joined = value.replaceAll(/[\r\n]/g, '')
  if (canonicalBase64.test(joined)) return withoutSpareBits(joined)
  throw new DecodeError(`illegal base64 data at input byte ${firstIllegal(value)}`)
}
const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** Zeroes the bits of the last character that stand for nothing, as decoding and encoding again does. */
function withoutSpareBits(text: string): string {
  if (!text.endsWith('=')) return text
  const spare = text.endsWith('==') ? 15 : 3
  const at = text.length - (spare === 15 ? 3 : 2)
  const code = base64Alphabet.indexOf(text[at]!)
  return (code & spare) === 0 ? text : text.slice(0, at) + base64Alphabet[code & ~spare] + text.slice(at + 1)
}
/** The byte Go's decoder complains about. */
function firstIllegal(text: string): number {
  let good = 0
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]!
    if (letter === '\r' || letter === '\n') continue
    if (letter === '=') {
      if (good % 4 < 2) return at
      const next = text.slice(at + 1).search(/[^\r\n]/)
      if (good % 4 === 3) return next < 0 ? at : at + 1 + next
      if (next < 0) return text.length
      return text[at + 1 + next] === '=' ? at + 2 + next : at + 1 + next
    }
    if (!base64Alphabet.includes(letter)) return at
    good += 1
  }
  // An unfinished group is reported where it began.
  return text.length - (good % 4)
}

const readTime: Read = (value) => {
  if (typeof value !== 'string') throw plainMismatch(value, 'string')
  return wrapped(() => normalTime(value))
}
const readMicroTime: Read = (value) => {
  if (typeof value !== 'string') throw plainMismatch(value, 'string')
  return wrapped(() => normalMicroTime(value))
}
const readDuration: Read = (value) => {
  if (typeof value !== 'string') throw plainMismatch(value, 'string')
  return wrapped(() => durationText(parseDuration(value)))
}
const readQuantity: Read = (value) => {
  const text =
    typeof value === 'string' ? value.trim() : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return wrapped(() => canonicalQuantity(text))
}
const needsRounding = /[nu]$|\.\d{4}|[eE]-/
/** Kubernetes: amounts of resources are rounded up to thousandths. */
export const readResourceQuantity: Read = (value, trace) => {
  const text = readQuantity(value, trace) as string
  if (!needsRounding.test(text)) return text
  const { nanos, format } = parseQuantity(text)
  const rest = nanos % 1_000_000n
  if (rest === 0n) return text
  return quantityText({ nanos: nanos - rest + (nanos > 0n ? 1_000_000n : 0n), format })
}
const readIntOrString: Read = (value) => {
  if (typeof value === 'string') return value
  if (typeof value !== 'number') throw plainMismatch(value, 'int32')
  if (!Number.isInteger(value) || !inInt32(value)) {
    throw new DecodeError(`json: cannot unmarshal number ${value} into Go value of type int32`)
  }
  return value
}
const plainMismatch = (value: unknown, goType: string): DecodeError =>
  new DecodeError(`json: cannot unmarshal ${valueName(value)} into Go value of type ${goType}`)

function wrapped(read: () => string): string {
  try {
    return read()
  } catch (error) {
    throw new DecodeError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** How JSON of a type that is no plain object is read; undefined for plain objects and the forms of JSON schemas. */
export const specialReads: Readonly<Partial<Record<SpecialForm, Read>>> = {
  time: readTime,
  microTime: readMicroTime,
  duration: readDuration,
  quantity: readQuantity,
  intOrString: readIntOrString,
  raw: (value) => value,
  json: (value) => value,
}

/** What a value that was never set is written as, for types that are no plain objects. */
export const specialZeros: Readonly<Partial<Record<SpecialForm, unknown>>> = {
  time: null,
  microTime: null,
  duration: '0s',
  quantity: '0',
  intOrString: 0,
  raw: null,
  json: null,
  strings: null,
}

/** The reader of a field's single value, when that is a scalar. */
export function scalarRead(field: Field): Read {
  const named = field.named
  if (field.type === 'string') return field.wire === 'bytes' ? readBytes : readString(named ?? 'string')
  if (field.type === 'boolean') return readBoolean(named ?? 'bool')
  if (field.type === 'number') return readDouble
  if (field.type === 'integer') {
    return field.wire === 'int32' ? readInteger(named ?? 'int32', inInt32) : readInteger(named ?? 'int64', inInt64)
  }
  return (value) => value
}

/** The zero of a scalar. */
export function scalarZero(field: Field): unknown {
  if (field.type === 'string') return field.wire === 'bytes' ? null : ''
  if (field.type === 'boolean') return false
  return field.type === 'integer' || field.type === 'number' ? 0 : null
}

/** The Go type of a field's value, as error texts print it. */
export function goTypeOf(field: Field, type: TypeSchema | undefined): string {
  const scalars: Readonly<Record<string, string>> = { boolean: 'bool', number: 'float64', any: 'interface {}' }
  const single =
    type?.goName ??
    (field.type === 'string'
      ? field.wire === 'bytes'
        ? '[]uint8'
        : (field.named ?? 'string')
      : field.type === 'integer'
        ? field.wire
        : (scalars[field.type] ?? field.type))
  if (field.map && field.mapKeyNamed === 'v1.ResourceName' && type?.special === 'quantity') return 'v1.ResourceList'
  if (field.map) return `map[${field.mapKeyNamed ?? 'string'}]${field.mapValueRepeated ? '[]' : ''}${single}`
  return field.repeated ? `[]${single}` : single
}
