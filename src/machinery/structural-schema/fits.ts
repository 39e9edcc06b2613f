import { sameJson } from '../object/object.ts'
import { type GoRegex, goRegex } from '../regex/regex.ts'
import { checkedFormat, isOfFormat } from './formats.ts'
import { isIntOrString, isMap, type JsonSchema } from './json-schema.ts'

/** Whether there is nothing wrong with a value. It may be false of one that is right: then the errors are to be looked for. */
export type Fits = (value: unknown) => boolean
/** Whether something is wrong with a value, found out at length. */
type HasErrors = (value: unknown, schema: JsonSchema) => boolean

/**
 * Makes of schemas what tells good values apart without noting what was met: objects are good nearly always, and this is
 * asked of every write. Each schema is made into functions once.
 */
export function fitsBy(hasErrors: HasErrors): (schema: JsonSchema) => Fits {
  const made = new WeakMap<JsonSchema, Fits>()
  const fitsOf = (schema: JsonSchema): Fits => {
    const known = made.get(schema)
    if (known !== undefined) return known
    const fits = compile(schema, fitsOf, hasErrors)
    made.set(schema, fits)
    return fits
  }
  return fitsOf
}

function compile(schema: JsonSchema, fitsOf: (schema: JsonSchema) => Fits, hasErrors: HasErrors): Fits {
  const isOfType = typeTest(schema)
  const isNullGood =
    (schema.nullable === true || (schema.type === undefined && !isIntOrString(schema))) && !hasEnum(schema)
  const combined = combinations(schema, fitsOf, hasErrors)
  const isListed = enumTest(schema)
  const text = textTest(schema)
  const number = numberTest(schema)
  const list = listTest(schema, fitsOf)
  const map = mapTest(schema, fitsOf)
  return (value) => {
    if (value === null) return isNullGood
    if (!isOfType(value)) return false
    if (combined !== undefined && !combined(value)) return false
    if (isListed !== undefined && !isListed(value)) return false
    if (typeof value === 'string') return text === undefined || text(value)
    if (typeof value === 'number') return number(value)
    if (Array.isArray(value)) return list(value)
    return !isMap(value) || map(value)
  }
}

const hasEnum = ({ enum: allowed = [] }: JsonSchema) => allowed.length > 0
/** Larger numbers are not integers for Go, whatever they end in. */
const isInteger = (value: unknown): value is number => Number.isInteger(value) && Math.abs(value as number) < 2 ** 63

function typeTest(schema: JsonSchema): Fits {
  if (isIntOrString(schema)) return (value) => typeof value === 'string' || isInteger(value)
  switch (schema.type) {
    case undefined:
      return checkedFormat(schema) === undefined ? () => true : () => false
    case 'string':
    case 'boolean':
      return (value) => typeof value === schema.type
    case 'integer':
      return isInteger
    case 'number':
      return (value) => typeof value === 'number'
    case 'array':
      return Array.isArray
    case 'object':
      return isMap
    default:
      return () => false
  }
}

function combinations(
  schema: JsonSchema,
  fitsOf: (schema: JsonSchema) => Fits,
  hasErrors: HasErrors,
): Fits | undefined {
  const { anyOf = [], oneOf = [], allOf = [], not } = schema
  if (anyOf.length + oneOf.length + allOf.length === 0 && not === undefined) return undefined
  const some = anyOf.map(fitsOf)
  const all = allOf.map(fitsOf)
  return (value) =>
    (some.length === 0 || some.some((fits) => fits(value))) &&
    all.every((fits) => fits(value)) &&
    (oneOf.length === 0 || oneOf.filter((one) => !hasErrors(value, one)).length === 1) &&
    (not === undefined || hasErrors(value, not))
}

function enumTest({ enum: allowed = [] }: JsonSchema): Fits | undefined {
  if (allowed.length === 0) return undefined
  const plain = new Set(allowed)
  return (value) => plain.has(value) || (typeof value === 'object' && allowed.some((one) => sameJson(one, value)))
}

function textTest(schema: JsonSchema): ((text: string) => boolean) | undefined {
  const { maxLength, minLength, pattern = '' } = schema
  const format = checkedFormat(schema)
  if (maxLength === undefined && minLength === undefined && pattern === '' && format === undefined) return undefined
  let regex: GoRegex | undefined
  return (text) => {
    // A character is one or two units of the text.
    if (maxLength !== undefined && text.length > maxLength && [...text].length > maxLength) return false
    if (minLength !== undefined && text.length < 2 * minLength && [...text].length < minLength) return false
    if (pattern !== '' && !(regex ??= goRegex(pattern)).matches(text)) return false
    return format === undefined || isOfFormat(format, text)
  }
}

function numberTest(schema: JsonSchema): (value: number) => boolean {
  const { maximum, exclusiveMaximum, minimum, exclusiveMinimum, multipleOf, type } = schema
  const isInt32 = type === 'integer' && checkedFormat(schema) === 'int32'
  return (value) => {
    if (multipleOf !== undefined) return false
    if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) return false
    if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) return false
    return !isInt32 || (value >= -(2 ** 31) && value < 2 ** 31)
  }
}

function listTest(schema: JsonSchema, fitsOf: (schema: JsonSchema) => Fits): (list: readonly unknown[]) => boolean {
  const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY, uniqueItems } = schema
  const item = items === undefined ? undefined : fitsOf(items)
  return (list) => {
    if (list.length < minItems || list.length > maxItems || uniqueItems === true) return false
    if (item !== undefined) for (let at = 0; at < list.length; at++) if (!item(list[at])) return false
    return true
  }
}

function mapTest(schema: JsonSchema, fitsOf: (schema: JsonSchema) => Fits): (map: Record<string, unknown>) => boolean {
  const { properties = {}, additionalProperties, minProperties, maxProperties, required = [] } = schema
  const members = new Map(Object.entries(properties).map(([name, property]) => [name, fitsOf(property)]))
  const others = typeof additionalProperties === 'object' ? fitsOf(additionalProperties) : undefined
  return (map) => {
    let count = 0
    for (const name of Object.keys(map)) {
      count += 1
      const fits = members.get(name) ?? others
      if (fits === undefined ? additionalProperties === false : !fits(map[name])) return false
    }
    if (minProperties !== undefined && count < minProperties) return false
    if (maxProperties !== undefined && count > maxProperties) return false
    for (const name of required) if (!Object.hasOwn(map, name)) return false
    return true
  }
}
