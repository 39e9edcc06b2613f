import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  sameJson,
  tooMany,
} from '../../../machinery/index.ts'
import { type JsonSchema, somewhere } from '../../../machinery/structural-schema/index.ts'
import type { CustomResourceDefinition } from '../../../resources/index.ts'
import { type ConversionRules, conversionErrors } from './conversion-checks.ts'
import { innerVersions } from './inner-form.ts'
import { type SpecForm, schemasOf, type Version } from './spec-form.ts'

type Names = CustomResourceDefinition['spec']['names']
type Column = NonNullable<Version['additionalPrinterColumns']>[number]

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
const selectableFieldsMax = 8
const joined = (words: readonly string[]) => words.join(',')

/** What is wrong with the group, the names, the versions and all else but the schemas. */
export function specErrors(form: SpecForm, path: string, conversion: ConversionRules): FieldError[] {
  const { group, scope, versions } = form
  const errors: FieldError[] = []
  if (group === '') errors.push(required(`${path}.group`))
  else if (dns1123SubdomainErrors(group).length > 0)
    errors.push(invalid(`${path}.group`, group, joined(dns1123SubdomainErrors(group))))
  else if (!group.includes('.'))
    errors.push(invalid(`${path}.group`, group, 'should be a domain with at least one dot'))
  if (scope === '') errors.push(required(`${path}.scope`))
  else if (scope !== 'Cluster' && scope !== 'Namespaced')
    errors.push(notSupported(`${path}.scope`, scope, ['Cluster', 'Namespaced']))
  for (const [index, version] of versions.entries())
    errors.push(...versionErrors(version, `${path}.versions[${index}]`))
  // Kubernetes: the name of the first version has a second place within.
  const first = versions[0]?.name ?? ''
  const words = first === '' ? [] : dns1035LabelErrors(first)
  if (words.length > 0) errors.push(invalid(`${path}.version`, first, joined(words)))
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(invalid(`${path}.versions`, innerVersions(versions), 'must contain unique version names'))
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(
      invalid(
        `${path}.versions`,
        form.versionsAreStated ? innerVersions(versions) : null,
        'must have exactly one version marked as storage version',
      ),
    )
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const)
    if ((form.names[name] ?? '') === '') errors.push(required(`${path}.names.${name}`))
  return [
    ...errors,
    ...namesErrors(form.names, `${path}.names`),
    ...subresourcesErrors(form.subresources, `${path}.subresources`),
    ...columnsErrors(form.additionalPrinterColumns, `${path}.additionalPrinterColumns`),
    ...preservingErrors(form, path),
    ...conversionErrors(form.conversion, `${path}.conversion`, conversion),
  ]
}

const hasDefaults = somewhere((schema) => (schema.default ?? null) !== null)

/** Objects that keep whatever they are given can neither be filled in nor converted. */
function preservingErrors(form: SpecForm, path: string): FieldError[] {
  if (form.preserveUnknownFields !== true) return []
  const errors: FieldError[] = []
  const strategy = form.conversion?.strategy
  if (schemasOf(form).some((schema) => hasDefaults(schema)))
    errors.push(invalid(`${path}.preserveUnknownFields`, true, 'must be false in order to use defaults in the schema'))
  if (strategy !== undefined && strategy !== 'None')
    errors.push(invalid(`${path}.conversion.strategy`, strategy, 'must be None if spec.preserveUnknownFields is true'))
  return errors
}

function versionErrors(version: Version, path: string): FieldError[] {
  const words = dns1035LabelErrors(version.name)
  return [
    ...(words.length === 0 ? [] : [invalid(`${path}.name`, version.name, joined(words))]),
    ...deprecationErrors(version, `${path}.deprecationWarning`),
    ...subresourcesErrors(version.subresources, `${path}.subresources`),
    ...columnsErrors(version.additionalPrinterColumns, `${path}.additionalPrinterColumns`),
  ]
}

