/** Arithmetic that never wraps around: what does not fit is an error. */
import { nanosOf, timestampOfNanos } from './time.ts'
import {
  CelError,
  Double,
  Duration,
  elementsOf,
  int64Max,
  int64Min,
  intOf,
  isInt,
  isList,
  ListValue,
  noSuchOverload,
  Timestamp,
  Uint,
  uint64Max,
  type Value,
} from './value.ts'

const intOverflow = new CelError('integer overflow')
const uintOverflow = new CelError('unsigned integer overflow')
const divisionByZero = new CelError('division by zero')
const modulusByZero = new CelError('modulus by zero')

/** Kubernetes: what cannot be the left side of an operator is told apart from what cannot be its right side. */
const noOperator = (operator: string) => new CelError(`no such overload: ${operator}`)
const noAdd = noOperator('_+_')
const noSubtract = noOperator('_-_')
const noMultiply = noOperator('_*_')
const noDivide = noOperator('_/_')
const noModulo = noOperator('_%_')
const noNegate = noOperator('-_')

const int64 = (value: bigint): Value => (value < int64Min || value > int64Max ? intOverflow : intOf(value))
const uint64 = (value: bigint): Value => (value < 0n || value > uint64Max ? uintOverflow : new Uint(value))
/** Kubernetes: a duration overflows as an int does. */
const duration64 = (value: bigint): Value => (value < int64Min || value > int64Max ? intOverflow : new Duration(value))

function concatBytes(left: Uint8Array, right: Uint8Array): Uint8Array {
  const whole = new Uint8Array(left.length + right.length)
  whole.set(left)
  whole.set(right, left.length)
  return whole
}

export function add(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right
    return Number.isSafeInteger(sum) ? sum : int64(BigInt(left) + BigInt(right))
  }
  if (typeof left === 'string') return typeof right === 'string' ? left + right : noSuchOverload
  if (isInt(left)) return isInt(right) ? int64(BigInt(left) + BigInt(right)) : noSuchOverload
  if (left instanceof Double) return right instanceof Double ? new Double(left.value + right.value) : noSuchOverload
  if (left instanceof Uint) return right instanceof Uint ? uint64(left.value + right.value) : noSuchOverload
  if (isList(left)) {
    if (!isList(right)) return noSuchOverload
    const special = left instanceof ListValue ? left.plus(right) : undefined
    return special ?? [...elementsOf(left), ...elementsOf(right)]
  }
  if (left instanceof Uint8Array) return right instanceof Uint8Array ? concatBytes(left, right) : noSuchOverload
  if (left instanceof Timestamp) {
    return right instanceof Duration
      ? timestampOfNanos(nanosOf(left) + right.nanos, left.offsetSeconds)
      : noSuchOverload
  }
  if (left instanceof Duration) {
    if (right instanceof Duration) return duration64(left.nanos + right.nanos)
    return right instanceof Timestamp
      ? timestampOfNanos(nanosOf(right) + left.nanos, right.offsetSeconds)
      : noSuchOverload
  }
  return noAdd
}

export function subtract(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right
    return Number.isSafeInteger(difference) ? difference : int64(BigInt(left) - BigInt(right))
  }
  if (isInt(left)) return isInt(right) ? int64(BigInt(left) - BigInt(right)) : noSuchOverload
  if (left instanceof Double) return right instanceof Double ? new Double(left.value - right.value) : noSuchOverload
  if (left instanceof Uint) return right instanceof Uint ? uint64(left.value - right.value) : noSuchOverload
  if (left instanceof Timestamp) {
    if (right instanceof Timestamp) return duration64(nanosOf(left) - nanosOf(right))
    return right instanceof Duration
      ? timestampOfNanos(nanosOf(left) - right.nanos, left.offsetSeconds)
      : noSuchOverload
  }
  if (left instanceof Duration) {
    return right instanceof Duration ? duration64(left.nanos - right.nanos) : noSuchOverload
  }
  return noSubtract
}

export function multiply(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right
    return Number.isSafeInteger(product) ? product + 0 : int64(BigInt(left) * BigInt(right))
  }
  if (isInt(left)) return isInt(right) ? int64(BigInt(left) * BigInt(right)) : noSuchOverload
  if (left instanceof Double) return right instanceof Double ? new Double(left.value * right.value) : noSuchOverload
  if (left instanceof Uint) return right instanceof Uint ? uint64(left.value * right.value) : noSuchOverload
  return noMultiply
}

export function divide(left: Value, right: Value): Value {
  if (isInt(left)) {
    if (!isInt(right)) return noSuchOverload
    if (right === 0) return divisionByZero
    return typeof left === 'number' && typeof right === 'number'
      ? Math.trunc(left / right) + 0
      : int64(BigInt(left) / BigInt(right))
  }
  if (left instanceof Double) return right instanceof Double ? new Double(left.value / right.value) : noSuchOverload
  if (left instanceof Uint) {
    if (!(right instanceof Uint)) return noSuchOverload
    return right.value === 0n ? divisionByZero : new Uint(left.value / right.value)
  }
  return noDivide
}

export function modulo(left: Value, right: Value): Value {
  if (isInt(left)) {
    if (!isInt(right)) return noSuchOverload
    if (right === 0) return modulusByZero
    if (typeof left === 'number' && typeof right === 'number') return (left % right) + 0
    // The one quotient that does not fit makes its remainder an error too.
    return BigInt(left) === int64Min && right === -1 ? intOverflow : intOf(BigInt(left) % BigInt(right))
  }
  if (left instanceof Uint) {
    if (!(right instanceof Uint)) return noSuchOverload
    return right.value === 0n ? modulusByZero : new Uint(left.value % right.value)
  }
  return noModulo
}

export function negate(value: Value): Value {
  if (typeof value === 'number') return 0 - value
  if (typeof value === 'bigint') return int64(-value)
  if (value instanceof Double) return new Double(-value.value)
  if (value instanceof Duration) return duration64(-value.nanos)
  return typeof value === 'boolean' ? noSuchOverload : noNegate
}
