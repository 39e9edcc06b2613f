import { dns1035LabelErrors, type FieldError, invalid, pathSegmentErrors, required } from '../../machinery/index.ts'
import { holdsResources, isMap, type JsonSchema, memberSchema } from '../../machinery/structural-schema/index.ts'
import { objectMetaErrors } from '../../resources/index.ts'

const apiVersionText = /^(?:[^/]+\/)?[^/]+$/

/** What is wrong with kind, apiVersion and metadata of resources inside a resource. */
export function embeddedErrors(object: unknown, schema: JsonSchema | undefined): readonly FieldError[] {
  return below(object, schema, '', true)
}

/** The same, and of the resource itself. */
export function rootResourceErrors(
  object: Record<string, unknown>,
  schema: JsonSchema | undefined,
): readonly FieldError[] {
  return [...resourceErrors(object, ''), ...below(object, schema, '', true)]
}

function below(value: unknown, schema: JsonSchema | undefined, path: string, isRoot: boolean): readonly FieldError[] {
  if (schema === undefined || !holdsResources(schema)) return []
  if (Array.isArray(value)) return value.flatMap((item, index) => below(item, schema.items, `${path}[${index}]`, false))
  if (!isMap(value)) return []
  const own = !isRoot && schema['x-kubernetes-embedded-resource'] === true ? resourceErrors(value, path) : []
  const members = Object.keys(value).flatMap((name) => {
    const isProperty = schema.properties !== undefined && Object.hasOwn(schema.properties, name)
    const at = isProperty ? (path === '' ? name : `${path}.${name}`) : `${path}[${name}]`
    return below(value[name], memberSchema(schema, name), at, false)
  })
  return [...own, ...members]
}

function resourceErrors(value: Record<string, unknown>, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const { apiVersion, kind, metadata } = value
  const at = (name: string) => (path === '' ? name : `${path}.${name}`)
  if (apiVersion === undefined) errors.push(required(at('apiVersion')))
  else if (typeof apiVersion !== 'string') errors.push(invalid(at('apiVersion'), apiVersion, 'must be a string'))
  else if (apiVersion === '') errors.push(invalid(at('apiVersion'), apiVersion, 'must not be empty'))
  else if (!apiVersionText.test(apiVersion))
    errors.push(invalid(at('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  if (kind === undefined) errors.push(required(at('kind')))
  else if (typeof kind !== 'string') errors.push(invalid(at('kind'), kind, 'must be a string'))
  else if (kind === '') errors.push(invalid(at('kind'), kind, 'must not be empty'))
  else {
    const why = dns1035LabelErrors(kind.toLowerCase())
    if (why.length > 0)
      errors.push(invalid(at('kind'), kind, `may have mixed case, but should otherwise match: ${why.join(',')}`))
  }
  if (isMap(metadata)) {
    const rule = { namespaced: metadata['namespace'] !== undefined, name: pathSegmentErrors }
    // Kubernetes: a resource inside a resource needs no name.
    const found = objectMetaErrors(metadata, rule, at('metadata'))
    errors.push(...found.filter(({ type, field }) => type !== 'FieldValueRequired' || !field.endsWith('.name')))
  }
  return errors
}
