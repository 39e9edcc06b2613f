import { sameJson } from '../object/object.ts'
import { goRegex } from '../regex/regex.ts'
import { type FieldError, invalid, required, tooLong, tooMany, valueText } from '../status/status.ts'
import { type Correlated, correlatedItem, correlatedMember, isUnchanged } from './correlate.ts'
import { fitsBy } from './fits.ts'
import { checkedFormat, isOfFormat } from './formats.ts'
import { isIntOrString, isMap, type JsonSchema, memberSchema } from './json-schema.ts'

/** What came of one value: its errors, and how many checks it met, by which the nearest of several schemas is told. */
interface Outcome {
  readonly errors: FieldError[]
  met: number
}

/**
 * What a schema finds wrong with a value, in the words of Kubernetes' validator. With `old`, what has not changed since is
 * not held against it. `path` is where the value stands; the root is the empty path.
 */
export function schemaValueErrors(
  value: unknown,
  schema: JsonSchema | undefined,
  { path = '', old }: { readonly path?: string; readonly old?: unknown } = {},
): readonly FieldError[] {
  if (schema === undefined || fitsOf(schema)(value)) return []
  const correlated = old === undefined ? undefined : { value, old, schema }
  return check(value, schema, path, correlated).errors
}

const fitsOf = fitsBy((value, schema) => checkValue(value, schema, '', undefined).errors.length > 0)

function check(value: unknown, schema: JsonSchema, path: string, correlated: Correlated | undefined): Outcome {
  const outcome = checkValue(value, schema, path, correlated)
  return outcome.errors.length > 0 && isUnchanged(correlated) ? { errors: [], met: outcome.met } : outcome
}

function checkValue(value: unknown, schema: JsonSchema, path: string, correlated: Correlated | undefined): Outcome {
  const outcome: Outcome = { errors: [], met: 0 }
  checkType(value, schema, path, outcome)
  if (value !== null) {
    checkCombinations(value, schema, path, correlated, outcome)
    if (typeof value === 'string') checkText(value, schema, path, outcome)
    else if (typeof value === 'number') checkNumber(value, schema, path, outcome)
    else if (Array.isArray(value)) checkList(value, schema, path, correlated, outcome)
  }
  checkEnum(value, schema, path, outcome)
  if (isMap(value)) checkObject(value, schema, path, correlated, outcome)
  return outcome
}

const bodyText = (path: string, what: string) => `${path} in body ${what}`

function note(outcome: Outcome, errors: readonly FieldError[]): void {
  if (errors.length === 0) outcome.met += 1
  else outcome.errors.push(...errors)
}

/** Kubernetes: an error of a whole alternative belongs to no field. */
function ofNoField(text: string): FieldError {
  return invalid('<nil>', '', text)
}

function checkType(value: unknown, schema: JsonSchema, path: string, outcome: Outcome): void {
  const types = isIntOrString(schema) ? ['integer', 'string'] : schema.type === undefined ? [] : [schema.type]
  const format = checkedFormat(schema)
  if (types.length === 0 && format === undefined) return
  const refuse = (found: string, wanted = types.join(',')) =>
    note(outcome, [
      {
        ...invalid(path, found, bodyText(path, `must be of type ${wanted}: ${JSON.stringify(found)}`)),
        type: 'FieldValueTypeInvalid',
      },
    ])
  if (value === null) {
    if (types.length > 0 && schema.nullable !== true) refuse('null')
    return
  }
  const type = typeName(value)
  const fits = types.includes(type) || (type === 'integer' && types.includes('number'))
  // Kubernetes: texts and lists with a format are not held to their type again.
  const formatted = format !== undefined && !types.includes('number') && !types.includes('integer')
  const isTextOrList = type === 'string' || type === 'array'
  if (fits || (formatted && isTextOrList)) outcome.met += 1
  else if (format === undefined || isTextOrList) refuse(type)
  // Kubernetes: everything else is told the format it lacks, with its own, which only numbers have.
  else refuse(formatOfNumbers[type] ?? '', format)
}
const formatOfNumbers: Readonly<Record<string, string>> = { integer: 'int64', number: 'float64' }

