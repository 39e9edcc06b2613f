/** JSON as values of the types its schema gives it, made when they are looked at. */
import { opaqueType } from '../types/type.ts'
import { equal } from '../values/equal.ts'
import { secondsOf, tryDuration, tryTimestamp } from '../values/time.ts'
import {
  CelError,
  Double,
  Duration,
  elementsOf,
  isList,
  ListValue,
  MapValue,
  noSuchOverload,
  ObjectValue,
  sizeOfList,
  Timestamp,
  type Value,
} from '../values/value.ts'
import { escapeName, unescapeName } from './escape.ts'
import { type CelSchema, valuesSchema, withObjectMeta } from './schema.ts'

type Json = Readonly<Record<string, unknown>>
type Adapt = (raw: unknown) => Value

/** The name Go gives the type of a JSON value. */
function goType(raw: unknown): string {
  if (raw === null || raw === undefined) return '<nil>'
  if (Array.isArray(raw)) return '[]interface {}'
  switch (typeof raw) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isInteger(raw) ? 'int64' : 'float64'
    default:
      return 'map[string]interface {}'
  }
}

function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, at) => sameJson(item, right[at]))
  }
  const [one, other] = [left as Json, right as Json]
  const keys = Object.keys(one)
  return (
    !Array.isArray(right) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameJson(one[key], other[key]))
  )
}

/** What every object of one schema has in common. */
interface Shape {
  /** Whether fields are named by identifiers, as properties are; keys of maps are taken as they are. */
  readonly isObject: boolean
  property(name: string): Adapt | undefined
  readonly byIdentifier: ReadonlyMap<string, { readonly name: string; readonly adapt: Adapt }>
}

/** An object or map whose parts have schemas. */
export class TypedMap extends MapValue {
  readonly raw: Json
  readonly #shape: Shape
  constructor(raw: Json, shape: Shape) {
    super()
    this.raw = raw
    this.#shape = shape
  }

  override get isTyped(): boolean {
    return true
  }

  get size(): number {
    return Object.keys(this.raw).length
  }

  find(key: Value): Value | undefined {
    if (typeof key !== 'string') return noSuchOverload
    const shape = this.#shape
    if (!shape.isObject) return this.#at(key, shape.property(key))
    const known = shape.byIdentifier.get(key)
    if (known !== undefined) return this.#at(known.name, known.adapt)
    const name = unescapeName(key)
    return name === undefined ? undefined : this.#at(name, shape.property(name))
  }

  #at(name: string, adapt: Adapt | undefined): Value | undefined {
    if (adapt === undefined || !Object.hasOwn(this.raw, name)) return undefined
    const raw = this.raw[name]
    // Kubernetes: a null field of an object is absent.
    if (this.#shape.isObject && (raw === null || raw === undefined)) return undefined
    return adapt(raw)
  }

  keys(): readonly string[] {
    const known = Object.keys(this.raw).filter((name) => this.#shape.property(name) !== undefined)
    return this.#shape.isObject ? known.map((name) => escapeName(name) ?? name) : known
  }

  override equals(other: MapValue): boolean | CelError | undefined {
    for (const name of Object.keys(this.raw)) {
      if (this.#shape.property(name) === undefined) {
        if (!(other instanceof TypedMap)) return noSuchOverload
        if (Object.hasOwn(other.raw, name) && !sameJson(this.raw[name], other.raw[name])) return false
        continue
      }
      const mine = this.find(name)
      const theirs = other.find(name)
      if ((mine === undefined) !== (theirs === undefined)) return false
      if (mine === undefined || theirs === undefined) continue
      const same = equal(mine, theirs)
      if (same !== true) return same
    }
    return true
  }
}

/** A list whose elements have a schema. */
class TypedList extends ListValue {
  readonly raw: readonly unknown[]
  readonly #adapt: Adapt
  constructor(raw: readonly unknown[], adapt: Adapt) {
    super()
    this.raw = raw
    this.#adapt = adapt
  }

  override get isTyped(): boolean {
    return true
  }

  get size(): number {
    return this.raw.length
  }

  at(index: number): Value {
    return this.#adapt(this.raw[index])
  }
}

/** A list compared and extended by something else than places. */
abstract class SpecialList extends ListValue {
  readonly values: readonly Value[]
  constructor(values: readonly Value[]) {
    super()
    this.values = values
  }

  override get isTyped(): boolean {
    return true
  }

  get size(): number {
    return this.values.length
  }

