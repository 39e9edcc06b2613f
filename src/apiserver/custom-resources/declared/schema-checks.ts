import { type FieldError, forbiddenField, invalid, required } from '../../../machinery/index.ts'
import type { JsonSchema } from '../../../machinery/structural-schema/index.ts'
import { fieldPathOf } from '../rules/field-path.ts'
import { innerItems } from './inner-form.ts'

/** Which rules hold; what an older declaration was allowed is allowed to stay. */
export interface SchemaRules {
  readonly requireValidTypes: boolean
  readonly requireAtomicSets: boolean
  readonly requireMapKeys: boolean
}
interface Place {
  readonly isRoot: boolean
  readonly insideMeta: boolean
  /** Why defaults may not be set here. */
  readonly noDefaults?: string
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const metaFields: ReadonlySet<string> = new Set(['metadata', 'kind', 'apiVersion'])

/** What is wrong with a schema itself, whatever its objects: what is not supported, and what contradicts itself. */
export function schemaErrors(
  schema: JsonSchema | undefined,
  path: string,
  rules: SchemaRules,
  place: Place = { isRoot: true, insideMeta: false },
): FieldError[] {
  if (schema === undefined) return []
  return [
    ...supportErrors(schema, path, rules, place),
    ...memberErrors(schema, path, rules, place),
    ...combinationErrors(schema, path, rules, place),
    ...listErrors(schema, path, rules),
    ...ruleErrors(schema, path),
  ]
}

/** Tells the places of a schema where nothing is wrong, neither there nor below. */
export function goodPlaces(errors: readonly FieldError[]): (path: string) => boolean {
  return (path) => !errors.some(({ field }) => field === path || field.startsWith(`${path}.`))
}

/** Kubernetes quotes the values that are allowed in the order given. */
function notSupported(field: string, value: string, allowed: readonly string[]): FieldError {
  const names = allowed.map((one) => JSON.stringify(one)).join(', ')
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${names}`
  return { type: 'FieldValueNotSupported', field, message }
}

function supportErrors(schema: JsonSchema, path: string, rules: SchemaRules, place: Place): FieldError[] {
  const errors: FieldError[] = []
  const forbid = (name: string, why = `${name} is not supported`) => errors.push(forbiddenField(`${path}.${name}`, why))
  const { type = '' } = schema
  if (rules.requireValidTypes && type !== '' && !types.includes(type))
    errors.push(notSupported(`${path}.type`, type, types))
  if (schema.default !== undefined && place.noDefaults !== undefined)
    forbid('default', `must not be set ${place.noDefaults}`)
  if ((schema.id ?? '') !== '') forbid('id')
  if (schema.additionalItems !== undefined) forbid('additionalItems')
  if (Object.keys(schema.patternProperties ?? {}).length > 0) forbid('patternProperties')
  if (Object.keys(schema.definitions ?? {}).length > 0) forbid('definitions')
  if (schema.dependencies !== undefined) forbid('dependencies')
  if (schema.$ref !== undefined) forbid('$ref')
  if (type === 'null') forbid('type', 'type cannot be set to null, use nullable as an alternative')
  if (Array.isArray(schema.items)) forbid('items', 'items must be a schema object and not an array')
  if (place.insideMeta && schema['x-kubernetes-embedded-resource'] === true)
    forbid('x-kubernetes-embedded-resource', 'must not be used inside of resource meta')
  if (schema.uniqueItems === true)
    forbid('uniqueItems', 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic')
  return errors
}

function memberErrors(schema: JsonSchema, path: string, rules: SchemaRules, place: Place): FieldError[] {
  const errors: FieldError[] = []
  const { additionalProperties, properties = {}, items } = schema
  const below = { isRoot: false, insideMeta: place.insideMeta, ...noDefaultsOf(place) }
  if (additionalProperties !== undefined) {
    if (Object.keys(properties).length > 0 && additionalProperties !== true)
      errors.push(
        forbiddenField(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
      )
    if (typeof additionalProperties === 'object') {
      const inside = place.insideMeta
        ? { ...below, noDefaults: 'inside additionalProperties applying to object metadata' }
        : below
      errors.push(...schemaErrors(additionalProperties, `${path}.additionalProperties`, rules, inside))
    }
  }
  for (const [name, property] of Object.entries(properties)) {
    const isMeta = (place.isRoot || schema['x-kubernetes-embedded-resource'] === true) && metaFields.has(name)
    const at: Place = {
      ...below,
      insideMeta: place.insideMeta || isMeta,
      ...(isMeta && place.isRoot ? { noDefaults: `in top-level ${name}` } : {}),
    }
    errors.push(...schemaErrors(property, `${path}.properties[${name}]`, rules, at))
  }
  if (items !== undefined && !Array.isArray(items)) errors.push(...schemaErrors(items, `${path}.items`, rules, below))
  return errors
}

const noDefaultsOf = ({ noDefaults }: Place) => (noDefaults === undefined ? {} : { noDefaults })

function combinationErrors(schema: JsonSchema, path: string, rules: SchemaRules, place: Place): FieldError[] {
  const below: Place = { isRoot: false, insideMeta: place.insideMeta, ...noDefaultsOf(place) }
  const errors = schemaErrors(schema.not, `${path}.not`, rules, below)
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const)
    for (const [index, one] of (schema[name] ?? []).entries())
      errors.push(...schemaErrors(one, `${path}.${name}[${index}]`, rules, below))
  return errors
}

/** Kubernetes: sets hold what is compared as a whole, maps are told apart by scalar keys that are always there. */
function listErrors(schema: JsonSchema, path: string, rules: SchemaRules): FieldError[] {
  const errors: FieldError[] = []
  const { type = '', items } = schema
  const listType = schema['x-kubernetes-list-type'] as string | undefined
  const mapType = schema['x-kubernetes-map-type'] as string | undefined
  const needType = (name: string, wanted: string) => {
    const why = `must be ${wanted} if ${name} is specified`
    errors.push(type === '' ? required(`${path}.type`, why) : invalid(`${path}.type`, type, why))
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  if (mapType !== undefined && type !== 'object') needType('x-kubernetes-map-type', 'object')
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']))
  if (listType !== undefined && type !== 'array') needType('x-kubernetes-list-type', 'array')
  else if (rules.requireAtomicSets && listType === 'set' && items !== undefined && !isAtomic(items)) {
    const member = items.type === 'array' ? 'x-kubernetes-list-type' : 'x-kubernetes-map-type'
    const why = 'must be atomic as item of a list with x-kubernetes-list-type=set'
    errors.push(invalid(`${path}.items.${member}`, items['x-kubernetes-list-type'] ?? null, why))
  }
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']))
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  if (keys.length > 0 && listType !== 'map') {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty'
    const at = `${path}.x-kubernetes-list-type`
    errors.push(listType === undefined ? required(at, why) : invalid(at, listType, why))
  }
  if (listType === 'map') errors.push(...mapErrors(schema, path))
  return rules.requireMapKeys ? [...errors, ...mapKeyErrors(schema, path)] : errors
}

/** Whether items are compared as a whole. */
export function isAtomic(items: JsonSchema): boolean {
  if (items.type === 'array') return (items['x-kubernetes-list-type'] ?? 'atomic') === 'atomic'
  return items.type !== 'object' || items['x-kubernetes-map-type'] === 'atomic'
}

function mapErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { items } = schema
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const at = `${path}.x-kubernetes-list-map-keys`
  if (keys.length === 0) errors.push(required(at, 'must not be empty if x-kubernetes-list-type is map'))
  if (items === undefined)
    return [...errors, required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')]
  if (Array.isArray(items))
    return [
      ...errors,
      invalid(`${path}.items`, innerItems(items), 'must only have a single schema if x-kubernetes-list-type is map'),
    ]
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map"
    return [...errors, invalid(`${path}.items.type`, items.type ?? '', why)]
  }
  for (const [index, key] of keys.entries()) {
    const property = items.properties?.[key]
    if (property === undefined) errors.push(invalid(at, keys, 'entries must all be names of item properties'))
    else if (property.type === 'array' || property.type === 'object') {
      const why = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      errors.push(invalid(`${path}.items.properties[${key}].type`, items.type, why))
    }
    if (keys.indexOf(key) < index) errors.push(invalid(at, keys, 'must not contain duplicate entries'))
  }
  return errors
}

/** Keys of a map's items that might be absent or null, and items that might be null. */
export function mapKeyErrors(schema: JsonSchema, path: string): FieldError[] {
  const { items } = schema
  const listType = schema['x-kubernetes-list-type']
  if (items === undefined || (listType !== 'set' && listType !== 'map')) return []
  const errors: FieldError[] = []
  if (items.nullable === true)
    errors.push(
      forbiddenField(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`),
    )
  if (listType === 'set') return errors
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = items.properties?.[key]
    if (property === undefined) continue
    const at = `${path}.items.properties[${key}]`
    const isThere = items.required?.includes(key) === true || (property.default ?? null) !== null
    const about = 'this property is in x-kubernetes-list-map-keys, so it'
    if (!isThere) errors.push(required(`${at}.default`, `${about} must have a default or be a required property`))
    if (property.nullable === true) errors.push(forbiddenField(`${at}.nullable`, `${about} cannot be nullable`))
  }
  return errors
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const lineBreak = /[\n\r]/