/** Larger numbers are not integers for Go, whatever they end in. */
const isInteger = (value: number) => Number.isInteger(value) && Math.abs(value) < 2 ** 63

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return isInteger(value) ? 'integer' : 'number'
  return typeof value === 'boolean' ? 'boolean' : typeof value === 'string' ? 'string' : 'object'
}

function checkCombinations(
  value: unknown,
  { anyOf = [], oneOf = [], allOf = [], not }: JsonSchema,
  path: string,
  correlated: Correlated | undefined,
  outcome: Outcome,
): void {
  const below = (schema: JsonSchema) =>
    checkValue(value, schema, path, correlated === undefined ? undefined : { ...correlated, schema })
  const name = JSON.stringify(path)
  if (anyOf.length > 0) {
    const outcomes = anyOf.map(below)
    const good = outcomes.find(({ errors }) => errors.length === 0)
    if (good === undefined)
      outcome.errors.push(ofNoField(`${name} must validate at least one schema (anyOf)`), ...nearest(outcomes).errors)
    outcome.met += (good ?? nearest(outcomes)).met
  }
  if (oneOf.length > 0) {
    const outcomes = oneOf.map(below)
    const good = outcomes.filter(({ errors }) => errors.length === 0).length
    if (good !== 1) {
      const found = good === 0 ? 'Found none valid' : `Found ${good} valid alternatives`
      outcome.errors.push(ofNoField(`${name} must validate one and only one schema (oneOf). ${found}`))
      if (good === 0) outcome.errors.push(...nearest(outcomes).errors)
    }
  }
  if (allOf.length > 0) {
    const outcomes = allOf.map(below)
    const good = outcomes.filter(({ errors }) => errors.length === 0).length
    outcome.errors.push(...outcomes.flatMap(({ errors }) => errors))
    if (good !== outcomes.length)
      outcome.errors.push(
        ofNoField(`${name} must validate all the schemas (allOf)${good === 0 ? '. None validated' : ''}`),
      )
  }
  if (not !== undefined && below(not).errors.length === 0)
    outcome.errors.push(ofNoField(`${name} must not validate the schema (not)`))
}

/** The alternative that a value comes nearest to. */
function nearest(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((best, one) => (one.met > best.met ? one : best))
}

function checkText(text: string, schema: JsonSchema, path: string, outcome: Outcome): void {
  const wrong = firstTextError(text, schema, path)
  if (wrong !== undefined) note(outcome, [wrong])
  const format = checkedFormat(schema)
  if (format !== undefined && !isOfFormat(format, text)) {
    const why = bodyText(path, `must be of type ${format}: ${JSON.stringify(text)}`)
    note(outcome, [{ ...invalid(path, text, why), type: 'FieldValueTypeInvalid' }])
  }
  outcome.met += 1
}

/** Kubernetes: of length and pattern, the first that a text misses is named. */
function firstTextError(text: string, schema: JsonSchema, path: string): FieldError | undefined {
  const { maxLength, minLength, pattern } = schema
  if (maxLength !== undefined || minLength !== undefined) {
    const length = [...text].length
    if (maxLength !== undefined && length > maxLength) return tooLong(path, maxLength)
    if (minLength !== undefined && length < minLength)
      return invalid(path, text, bodyText(path, `should be at least ${minLength} chars long`))
  }
  if (pattern === undefined || pattern === '' || goRegex(pattern).matches(text)) return undefined
  return invalid(path, text, bodyText(path, `should match '${pattern}'`))
}

/** Whether an integer's format, or the widest there is, has room for a number. */
const isInRange = (value: number, format: string | undefined) =>
  isInteger(value) && (format !== 'int32' || (value >= -(2 ** 31) && value < 2 ** 31))

