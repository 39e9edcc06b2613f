import { type FieldError, forbiddenField, invalid, required } from '../../../machinery/index.ts'
import { type JsonSchema, structuralErrors } from '../../../machinery/structural-schema/index.ts'
import {
  type CustomResourceDefinition,
  objectMetaErrors,
  objectMetaUpdateErrors,
  subdomainName,
} from '../../../resources/index.ts'
import { isTrue } from '../names.ts'
import { bundleProblem, type ConversionRules, knowsReviewVersion } from './conversion-checks.ts'
import { defaultErrors } from './default-checks.ts'
import { innerSchema } from './inner-form.ts'
import { goodPlaces, isAtomic, mapKeyErrors, type SchemaRules, schemaErrors } from './schema-checks.ts'
import {
  approvalErrors,
  isSame,
  namesErrors,
  selectableErrors,
  specErrors,
  storedVersionErrors,
} from './spec-checks.ts'
import { type SpecForm, schemasOf, specForm } from './spec-form.ts'

/** Asks whether a schema's rules compile and cost no more than they may; `old` is what the version said before. */
export type RuleDeclarationCheck = (
  schema: JsonSchema,
  path: string,
  old: JsonSchema | undefined,
  /** Whether a place of the schema, and all below it, is good but for its rules. */
  isGood: (path: string) => boolean,
) => readonly FieldError[]

interface Allowed extends SchemaRules, ConversionRules {
  readonly requireSchemas: boolean
  readonly requireStructural: boolean
  readonly requirePruned: boolean
}
const everything: Allowed = {
  requireValidTypes: true,
  requireAtomicSets: true,
  requireMapKeys: true,
  requireSchemas: true,
  requireStructural: true,
  requirePruned: true,
  requireReviewVersion: true,
  requireValidBundle: false,
}

/** All that is wrong with a new CustomResourceDefinition. */
export function declaredErrors(crd: CustomResourceDefinition, rules: RuleDeclarationCheck): readonly FieldError[] {
  const wanted = `${crd.spec.names.plural}.${crd.spec.group}`
  const name = (text: string) => [
    ...subdomainName(text),
    ...(text === wanted ? [] : ['must be spec.names.plural+"."+spec.group']),
  ]
  return [
    ...objectMetaErrors(crd.metadata, { namespaced: false, name }),
    ...specFormErrors(specForm(crd.spec), everything, rules, undefined),
    ...commonErrors(crd, undefined),
  ]
}

/** All that is wrong with a changed one. Kubernetes: what was allowed when it was declared stays allowed. */
export function declaredUpdateErrors(
  crd: CustomResourceDefinition,
  previous: CustomResourceDefinition,
  rules: RuleDeclarationCheck,
): readonly FieldError[] {
  const old = specForm(previous.spec)
  const errors = [
    ...objectMetaUpdateErrors(crd.metadata, previous.metadata),
    ...specFormErrors(specForm(crd.spec), allowedAfter(old, previous), rules, old),
  ]
  const immutable = (field: string, next: unknown, before: unknown) => {
    if (!isSame(next, before)) errors.push(invalid(`spec.${field}`, next, 'field is immutable'))
  }
  if (isTrue(previous, 'Established')) {
    immutable('scope', crd.spec.scope, previous.spec.scope)
    immutable('names.kind', crd.spec.names.kind, previous.spec.names.kind)
  }
  immutable('group', crd.spec.group, previous.spec.group)
  immutable('names.plural', crd.spec.names.plural, previous.spec.names.plural)
  return [...errors, ...commonErrors(crd, previous)]
}

/** All that is wrong with a changed status. */
export function declaredStatusErrors(
  crd: CustomResourceDefinition,
  previous: CustomResourceDefinition,
): readonly FieldError[] {
  return [
    ...objectMetaUpdateErrors(crd.metadata, previous.metadata),
    ...namesErrors(crd.status?.acceptedNames, 'status.acceptedNames'),
  ]
}

function commonErrors(crd: CustomResourceDefinition, previous: CustomResourceDefinition | undefined): FieldError[] {
  const keeps = crd.spec.preserveUnknownFields === true && previous?.spec.preserveUnknownFields !== true
  return [
    ...namesErrors(crd.status?.acceptedNames, 'status.acceptedNames'),
    ...storedVersionErrors(crd),
    ...approvalErrors(crd, previous),
    ...(keeps
      ? [
          invalid(
            'spec.preserveUnknownFields',
            true,
            'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
          ),
        ]
      : []),
  ]
}

