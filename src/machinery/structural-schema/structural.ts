import { goRegexProblem } from '../regex/regex.ts'
import { type FieldError, forbiddenField, invalid, required } from '../status/status.ts'
import { isEmbedded, isIntOrString, type JsonSchema, keepsUnknown } from './json-schema.ts'

type Level = 'root' | 'item' | 'field'

/**
 * Why a schema is not structural, sorted: every value has one type, said once outside allOf, anyOf, oneOf and not.
 * Kubernetes: only objects of structural schemas can be pruned and filled in (KEP-1693).
 */
export function structuralErrors(schema: JsonSchema | undefined, path: string): readonly FieldError[] {
  if (schema === undefined) return []
  const errors = [...invariantErrors(schema, 'root', path), ...completenessErrors(schema, path)]
  const text = ({ field, message }: FieldError) => `${field}: ${message}`
  return errors.sort((a, b) => (text(a) < text(b) ? -1 : 1))
}

function invariantErrors(schema: JsonSchema | undefined, level: Level, path: string): FieldError[] {
  if (schema === undefined) return []
  const errors: FieldError[] = []
  if (schema.type === 'array' && schema.items === undefined) errors.push(required(`${path}.items`, 'must be specified'))
  errors.push(...invariantErrors(schema.items, 'item', `${path}.items`))
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    errors.push(...invariantErrors(property, 'field', `${path}.properties[${name}]`))
  const others = schema.additionalProperties
  if (others !== undefined && others !== false) {
    if (level === 'root') errors.push(forbiddenField(`${path}.additionalProperties`, 'must not be used at the root'))
    if (others !== true) errors.push(...invariantErrors(others, 'field', `${path}.additionalProperties`))
  }
  errors.push(...extensionErrors(schema, path))
  errors.push(...valueErrors(schema, level, path, intOrStringPatterns(schema)))
  errors.push(...typeErrors(schema, level, path))
  errors.push(...metadataErrors(schema, level, path))
  return errors
}

function extensionErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = []
  const why = 'must be false if x-kubernetes-int-or-string is true'
  if (isIntOrString(schema) && keepsUnknown(schema))
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, why))
  if (isIntOrString(schema) && isEmbedded(schema))
    errors.push(invalid(`${path}.x-kubernetes-embedded-resource`, true, why))
  return errors
}

