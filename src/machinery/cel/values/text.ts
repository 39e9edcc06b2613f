/** How a value appears inside an error message. */
import { CelType } from '../types/type.ts'
import { durationText, timestampText } from './time.ts'
import {
  CelError,
  Double,
  Duration,
  elementsOf,
  isList,
  MapValue,
  ObjectValue,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from './value.ts'

/** A double as `%g` prints it. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  if (Object.is(value, -0)) return '-0'
  if (value === 0) return '0'
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 6) {
    const digits = Math.abs(power).toString().padStart(2, '0')
    return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`
  }
  return plainDouble(value)
}

/** A double without an exponent, with as many digits as are needed. */
export function plainDouble(value: number): string {
  const text = String(value)
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (match === null) return text
  const [, sign = '', head = '', tail = '', exponent = '0'] = match
  const power = Number(exponent)
  const digits = head + tail
  if (power >= 0) return `${sign}${digits.padEnd(power + 1, '0')}`
  return `${sign}0.${'0'.repeat(-power - 1)}${digits}`
}

/** A value as Go's `%v` prints it. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null) return 'null'
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Double) return doubleText(value.value)
  if (value instanceof Timestamp) return timestampText(value)
  if (value instanceof Duration) return durationText(value)
  if (value instanceof Optional)
    return value.value === undefined ? 'optional.none()' : `optional(${textOf(value.value)})`
  if (value instanceof CelError) return value.message
  if (value instanceof CelType) return value.name
  if (value instanceof Uint8Array) return `[${[...value].join(' ')}]`
  if (isList(value)) return `[${elementsOf(value).map(textOf).join(', ')}]`
  if (value instanceof MapValue) {
    return `{${value
      .keys()
      .map((key) => `${textOf(key)}: ${textOf(value.find(key)!)}`)
      .join(', ')}}`
  }
  return value instanceof ObjectValue ? value.type.name : ''
}
