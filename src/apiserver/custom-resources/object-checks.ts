import { type FieldError, goText, invalid, type KubeObject, parseJsonPath } from '../../machinery/index.ts'
import { isMap, type JsonSchema, listTypeErrors, schemaValueErrors } from '../../machinery/structural-schema/index.ts'
import { objectMetaErrors, objectMetaUpdateErrors, subdomainName } from '../../resources/index.ts'
import { embeddedErrors } from './embedded-checks.ts'

/** The rules of a schema, ready to be asked. Without `previous` the object is new. */
export interface RuleChecks {
  check(object: KubeObject, previous: KubeObject | undefined): readonly FieldError[]
  /** What would be an error if the value at fault had changed. */
  warnings(object: KubeObject, previous: KubeObject | undefined): readonly string[]
}
/** All that may be wrong with an object of a custom kind. */
export interface ObjectChecks {
  create(object: KubeObject): readonly FieldError[]
  update(object: KubeObject, previous: KubeObject): readonly FieldError[]
  status(object: KubeObject, previous: KubeObject): readonly FieldError[]
}
interface Scale {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  readonly labelSelectorPath?: string
}
interface CheckParts {
  readonly namespaced: boolean
  readonly schema: JsonSchema
  readonly rules: RuleChecks | undefined
  readonly scale?: Scale
}

const replicasMax = 2 ** 31 - 1

/** Kubernetes: rules are asked only of objects that are well formed, since they may rely on it. */
const blocking: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])
const rulesNotAsked = invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
)

export function objectChecks({ namespaced, schema, rules, scale }: CheckParts): ObjectChecks {
  const meta = { namespaced, name: subdomainName }
  const status = schema.properties?.['status']
  const withRules = (errors: readonly FieldError[], object: KubeObject, previous?: KubeObject) => {
    if (rules === undefined) return errors
    if (errors.some(({ type }) => blocking.has(type))) return [...errors, rulesNotAsked]
    return [...errors, ...rules.check(object, previous)]
  }
  const listErrors = (object: KubeObject, previous?: KubeObject) =>
    previous !== undefined && listTypeErrors(previous, schema).length > 0 ? [] : listTypeErrors(object, schema)
  return {
    create: (object) =>
      withRules(
        [
          ...objectMetaErrors(object.metadata, meta),
          ...schemaValueErrors(object, schema),
          ...scaleErrors(object, scale, true),
          ...embeddedErrors(object, schema),
          ...listErrors(object),
        ],
        object,
      ),
    update: (object, previous) =>
      withRules(
        [
          ...objectMetaUpdateErrors(object.metadata, previous.metadata),
          ...schemaValueErrors(object, schema, { old: previous }),
          ...scaleErrors(object, scale, true),
          ...embeddedErrors(object, schema),
          ...listErrors(object, previous),
        ],
        object,
        previous,
      ),
    status: (object, previous) =>
      withRules(
        [
          ...objectMetaUpdateErrors(object.metadata, previous.metadata),
          ...statusErrors(object, previous, status),
          ...scaleErrors(object, scale, false),
          ...listErrors(object, previous),
        ],
        object,
        previous,
      ),
  }
}

/** Kubernetes: status is checked as if it were the whole object, so texts name fields from there. */
function statusErrors(object: KubeObject, previous: KubeObject, schema: JsonSchema | undefined): readonly FieldError[] {
  const { status } = object as { status?: unknown }
  if (status === undefined || schema === undefined) return []
  const old = (previous as { status?: unknown }).status
  const errors = schemaValueErrors(status, schema, old === undefined ? {} : { old })
  return errors.map((error) => ({
    ...error,
    field: error.field === '' || error.field === '<nil>' ? 'status' : `status.${error.field}`,
  }))
}

function scaleErrors(object: KubeObject, scale: Scale | undefined, withSpec: boolean): readonly FieldError[] {
  if (scale === undefined) return []
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale
  const replicas = (path: string): readonly FieldError[] => {
    const [value] = parseJsonPath(path).find(object)
    if (value === undefined) return []
    if (typeof value !== 'number' || !Number.isInteger(value))
      return [invalid(path, 0, `${path} accessor error: ${describe(value)}, expected int64`)]
    if (value < 0) return [invalid(path, value, 'should be a non-negative integer')]
    return value > replicasMax ? [invalid(path, value, `should be less than or equal to ${replicasMax}`)] : []
  }
  const errors = [...(withSpec ? replicas(specReplicasPath) : []), ...replicas(statusReplicasPath)]
  if (labelSelectorPath === undefined || labelSelectorPath === '') return errors
  const [selector] = parseJsonPath(labelSelectorPath).find(object)
  if (selector === undefined || typeof selector === 'string') return errors
  const why = `${labelSelectorPath} accessor error: ${describe(selector)}, expected string`
  return [...errors, invalid(labelSelectorPath, '', why)]
}

/** A value and its type as Go prints them. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return `${goText(value)} is of the type []interface {}`
  if (isMap(value)) return `${goText(value)} is of the type map[string]interface {}`
  const type = typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'bool' : 'float64'
  return `${String(value)} is of the type ${type}`
}