  at(index: number): Value {
    return this.values[index]!
  }
}

class SetList extends SpecialList {
  override equals(other: Value): boolean | CelError {
    if (!isList(other)) return noSuchOverload
    if (sizeOfList(other) !== this.size) return false
    return elementsOf(other).every((element) => this.values.some((own) => equal(own, element) === true))
  }

  override plus(other: Value): Value {
    if (!isList(other)) return noSuchOverload
    const all = [...this.values]
    for (const element of elementsOf(other)) {
      if (!all.some((own) => equal(own, element) === true)) all.push(element)
    }
    return new SetList(all)
  }
}

class KeyedList extends SpecialList {
  readonly #keys: readonly string[]
  constructor(values: readonly Value[], keys: readonly string[]) {
    super(values)
    this.#keys = keys
  }

  /** What tells an element from the others; undefined for what is not an object of the API. */
  #keyOf(element: Value): string | undefined {
    if (!(element instanceof TypedMap)) return undefined
    return JSON.stringify(this.#keys.map((key) => element.raw[key] ?? null))
  }

  override equals(other: Value): boolean | CelError {
    if (!isList(other)) return noSuchOverload
    if (sizeOfList(other) !== this.size) return false
    const own = new Map(this.values.map((element) => [this.#keyOf(element), element]))
    for (const element of elementsOf(other)) {
      const key = this.#keyOf(element)
      const mine = key === undefined ? undefined : own.get(key)
      if (mine === undefined) return false
      const same = equal(mine, element)
      if (same !== true) return same
    }
    return true
  }

  override plus(other: Value): Value {
    if (!isList(other)) return noSuchOverload
    const all = [...this.values]
    const places = new Map(all.map((element, at) => [this.#keyOf(element), at]))
    for (const element of elementsOf(other)) {
      const key = this.#keyOf(element)
      const place = key === undefined ? undefined : places.get(key)
      if (place === undefined) all.push(element)
      else all[place] = element
    }
    return new KeyedList(all, this.#keys)
  }
}

const unknownType = opaqueType('unknown')

/** A value kept although its schema says nothing of it. */
class PreservedValue extends ObjectValue {
  readonly type = unknownType
  readonly raw: unknown
  constructor(raw: unknown) {
    super()
    this.raw = raw
  }

  equals(other: Value): boolean {
    return sameJson(this.raw, other instanceof PreservedValue || other instanceof TypedMap ? other.raw : other)
  }
}

const wrong = (expected: string, raw: unknown) => new CelError(`invalid data, expected ${expected}, got ${goType(raw)}`)

const looseUnits: Readonly<Record<string, bigint>> = {
  ns: 1n,
  nano: 1n,
  us: 1_000n,
  µs: 1_000n,
  micro: 1_000n,
  ms: 1_000_000n,
  milli: 1_000_000n,
  s: 1_000_000_000n,
  sec: 1_000_000_000n,
  m: 60_000_000_000n,
  min: 60_000_000_000n,
  h: 3_600_000_000_000n,
  hr: 3_600_000_000_000n,
  hour: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  day: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
  wk: 604_800_000_000_000n,
  week: 604_800_000_000_000n,
}

/** A duration as schemas accept it: Go's form, or words like `3 days`. */
function looseDuration(text: string): Duration | undefined {
  const exact = tryDuration(text)
  if (exact !== undefined) return exact
  let nanos = 0n
  let found = false
  for (const [, number = '', unit = ''] of text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)) {
    const name = unit.toLowerCase()
    const scale =
      looseUnits[name] ??
      looseUnits[Object.keys(looseUnits).find((known) => name.startsWith(known) && known.length > 1) ?? '']
    if (scale === undefined) continue
    nanos += BigInt(number) * scale
    found = true
  }
  return found ? new Duration(nanos) : undefined
}

const looseMoment = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/i

/** A moment as schemas accept it: RFC 3339 and its shorter forms. */
function looseTimestamp(text: string): Timestamp | undefined {
  if (text === '') return new Timestamp(0, 0)
  const match = looseMoment.exec(text)
  if (match === null) return undefined
  const [, date = '', time = '', seconds = ':00', zone = 'Z'] = match
  const plainZone = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()
  return tryTimestamp(`${date}T${time}${seconds}${plainZone}`)
}

function dateTimestamp(text: string): Timestamp | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match === null || tryTimestamp(`${text}T00:00:00Z`) === undefined) return undefined
  return new Timestamp(secondsOf(Number(match[1]), Number(match[2]), Number(match[3])), 0)
}

function bytesOf(text: string): Value {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return new CelError(`Invalid byte formatted string ${text}: illegal base64 data at input byte 0`)
  }
}

function stringAdapter({ format }: CelSchema): Adapt {
  const read =
    (parse: (text: string) => Value): Adapt =>
    (raw) =>
      typeof raw === 'string' ? parse(raw) : wrong('string', raw)
  switch (format) {
    case 'duration':
      return read(
        (text) => looseDuration(text) ?? new CelError(`Invalid duration ${text}: unable to parse ${text} as duration`),
      )
    case 'date':
      return read((text) => dateTimestamp(text) ?? new CelError(`Invalid date formatted string ${text}`))
    case 'date-time':
      return read((text) => looseTimestamp(text) ?? new CelError(`Invalid date-time formatted string ${text}`))
    case 'byte':
      return read(bytesOf)
    default:
      return (raw) => (typeof raw === 'string' ? raw : wrong('string', raw))
  }
}

function shapeOf(schema: CelSchema): Shape {
  const { properties } = schema
  const values = valuesSchema(schema)
  const ofValues = values === undefined ? undefined : lazy(values)
  const adapters = new Map(Object.entries(properties ?? {}).map(([name, property]) => [name, lazy(property)]))
  const byIdentifier = new Map<string, { readonly name: string; readonly adapt: Adapt }>()
  for (const [name, adapt] of adapters) byIdentifier.set(escapeName(name) ?? name, { name, adapt })
  const isObject = properties !== undefined || schema['x-kubernetes-embedded-resource'] === true
  return { isObject, byIdentifier, property: (name) => (isObject ? adapters.get(name) : ofValues) }
}

function objectAdapter(given: CelSchema): Adapt {
  const shape = shapeOf(given['x-kubernetes-embedded-resource'] === true ? withObjectMeta(given) : given)
  return (raw) =>
    typeof raw === 'object' && raw !== null && !Array.isArray(raw)
      ? new TypedMap(raw as Json, shape)
      : new CelError('invalid data, expected a map for the provided schema with type=object')
}

function listAdapter(schema: CelSchema): Adapt {
  const { items } = schema
  if (items === undefined) return () => new CelError('invalid array type, expected Items with a non-empty Schema')
  const adapt = lazy(items)
  const kind = schema['x-kubernetes-list-type'] ?? 'atomic'
  const keys = (schema['x-kubernetes-list-map-keys'] ?? []).map((key) => escapeName(key) ?? key)
  return (raw) => {
    if (!Array.isArray(raw))
      return new CelError('invalid data, expected an array for the provided schema with type=array')
    if (kind === 'set') return new SetList(raw.map(adapt))
    return kind === 'map' ? new KeyedList(raw.map(adapt), keys) : new TypedList(raw, adapt)
  }
}

function typeAdapter(schema: CelSchema): Adapt {
  if (schema['x-kubernetes-int-or-string'] === true) {
    return (raw) =>
      typeof raw === 'string' || Number.isInteger(raw)
        ? (raw as string | number)
        : new CelError('invalid data, expected XIntOrString value to be either a string or integer')
  }
  switch (schema.type) {
    case 'object':
      return objectAdapter(schema)
    case 'array':
      return listAdapter(schema)
    case 'string':
      return stringAdapter(schema)
    case 'number':
      return (raw) => (typeof raw === 'number' ? new Double(raw) : wrong('float', raw))
    case 'integer':
      return (raw) => (Number.isInteger(raw) ? (raw as number) + 0 : wrong('int', raw))
    case 'boolean':
      return (raw) => (typeof raw === 'boolean' ? raw : wrong('bool', raw))
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return (raw) => new PreservedValue(raw)
  const message = `invalid type, expected object, array, number, integer, boolean or string, or no type with x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got ${schema.type ?? ''}`
  return () => new CelError(message)
}

const nullRefused = new CelError('invalid data, got null for schema with nullable=false')

/** An adapter made when it is first needed. */
function lazy(schema: CelSchema): Adapt {
  let adapt: Adapt | undefined
  const onNull: Value = schema.nullable === true ? null : nullRefused
  return (raw) => {
    if (raw === null || raw === undefined) return onNull
    adapt ??= typeAdapter(schema)
    return adapt(raw)
  }
}

/** How JSON of a schema becomes values. */
export function adapterOf(
  schema: CelSchema,
  { resourceRoot = false }: { readonly resourceRoot?: boolean } = {},
): (raw: unknown) => Value {
  return lazy(resourceRoot ? withObjectMeta(schema) : schema)
}
