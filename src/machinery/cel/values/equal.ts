/** Equality and order, across the kinds of numbers. */
import { CelType } from '../types/type.ts'
import {
  CelError,
  Double,
  Duration,
  elementAt,
  isInt,
  isList,
  ListValue,
  MapValue,
  noSuchOverload,
  ObjectValue,
  Optional,
  sizeOfList,
  Timestamp,
  Uint,
  type Value,
} from './value.ts'

type Number64 = number | bigint | Uint | Double

function isNumeric(value: Value): value is Number64 {
  return isInt(value) || value instanceof Uint || value instanceof Double
}

const order = (left: number | bigint, right: number | bigint): number => (left < right ? -1 : left > right ? 1 : 0)

/** Kubernetes: an int or uint is compared with a double as a double. */
function compareNumbers(left: Number64, right: Number64): number {
  if (left instanceof Double || right instanceof Double) {
    const toDouble = (value: Number64) =>
      value instanceof Double ? value.value : Number(value instanceof Uint ? value.value : value)
    return order(toDouble(left), toDouble(right))
  }
  return order(left instanceof Uint ? left.value : left, right instanceof Uint ? right.value : right)
}

function isNaNDouble(value: Value): boolean {
  return value instanceof Double && Number.isNaN(value.value)
}

/** Whether two values are equal. Values of different kinds are not, except numbers. */
export function equal(left: Value, right: Value): boolean | CelError {
  if (typeof left === 'string' || typeof left === 'boolean' || left === null || right === null) return left === right
  if (typeof left === 'number' && typeof right === 'number') return left === right
  if (isNumeric(left)) {
    return isNumeric(right) && !isNaNDouble(left) && !isNaNDouble(right) && compareNumbers(left, right) === 0
  }
  if (isList(left)) return equalLists(left, right)
  if (left instanceof MapValue) return equalMaps(left, right)
  return equalObjects(left, right)
}

function equalObjects(left: Value, right: Value): boolean | CelError {
  if (left instanceof ObjectValue) return left.equals(right)
  if (left instanceof Timestamp) {
    return right instanceof Timestamp && left.seconds === right.seconds && left.nanos === right.nanos
  }
  if (left instanceof Duration) return right instanceof Duration && left.nanos === right.nanos
  if (left instanceof Uint8Array) return right instanceof Uint8Array && compareBytes(left, right) === 0
  if (left instanceof CelType) return right instanceof CelType && left.name === right.name
  if (left instanceof Optional) {
    if (!(right instanceof Optional)) return false
    if (left.value === undefined || right.value === undefined) return left.value === right.value
    return equal(left.value, right.value)
  }
  return false
}

function equalLists(left: readonly Value[] | ListValue, right: Value): boolean | CelError {
  if (!isList(right)) return left instanceof ListValue && left.isTyped ? noSuchOverload : false
  const size = sizeOfList(left)
  if (size !== sizeOfList(right)) return false
  const special = left instanceof ListValue ? left.equals(right) : undefined
  if (special !== undefined) return special
  for (let at = 0; at < size; at++) {
    const same = equal(elementAt(left, at), elementAt(right, at))
    if (same !== true) return same
  }
  return true
}

function equalMaps(left: MapValue, right: Value): boolean | CelError {
  if (!(right instanceof MapValue)) return left.isTyped ? noSuchOverload : false
  if (left.size !== right.size) return false
  const special = left.equals(right)
  if (special !== undefined) return special
  for (const key of left.keys()) {
    const other = right.find(key)
    if (other === undefined || other instanceof CelError) return false
    if (equal(left.find(key)!, other) === false) return false
  }
  return true
}

/** Order of bytes, shorter first among equals. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    if (left[at] !== right[at]) return left[at]! < right[at]! ? -1 : 1
  }
  return order(left.length, right.length)
}

/** Order of texts by code point, as UTF-8 bytes order them. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const one = left.charCodeAt(at)
    const other = right.charCodeAt(at)
    if (one === other) continue
    // Surrogates stand for code points above all others of UTF-16.
    const weigh = (unit: number) =>
      unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit
    return weigh(one) < weigh(other) ? -1 : 1
  }
  return order(left.length, right.length)
}

/** -1, 0 or 1, or the error that says two values have no order. */
export function compare(left: Value, right: Value): number | CelError {
  if (typeof left === 'number' && typeof right === 'number') return order(left, right)
  if (typeof left === 'string') return typeof right === 'string' ? compareText(left, right) : noSuchOverload
  if (isNumeric(left)) {
    if (!isNumeric(right)) return noSuchOverload
    if (isNaNDouble(left) || isNaNDouble(right)) return new CelError('NaN values cannot be ordered')
    return compareNumbers(left, right)
  }
  if (typeof left === 'boolean') return typeof right === 'boolean' ? order(Number(left), Number(right)) : noSuchOverload
  if (left instanceof Timestamp && right instanceof Timestamp) {
    return order(left.seconds, right.seconds) || order(left.nanos, right.nanos)
  }
  if (left instanceof Duration && right instanceof Duration) return order(left.nanos, right.nanos)
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right)
  return noSuchOverload
}

/** Whether values of this kind have an order at all. */
export function isComparable(value: Value): boolean {
  return (
    ['number', 'bigint', 'string', 'boolean'].includes(typeof value) ||
    value instanceof Double ||
    value instanceof Uint ||
    value instanceof Timestamp ||
    value instanceof Duration ||
    value instanceof Uint8Array
  )
}

/** Whether a list holds a value, or a map a key. */
export function contains(container: Value, value: Value): boolean | CelError {
  if (isList(container)) {
    let problem: CelError | undefined
    const size = sizeOfList(container)
    for (let at = 0; at < size; at++) {
      const same = equal(elementAt(container, at), value)
      if (same === true) return true
      if (same !== false) problem ??= same
    }
    // Kubernetes: only lists of typed objects remember that a comparison failed.
    return container instanceof ListValue && container.isTyped && problem !== undefined ? problem : false
  }
  if (container instanceof MapValue) {
    const found = container.find(value)
    return found instanceof CelError ? found : found !== undefined
  }
  return noSuchOverload
}