function deprecationErrors({ deprecated, deprecationWarning: text }: Version, path: string): FieldError[] {
  if (text === undefined) return []
  if (deprecated !== true) return [invalid(path, text, 'can only be set for deprecated versions')]
  const errors: FieldError[] = []
  if (text.length > 256) errors.push(invalid(path, text, 'must be <= 256 characters long'))
  if (text === '') errors.push(invalid(path, text, 'must not be an empty string'))
  const at = text.search(/[^\P{C}]/u)
  if (at >= 0) {
    const why = `must only contain printable UTF-8 characters; non-printable character found at index ${at}`
    errors.push(invalid(path, text, why))
  }
  return errors
}

/** Kubernetes: the same for names that are asked for and names that were accepted. */
export function namesErrors(names: Partial<Names> | undefined, path: string): FieldError[] {
  if (names === undefined) return []
  const { plural = '', singular = '', kind = '', listKind = '', shortNames, categories } = names
  const errors: FieldError[] = []
  const label = (at: string, name: string, mixed = false) => {
    const words = name === '' ? [] : dns1035LabelErrors(mixed ? name.toLowerCase() : name)
    const before = mixed ? 'may have mixed case, but should otherwise match: ' : ''
    if (words.length > 0) errors.push(invalid(`${path}.${at}`, name, `${before}${joined(words)}`))
  }
  label('plural', plural)
  label('singular', singular)
  label('kind', kind, true)
  label('listKind', listKind, true)
  const labelOfList = (at: string, name: string) => {
    if (name === '') errors.push(invalid(`${path}.${at}`, name, joined(dns1035LabelErrors(name))))
    else label(at, name)
  }
  for (const [index, name] of (shortNames ?? []).entries()) labelOfList(`shortNames[${index}]`, name)
  if (kind !== '' && kind === listKind)
    errors.push(invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same'))
  for (const [index, name] of (categories ?? []).entries()) labelOfList(`categories[${index}]`, name)
  return errors
}

function subresourcesErrors(subresources: Version['subresources'], path: string): FieldError[] {
  const scale = subresources?.scale
  if (scale === undefined) return []
  const place = (name: 'specReplicasPath' | 'statusReplicasPath', root: string): FieldError[] => {
    const at = `${path}.scale.${name}`
    const text = scale[name] ?? ''
    if (text === '') return [required(at)]
    if (!text.startsWith('.')) return [invalid(at, text, 'must be a simple json path starting with .')]
    return text.startsWith(`${root}.`) ? [] : [invalid(at, text, `should be a json path under ${root}`)]
  }
  const errors = [...place('specReplicasPath', '.spec'), ...place('statusReplicasPath', '.status')]
  const selector = scale.labelSelectorPath ?? ''
  const at = `${path}.scale.labelSelectorPath`
  if (selector !== '' && !selector.startsWith('.'))
    errors.push(invalid(at, selector, 'must be a simple json path starting with .'))
  else if (selector !== '' && !selector.startsWith('.spec.') && !selector.startsWith('.status.'))
    errors.push(invalid(at, selector, 'should be a json path under either .spec or .status'))
  return errors
}

function columnsErrors(columns: readonly Column[] | undefined, path: string): FieldError[] {
  return (columns ?? []).flatMap(({ name, type, format = '', jsonPath }, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    if ((name ?? '') === '') errors.push(required(`${at}.name`))
    const typeWords = `must be one of ${joined(columnTypes)}`
    if ((type ?? '') === '') errors.push(required(`${at}.type`, typeWords))
    else if (!columnTypes.includes(type)) errors.push(invalid(`${at}.type`, type, typeWords))
    if (format !== '' && !columnFormats.includes(format))
      errors.push(invalid(`${at}.format`, format, `must be one of ${joined(columnFormats)}`))
    if ((jsonPath ?? '') === '') errors.push(required(`${at}.JSONPath`))
    else if (!jsonPath.startsWith('.'))
      errors.push(invalid(`${at}.JSONPath`, jsonPath, 'must be a simple json path starting with .'))
    return errors
  })
}

/** What is wrong with the fields that objects may be selected by. */
export function selectableErrors(
  fields: Version['selectableFields'],
  schema: JsonSchema | undefined,
  path: string,
  { allowTooMany, missing }: { readonly allowTooMany: boolean; readonly missing: string },
): FieldError[] {
  if ((fields ?? []).length > 0 && schema === undefined) return [invalid(path, '', `may only be set when ${missing}`)]
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { jsonPath = '' }] of (fields ?? []).entries()) {
    const at = `${path}[${index}].jsonPath`
    if (jsonPath === '') {
      errors.push(required(at))
      continue
    }
    const found = fieldAt(jsonPath, schema)
    if (typeof found === 'string') {
      errors.push(invalid(at, jsonPath, `is an invalid path: ${found}`))
      continue
    }
    if (jsonPath.startsWith('.metadata.') || jsonPath === '.metadata')
      errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'))
    if (!['string', 'boolean', 'integer'].includes(found.type ?? '')) {
      const why =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
      errors.push(invalid(at, jsonPath, why))
    }
    if (seen.has(jsonPath)) errors.push(duplicate(at, jsonPath))
    seen.add(jsonPath)
  }
  if (seen.size > selectableFieldsMax && !allowTooMany) errors.push(tooMany(path, seen.size, selectableFieldsMax))
  return errors
}

