/** Conversions between types: `int(x)`, `string(x)` and their like. */
import { CelType } from '../types/type.ts'
import { runtimeType } from './runtime-type.ts'
import { doubleText } from './text.ts'
import {
  durationText,
  timestampText,
  timestampWithin,
  tryDuration,
  tryTimestamp,
  unixSecondsMax,
  unixSecondsMin,
} from './time.ts'
import {
  CelError,
  Double,
  Duration,
  int64Max,
  int64Min,
  intOf,
  isInt,
  Timestamp,
  Uint,
  uint64Max,
  type Value,
} from './value.ts'

const overflow = new CelError('integer overflow')
const uintOverflow = new CelError('unsigned integer overflow')

function cannot(value: Value, target: string): CelError {
  return new CelError(`type conversion error from '${runtimeType(value).name}' to '${target}'`)
}

/** A whole number as Go reads it: digits with an optional sign. */
function tryWhole(text: string, pattern: RegExp): bigint | undefined {
  if (!pattern.test(text)) return undefined
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace('+', ''))
}

export function toInt(value: Value): Value {
  if (isInt(value)) return value
  if (value instanceof Uint) return value.value > int64Max ? overflow : intOf(value.value)
  if (value instanceof Double) {
    const number = value.value
    if (!Number.isFinite(number) || number <= -(2 ** 63) || number >= 2 ** 63) return overflow
    return intOf(BigInt(Math.trunc(number)))
  }
  if (value instanceof Timestamp) return value.seconds
  if (value instanceof Duration) return intOf(value.nanos)
  if (typeof value === 'string') {
    const whole = tryWhole(value, /^[+-]?\d+$/)
    return whole === undefined || whole < int64Min || whole > int64Max ? cannot(value, 'int') : intOf(whole)
  }
  return cannot(value, 'int')
}

export function toUint(value: Value): Value {
  if (value instanceof Uint) return value
  if (isInt(value)) return value < 0 ? uintOverflow : new Uint(BigInt(value))
  if (value instanceof Double) {
    const number = value.value
    if (!Number.isFinite(number) || number < 0 || number >= 2 ** 64) return uintOverflow
    return new Uint(BigInt(Math.trunc(number)))
  }
  if (typeof value === 'string') {
    const whole = tryWhole(value, /^\d+$/)
    return whole === undefined || whole > uint64Max ? cannot(value, 'uint') : new Uint(whole)
  }
  return cannot(value, 'uint')
}

const decimalNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const infinity = /^([+-]?)inf(?:inity)?$/i

const hexNumber = /^([+-]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d+)$/

function hexDouble([, sign = '', whole = '', fraction = '', exponent = '0']: RegExpExecArray): number | undefined {
  if (whole + fraction === '') return undefined
  const mantissa = Number(`0x${whole}${fraction}`)
  const number = mantissa * 2 ** (Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -number : number
}

/** A double as Go reads it, or undefined. */
export function tryDouble(text: string): number | undefined {
  const endless = infinity.exec(text)
  if (endless !== null) return endless[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^nan$/i.test(text)) return Number.NaN
  const plain = text.replace(/(?<=[\da-fA-F])_(?=[\da-fA-F])/g, '')
  const hex = hexNumber.exec(plain)
  if (hex !== null) return hexDouble(hex)
  if (!decimalNumber.test(plain)) return undefined
  const number = Number(plain)
  return Number.isFinite(number) ? number : undefined
}

export function toDouble(value: Value): Value {
  if (value instanceof Double) return value
  if (isInt(value)) return new Double(Number(value))
  if (value instanceof Uint) return new Double(Number(value.value))
  if (typeof value === 'string') {
    const number = tryDouble(value)
    return number === undefined ? cannot(value, 'double') : new Double(number)
  }
  return cannot(value, 'double')
}

const trueTexts = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const falseTexts = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])

export function toBool(value: Value): Value {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') {
    if (trueTexts.has(value)) return true
    if (falseTexts.has(value)) return false
  }
  return cannot(value, 'bool')
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

export function toText(value: Value): Value {
  if (typeof value === 'string') return value
  if (isInt(value) || typeof value === 'boolean') return String(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Double) return doubleText(value.value)
  if (value instanceof Timestamp) return timestampText(value)
  if (value instanceof Duration) return durationText(value)
  if (value instanceof CelType) return value.name
  if (value instanceof Uint8Array) {
    try {
      return decoder.decode(value)
    } catch {
      return new CelError('invalid UTF-8 in bytes, cannot convert to string')
    }
  }
  return cannot(value, 'string')
}

export function toBytes(value: Value): Value {
  if (value instanceof Uint8Array) return value
  return typeof value === 'string' ? encoder.encode(value) : cannot(value, 'bytes')
}

export function toTimestamp(value: Value): Value {
  if (value instanceof Timestamp) return value
  if (isInt(value))
    return value < unixSecondsMin || value > unixSecondsMax
      ? new CelError('timestamp overflow')
      : new Timestamp(Number(value), 0)
  if (typeof value === 'string') {
    const moment = tryTimestamp(value)
    return moment === undefined
      ? cannot(value, 'google.protobuf.Timestamp')
      : timestampWithin(moment.seconds, moment.nanos, moment.offsetSeconds)
  }
  return cannot(value, 'google.protobuf.Timestamp')
}

export function toDuration(value: Value): Value {
  if (value instanceof Duration) return value
  // Kubernetes: an int passes the checker here and never becomes a duration.
  if (typeof value === 'string') return tryDuration(value) ?? cannot(value, 'google.protobuf.Duration')
  return cannot(value, 'google.protobuf.Duration')
}
