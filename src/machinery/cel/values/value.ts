/**
 * Values of CEL at run time. An int is a number while it is a safe integer and a bigint beyond, so that the usual rule
 * costs no allocation; everything JSON has no name for is a class of its own. Errors are values too, because `||` and
 * `&&` may absorb them.
 */
import type { CelType } from '../types/type.ts'

export type Value =
  | null
  | boolean
  | string
  | number
  | bigint
  | Uint8Array
  | Uint
  | Double
  | Timestamp
  | Duration
  | Optional
  | CelError
  | CelType
  | readonly Value[]
  | ListValue
  | MapValue
  | ObjectValue

/** A failed evaluation. Its text is what the user reads. */
export class CelError {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

/** An unsigned 64-bit number. */
export class Uint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

/** A 64-bit floating-point number, told apart from an int even when it is whole. */
export class Double {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

/** A moment in time, exact to the nanosecond. */
export class Timestamp {
  readonly seconds: number
  readonly nanos: number
  /** The offset from UTC it was written with, which it is printed with again. It means nothing otherwise. */
  readonly offsetSeconds: number
  constructor(seconds: number, nanos: number, offsetSeconds = 0) {
    this.seconds = seconds
    this.nanos = nanos
    this.offsetSeconds = offsetSeconds
  }
}

/** A span of time in nanoseconds, within an int64. */
export class Duration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** A value that may be missing. */
export class Optional {
  readonly value: Value | undefined
  constructor(value: Value | undefined) {
    this.value = value
  }
}

export const noneOptional = new Optional(undefined)

/** A list whose elements become values when they are read. */
export abstract class ListValue {
  abstract readonly size: number
  /** Whether it shows a list of the API whose elements have a schema. */
  get isTyped(): boolean {
    return false
  }
  abstract at(index: number): Value
  /** What the list becomes when `other` is added; undefined means plain concatenation. */
  plus(_other: Value): Value | undefined {
    return undefined
  }
  /** Whether it equals `other`, which is a list; undefined means element by element. */
  equals(_other: Value): boolean | CelError | undefined {
    return undefined
  }
}

/** A map from bools, ints, uints and strings. */
export abstract class MapValue {
  abstract readonly size: number
  /** The value at a key, or undefined. A key of a wrong type is an error. */
  abstract find(key: Value): Value | undefined
  abstract keys(): readonly Value[]
  /** Whether it shows a typed object or map of the API. */
  get isTyped(): boolean {
    return false
  }
  equals(_other: MapValue): boolean | CelError | undefined {
    return undefined
  }
}

/** A value of a library's own type: an address, a quantity, an authorizer. */
export abstract class ObjectValue {
  abstract readonly type: CelType
  abstract equals(other: Value): boolean | CelError
  /** The value of one of its fields, when it has fields. */
  field?(name: string): Value | undefined
  /** Its JSON form, when it has one. */
  toJson?(): unknown
  /** What `size` means for cost; 1 when it has no size. */
  get costSize(): number {
    return 1
  }
}

export const noSuchOverload = new CelError('no such overload')
export const int64Min = -(2n ** 63n)
export const int64Max = 2n ** 63n - 1n
export const uint64Max = 2n ** 64n - 1n

export function isError(value: Value): value is CelError {
  return value instanceof CelError
}

export function isList(value: Value | undefined): value is readonly Value[] | ListValue {
  return Array.isArray(value) || value instanceof ListValue
}

export function isInt(value: Value | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

export function sizeOfList(list: readonly Value[] | ListValue): number {
  return Array.isArray(list) ? list.length : (list as ListValue).size
}

export function elementAt(list: readonly Value[] | ListValue, index: number): Value {
  return Array.isArray(list) ? list[index]! : (list as ListValue).at(index)
}

/** All elements of a list. */
export function elementsOf(list: readonly Value[] | ListValue): readonly Value[] {
  if (Array.isArray(list)) return list
  const lazy = list as ListValue
  return Array.from({ length: lazy.size }, (_, index) => lazy.at(index))
}

/** An int in its one form: a number where it is safe. */
export function intOf(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

/** The number of Unicode code points of a text. */
export function codePointCount(text: string): number {
  let count = text.length
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 0xd800 && code <= 0xdbff && at + 1 < text.length) {
      const next = text.charCodeAt(at + 1)
      if (next >= 0xdc00 && next <= 0xdfff) {
        count--
        at++
      }
    }
  }
  return count
}

/** What `size()` gives, or undefined for what has no size. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === 'string') return codePointCount(value)
  if (Array.isArray(value)) return value.length
  if (value instanceof MapValue || value instanceof ListValue) return value.size
  if (value instanceof Uint8Array) return value.length
  return undefined
}

/** The size cost tracking counts: 1 for what has none. */
export function costSizeOf(value: Value | undefined): number {
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined) return 1
  if (value instanceof Optional) return value.value === undefined ? 1 : costSizeOf(value.value)
  if (value instanceof ObjectValue) return value.costSize
  return sizeOf(value) ?? 1
}