function typeErrors(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const { type = '' } = schema
  const at = `${path}.type`
  const errors: FieldError[] = []
  const isOpen = isIntOrString(schema) || keepsUnknown(schema)
  if (isEmbedded(schema) && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true'
    errors.push(type === '' ? required(at, why) : invalid(at, type, why))
  } else if (type === '' && !isOpen) {
    const why = {
      root: 'must not be empty at the root',
      item: 'must not be empty for specified array items',
      field: 'must not be empty for specified object fields',
    }
    errors.push(required(at, why[level]))
  }
  if (isEmbedded(schema) && schema.additionalProperties !== undefined && schema.additionalProperties !== false)
    errors.push(
      forbiddenField(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'),
    )
  if (level === 'root' && type !== '' && type !== 'object') errors.push(invalid(at, type, 'must be object at the root'))
  return errors
}

function metadataErrors(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { kind, apiVersion, metadata } = schema.properties ?? {}
  const isResource = level === 'root' || isEmbedded(schema)
  const member = (name: string) => `${path}.properties[${name}]`
  if (isResource && kind !== undefined && kind.type !== 'string')
    errors.push(invalid(`${member('kind')}.type`, kind.type ?? '', 'must be string'))
  if (isResource && apiVersion !== undefined && apiVersion.type !== 'string')
    errors.push(invalid(`${member('apiVersion')}.type`, apiVersion.type ?? '', 'must be string'))
  if (metadata !== undefined) {
    if (isResource && metadata.type !== 'object')
      errors.push(invalid(`${member('metadata')}.type`, metadata.type ?? '', 'must be object'))
    if (level === 'root' && !saysOnlyNames(metadata))
      errors.push(
        forbiddenField(
          member('metadata'),
          'must not specify anything other than name and generateName, but metadata is implicitly specified',
        ),
      )
  }
  if (isEmbedded(schema) && !keepsUnknown(schema) && Object.keys(schema.properties ?? {}).length === 0)
    errors.push(
      required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    )
  return errors
}

/** Kubernetes: metadata is known already; a schema may only say something of names. */
function saysOnlyNames({ type: _type, default: _default, description, properties = {}, ...rest }: JsonSchema): boolean {
  const names = Object.keys(properties)
  return (
    (description ?? '') === '' &&
    names.every((name) => name === 'name' || name === 'generateName') &&
    Object.values(rest).every((value) => value === undefined || value === false)
  )
}

interface Skipped {
  readonly anyOf: boolean
  readonly firstAllOf: boolean
}

/** Kubernetes: int-or-string may say its two types in anyOf, or in the first allOf. */
function intOrStringPatterns({ anyOf, allOf }: JsonSchema): Skipped {
  return { anyOf: isBothTypes(anyOf), firstAllOf: isBothTypes(allOf?.[0]?.anyOf) }
}

export function isBothTypes(anyOf: readonly JsonSchema[] | undefined): boolean {
  if (anyOf === undefined || anyOf.length !== 2) return false
  const [first, second] = anyOf
  const only = (schema: JsonSchema | undefined, type: string) =>
    schema?.type === type && Object.keys(schema).length === 1
  return only(first, 'integer') && only(second, 'string')
}

function valueErrors(schema: JsonSchema, level: Level, path: string, skip: Skipped): FieldError[] {
  const errors: FieldError[] = []
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema
  if (!skip.anyOf)
    for (const [index, one] of anyOf.entries()) errors.push(...nestedErrors(one, level, `${path}.anyOf[${index}]`))
  for (const [index, one] of allOf.entries())
    errors.push(...nestedErrors(one, level, `${path}.allOf[${index}]`, skip.firstAllOf && index === 0))
  for (const [index, one] of oneOf.entries()) errors.push(...nestedErrors(one, level, `${path}.oneOf[${index}]`))
  if (not !== undefined) errors.push(...nestedErrors(not, level, `${path}.not`))
  const problem = pattern === undefined || pattern === '' ? undefined : goRegexProblem(pattern)
  if (problem !== undefined)
    errors.push(invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${problem}`))
  return errors
}

/** What a schema inside allOf, anyOf, oneOf or not may not say, since it would be said twice or not at all. */
function nestedErrors(schema: JsonSchema, level: Level, path: string, skipAnyOf = false): FieldError[] {
  const errors = valueErrors(schema, level, path, { anyOf: skipAnyOf, firstAllOf: false })
  if (schema.items !== undefined) errors.push(...nestedErrors(schema.items, level, `${path}.items`))
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    errors.push(...nestedErrors(property, 'field', `${path}.properties[${name}]`))
  const forbid = (name: string, why: string) => errors.push(forbiddenField(`${path}.${name}`, why))
  if ((schema.type ?? '') !== '') forbid('type', 'must be empty to be structural')
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false)
    forbid('additionalProperties', 'must be undefined to be structural')
  if ((schema.default ?? null) !== null) forbid('default', 'must be undefined to be structural')
  if ((schema.title ?? '') !== '') forbid('title', 'must be empty to be structural')
  if ((schema.description ?? '') !== '') forbid('description', 'must be empty to be structural')
  if (schema.nullable === true) forbid('nullable', 'must be false to be structural')
  if (keepsUnknown(schema)) forbid('x-kubernetes-preserve-unknown-fields', 'must be false to be structural')
  if (isEmbedded(schema)) forbid('x-kubernetes-embedded-resource', 'must be false to be structural')
  if (isIntOrString(schema)) forbid('x-kubernetes-int-or-string', 'must be false to be structural')
  if ((schema['x-kubernetes-list-map-keys'] ?? []).length > 0)
    forbid('x-kubernetes-list-map-keys', 'must be empty to be structural')
  if (schema['x-kubernetes-list-type'] !== undefined)
    forbid('x-kubernetes-list-type', 'must be undefined to be structural')
  if (schema['x-kubernetes-map-type'] !== undefined)
    forbid('x-kubernetes-map-type', 'must be undefined to be structural')
  if ((schema['x-kubernetes-validations'] ?? []).length > 0)
    forbid('x-kubernetes-validations', 'must be empty to be structural')
  if (schema.properties?.['metadata'] !== undefined)
    forbid('properties[metadata]', 'must not be specified in a nested context')
  return errors
}

/** What the root's allOf, anyOf, oneOf and not speak of must be declared outside them, too. */
function completenessErrors(schema: JsonSchema, path: string): FieldError[] {
  return combinationErrors(schema, schema, path, path)
}

function combinationErrors(of: JsonSchema, declared: JsonSchema, at: string, said: string): FieldError[] {
  const errors = of.not === undefined ? [] : missingErrors(of.not, declared, at, `${said}.not`)
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const [index, one] of (of[name] ?? []).entries())
      errors.push(...missingErrors(one, declared, at, `${said}.${name}[${index}]`))
  return errors
}

function missingErrors(nested: JsonSchema, declared: JsonSchema | undefined, at: string, said: string): FieldError[] {
  if (declared === undefined) return [required(at, `because it is defined in ${said}`)]
  const errors = combinationErrors(nested, declared, at, said)
  if (nested.items !== undefined)
    errors.push(...missingErrors(nested.items, declared.items, `${at}.items`, `${said}.items`))
  for (const [name, property] of Object.entries(nested.properties ?? {})) {
    const step = `.properties[${name}]`
    errors.push(...missingErrors(property, declared.properties?.[name], `${at}${step}`, `${said}${step}`))
  }
  return errors
}