function checkNumber(value: number, schema: JsonSchema, path: string, outcome: Outcome): void {
  const { maximum, exclusiveMaximum, minimum, exclusiveMinimum, multipleOf } = schema
  const refuse = (what: string) => note(outcome, [invalid(path, value, bodyText(path, `should be ${what}`))])
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) refuse(`a multiple of ${multipleOf}`)
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum))
    refuse(`less than ${exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`)
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum))
    refuse(`greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`)
  const format = checkedFormat(schema)
  if (schema.type === 'integer' && !isInRange(value, format)) {
    const named = format === undefined ? '(default format)' : `with format ${format}`
    note(outcome, [ofNoField(`Checked value must be of type integer ${named} in ${path}`)])
  }
  outcome.met += 1
}

function isMultiple(value: number, factor: number): boolean {
  if (factor <= 0) return false
  const times = factor < 1 ? (1 / factor) * value : value / factor
  return Math.abs(times - Math.round(times)) < 1e-9 * Math.max(1, Math.abs(times))
}

function checkList(
  list: readonly unknown[],
  schema: JsonSchema,
  path: string,
  correlated: Correlated | undefined,
  outcome: Outcome,
): void {
  const { items, minItems, maxItems, uniqueItems } = schema
  if (items !== undefined) {
    for (const [index, item] of list.entries()) {
      const below = check(item, items, `${path}[${index}]`, correlatedItem(correlated, index))
      outcome.errors.push(...below.errors)
      outcome.met += below.met
    }
  }
  if (minItems !== undefined && list.length < minItems)
    note(outcome, [invalid(path, list.length, bodyText(path, `should have at least ${minItems} items`))])
  if (maxItems !== undefined && list.length > maxItems) note(outcome, [tooMany(path, list.length, maxItems)])
  if (uniqueItems === true && new Set(list.map((item) => JSON.stringify(item))).size < list.length)
    note(outcome, [invalid(path, '', bodyText(path, "shouldn't contain duplicates"))])
  outcome.met += 1
}

function checkEnum(value: unknown, schema: JsonSchema, path: string, outcome: Outcome): void {
  const { enum: allowed } = schema
  if (allowed === undefined || allowed.length === 0) return
  // Kubernetes: null is never one of the values, even where the list has it.
  if (value !== null && allowed.some((one) => sameJson(one, value))) {
    outcome.met += 1
    return
  }
  const names = allowed.map((one) => JSON.stringify(typeof one === 'string' ? one : JSON.stringify(one)))
  const message = `Unsupported value: ${valueText(value)}: supported values: ${names.join(', ')}`
  note(outcome, [{ type: 'FieldValueNotSupported', field: path, message }])
}

function checkObject(
  object: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
  path: string,
  correlated: Correlated | undefined,
  outcome: Outcome,
): void {
  const names = Object.keys(object)
  const { minProperties, maxProperties, additionalProperties, properties = {} } = schema
  if (minProperties !== undefined && names.length < minProperties)
    note(outcome, [invalid(path, names.length, bodyText(path, `should have at least ${minProperties} properties`))])
  if (maxProperties !== undefined && names.length > maxProperties)
    note(outcome, [tooMany(path, names.length, maxProperties)])
  for (const name of names) {
    const member = memberSchema(schema, name)
    if (member === undefined) {
      if (additionalProperties === false && !Object.hasOwn(properties, name))
        note(outcome, [invalid(path, '', bodyText(`${path}.${name}`, 'is a forbidden property'))])
      continue
    }
    // Kubernetes: kind and apiVersion of the root are never the same as before; both are converted to one version.
    const isTypeMeta = path === '' && (name === 'kind' || name === 'apiVersion')
    const at = path === '' ? name : `${path}.${name}`
    const below = check(object[name], member, at, isTypeMeta ? undefined : correlatedMember(correlated, name))
    outcome.errors.push(...below.errors)
    outcome.met += below.met
  }
  for (const name of schema.required ?? [])
    if (!Object.hasOwn(object, name)) note(outcome, [required(path === '' ? name : `${path}.${name}`)])
  outcome.met += 1
}