/** What is wrong with the form of x-kubernetes-validations; whether they compile is asked apart. */
function ruleErrors(schema: JsonSchema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) => {
    const errors: FieldError[] = []
    const at = `${path}.x-kubernetes-validations[${index}]`
    const { message, messageExpression, fieldPath, reason } = rule
    const text = (rule.rule ?? '').trim()
    if (text === '') errors.push(required(`${at}.rule`, 'rule is not specified'))
    else if (message !== undefined && message !== '' && message.trim() === '')
      errors.push(invalid(`${at}.message`, message, 'must be non-empty if specified'))
    else if (message !== undefined && lineBreak.test(message.trim()))
      errors.push(invalid(`${at}.message`, message, 'must not contain line breaks'))
    else if (lineBreak.test(text) && (message ?? '') === '')
      errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'))
    if ((messageExpression ?? '') !== '' && messageExpression!.trim() === '')
      errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'))
    if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, reasons))
    if ((fieldPath ?? '') !== '' && fieldPath!.trim() === '')
      errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified'))
    if (fieldPath !== undefined && lineBreak.test(fieldPath))
      errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must not contain line breaks'))
    if ((fieldPath ?? '') !== '' && !('path' in fieldPathOf(fieldPath!, schema)))
      errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must be a valid path'))
    return errors
  })
}
