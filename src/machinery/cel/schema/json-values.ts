/** Plain JSON as values, when no schema says more. */
import { CelType } from '../types/type.ts'
import { toText } from '../values/convert.ts'
import {
  Double,
  Duration,
  elementsOf,
  isList,
  ListValue,
  MapValue,
  ObjectValue,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from '../values/value.ts'

type Json = Readonly<Record<string, unknown>>

/** An object of JSON as a map from strings. */
export class JsonMap extends MapValue {
  readonly raw: Json
  constructor(raw: Json) {
    super()
    this.raw = raw
  }

  get size(): number {
    return Object.keys(this.raw).length
  }

  find(key: Value): Value | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.raw, key)) return undefined
    return jsonValue(this.raw[key])
  }

  keys(): readonly string[] {
    return Object.keys(this.raw)
  }
}

/** An array of JSON as a list. */
export class JsonList extends ListValue {
  readonly raw: readonly unknown[]
  constructor(raw: readonly unknown[]) {
    super()
    this.raw = raw
  }

  get size(): number {
    return this.raw.length
  }

  at(index: number): Value {
    return jsonValue(this.raw[index])
  }
}

/** A JSON value as CEL sees it. Whole numbers are ints. */
export function jsonValue(raw: unknown): Value {
  switch (typeof raw) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return raw
    case 'number':
      return Number.isSafeInteger(raw) ? raw + 0 : new Double(raw)
    case 'object':
      if (raw === null) return null
      return Array.isArray(raw) ? new JsonList(raw) : new JsonMap(raw as Json)
    default:
      return null
  }
}

/** Why a value has no JSON form. */
export class NotJson extends Error {}

/** A value as JSON: what an object or patch made by an expression says. Throws NotJson. */
export function jsonOf(value: Value): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Double) return value.value
  if (value instanceof Uint) return Number(value.value)
  if (value instanceof Timestamp || value instanceof Duration) return toText(value)
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value))
  if (isList(value)) return elementsOf(value).map(jsonOf)
  if (value instanceof MapValue) {
    return Object.fromEntries(
      value.keys().map((key) => {
        if (typeof key !== 'string') throw new NotJson('keys of objects must be strings')
        return [key, jsonOf(value.find(key)!)]
      }),
    )
  }
  if (value instanceof ObjectValue && value.toJson !== undefined) return value.toJson()
  if (value instanceof Optional || value instanceof CelType) throw new NotJson('value has no JSON form')
  throw new NotJson('value has no JSON form')
}