/** The schema a dotted path leads to, or why it leads nowhere. */
function fieldAt(path: string, schema: JsonSchema | undefined): JsonSchema | string {
  if (path.includes('[')) return 'array notation is not allowed'
  if (!path.startsWith('.')) return `expected [ or . but got: ${path.split('.')[0]}`
  let at = schema
  for (const name of path.slice(1).split('.')) {
    if (name === '') return 'unexpected end of JSON path'
    const others = at?.additionalProperties
    at = at?.properties === undefined ? (typeof others === 'object' ? others : undefined) : at.properties[name]
    if (at === undefined) return 'does not refer to a valid field'
  }
  return at ?? 'does not refer to a valid field'
}

/** Versions in which objects were ever stored must stay until somebody says that none are left. */
export function storedVersionErrors(crd: CustomResourceDefinition): FieldError[] {
  const path = 'status.storedVersions'
  const stored = crd.status?.storedVersions ?? []
  if (stored.length === 0)
    return [invalid(path, crd.status?.storedVersions ?? null, 'must have at least one stored version')]
  const versions = crd.spec.versions ?? []
  const errors: FieldError[] = []
  // Kubernetes: each stored version is that of one version only, should two be of one name.
  const left = new Set(stored)
  for (const { name, storage } of versions)
    if (!left.delete(name) && storage) errors.push(invalid(path, stored, `must have the storage version ${name}`))
  for (const [index, name] of stored.entries()) {
    if (versions.some((one) => one.name === name)) continue
    const why = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`
    errors.push(invalid(`${path}[${index}]`, name, why))
  }
  return errors
}

const approvalAnnotation = 'api-approved.kubernetes.io'

/** Kubernetes: groups of the community are for what the community has agreed on. */
export function approvalErrors(crd: CustomResourceDefinition, previous?: CustomResourceDefinition): FieldError[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(crd.spec.group)) return []
  const state = (of: CustomResourceDefinition) => {
    const text = of.metadata.annotations?.[approvalAnnotation] ?? ''
    if (text === '') return 'missing'
    if (text.startsWith('unapproved')) return 'bypassed'
    return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/]+/.test(text) ? 'approved' : 'invalid'
  }
  const now = state(crd)
  if (previous !== undefined && state(previous) === now) return []
  const at = `metadata.annotations[${approvalAnnotation}]`
  const text = `protected groups must have approval annotation ${JSON.stringify(approvalAnnotation)}`
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111'
  if (now === 'missing') return [required(at, `${text}, ${see}`)]
  if (now !== 'invalid') return []
  const value = crd.metadata.annotations?.[approvalAnnotation]
  return [invalid(at, value, `${text} with either a URL or a reason starting with "unapproved", ${see}`)]
}

/** Whether a field stayed as it was. */
export const isSame = (a: unknown, b: unknown): boolean => sameJson(a ?? null, b ?? null)