function specFormErrors(
  form: SpecForm,
  allowed: Allowed,
  rules: RuleDeclarationCheck,
  old: SpecForm | undefined,
): FieldError[] {
  const errors = specErrors(form, 'spec', allowed)
  if (form.validation?.openAPIV3Schema === undefined) {
    for (const [index, { schema, served }] of form.versions.entries()) {
      if (schema?.openAPIV3Schema !== undefined) continue
      const at = `spec.versions[${index}].schema.openAPIV3Schema`
      if (allowed.requireSchemas) errors.push(required(at))
      else if (served && form.preserveUnknownFields !== true)
        errors.push(required(at, 'because otherwise all fields are pruned'))
    }
  }
  const hasStatus = [form.subresources, ...form.versions.map(({ subresources }) => subresources)].some(
    (one) => one?.status !== undefined,
  )
  const oldSchema = (name: string | undefined) =>
    (old?.validation ?? old?.versions.find((one) => one.name === name)?.schema)?.openAPIV3Schema as
      | JsonSchema
      | undefined
  const check = (schema: object | undefined, path: string, status: boolean, version: string | undefined) =>
    schema === undefined ? [] : validationErrors(schema as JsonSchema, path, status, allowed, rules, oldSchema(version))
  errors.push(
    ...check(form.validation?.openAPIV3Schema, 'spec.validation.openAPIV3Schema', hasStatus, form.versions[0]?.name),
  )
  for (const [index, version] of form.versions.entries()) {
    const at = `spec.versions[${index}]`
    const status = (version.subresources ?? form.subresources)?.status !== undefined
    errors.push(...check(version.schema?.openAPIV3Schema, `${at}.schema.openAPIV3Schema`, status, version.name))
    const schema = (version.schema ?? form.validation)?.openAPIV3Schema as JsonSchema | undefined
    const before = old?.versions.find(({ name }) => name === version.name)?.selectableFields
    errors.push(
      ...selectableErrors(version.selectableFields, schema, `${at}.selectableFields`, {
        allowTooMany: isSame(before, version.selectableFields),
        missing: '`version.schema.openAPIV3Schema` is not included',
      }),
    )
  }
  const schema = form.validation?.openAPIV3Schema as JsonSchema | undefined
  const unchanged = isSame(old?.selectableFields, form.selectableFields)
  const options = { allowTooMany: unchanged, missing: 'validations.schema is included' }
  return [...errors, ...selectableErrors(form.selectableFields, schema, 'spec.selectableFields', options)]
}

/** Kubernetes: so that the status can be checked by what stands in properties alone. */
const allowedAtRoot: ReadonlySet<string> = new Set([
  'description',
  'type',
  'format',
  'title',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'multipleOf',
  'required',
  'items',
  'properties',
  'externalDocs',
  'example',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
])
const allowedAtRootText =
  '[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]'

function validationErrors(
  schema: JsonSchema,
  path: string,
  hasStatus: boolean,
  allowed: Allowed,
  rules: RuleDeclarationCheck,
  old: JsonSchema | undefined,
): FieldError[] {
  const errors: FieldError[] = []
  if (hasStatus && (schema.type ?? 'object') !== 'object') {
    const why = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
    errors.push(invalid(`${path}.type`, schema.type, why))
  } else if (hasStatus && Object.keys(schema).some((name) => !allowedAtRoot.has(name))) {
    const why = `only ${allowedAtRootText} fields are allowed at the root of the schema if the status subresource is enabled`
    errors.push(invalid(path, innerSchema(schema), why))
  }
  if (schema.nullable === true) errors.push(forbiddenField(`${path}.nullable`, 'nullable cannot be true at the root'))
  const shape = schemaErrors(schema, path, allowed)
  if (!allowed.requireStructural) return [...errors, ...shape]
  // What cannot be read as a structural schema is told of by its members.
  if (!isReadable(schema)) return [...errors, ...shape]
  const structural = structuralErrors(schema, path)
  if (structural.length > 0) return [...errors, ...structural, ...shape]
  const defaults = defaultErrors(schema, path, allowed.requirePruned)
  if (defaults.length > 0) return [...errors, ...defaults, ...shape]
  // Rules are compiled only where the types they rely on are known to be good.
  return [...errors, ...shape, ...rules(schema, path, old, goodPlaces(shape))]
}

/** Kubernetes: whether all that is said can be said by a structural schema. */
function isReadable(schema: JsonSchema): boolean {
  return !anywhere(
    schema,
    (one) =>
      one['x-kubernetes-preserve-unknown-fields'] === false ||
      Array.isArray(one.items) ||
      ['id', '$schema', '$ref', 'additionalItems', 'dependencies'].some((name) => isSaid(one, name)) ||
      ['patternProperties', 'definitions'].some((name) => Object.keys(said(one, name) ?? {}).length > 0),
  )
}
const said = (schema: JsonSchema, name: string) => (schema as Readonly<Record<string, unknown>>)[name]
const isSaid = (schema: JsonSchema, name: string) => (said(schema, name) ?? '') !== ''

/** What the old form of a declaration shows that its owner was allowed. */
function allowedAfter(old: SpecForm, previous: CustomResourceDefinition): Allowed {
  const schemas = schemasOf(old) as readonly JsonSchema[]
  const some = (bad: (schema: JsonSchema) => boolean) => schemas.some((schema) => anywhere(schema, bad))
  const structural = schemas.every((schema) => structuralErrors(schema, '').length === 0)
  return {
    requireValidTypes: !some(
      ({ type = '' }) => type !== '' && !['array', 'boolean', 'integer', 'number', 'object', 'string'].includes(type),
    ),
    requireAtomicSets: !some(
      (schema) => schema['x-kubernetes-list-type'] === 'set' && schema.items !== undefined && !isAtomic(schema.items),
    ),
    requireMapKeys: !some((schema) => mapKeyErrors(schema, '').length > 0),
    requireSchemas:
      old.validation?.openAPIV3Schema !== undefined ||
      old.versions.every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    requireStructural: structural,
    requireReviewVersion: knowsReviewVersion(old.conversion),
    requireValidBundle: isTrue(previous, 'Established') && bundleProblem(old.conversion) === undefined,
    requirePruned: structural && schemas.every((schema) => defaultErrors(schema, '', true).length === 0),
  }
}

function anywhere(schema: JsonSchema, bad: (schema: JsonSchema) => boolean): boolean {
  if (bad(schema)) return true
  const below = [
    schema.items,
    schema.not,
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...Object.values(schema.properties ?? {}),
    typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined,
  ]
  return below.some((one) => one !== undefined && !Array.isArray(one) && anywhere(one, bad))
}
