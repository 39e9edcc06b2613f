import { dns1035LabelErrors, type FieldError, invalid, required } from '../../machinery/index.ts'
import { holdsResources, isMap, type JsonSchema, memberSchema } from '../../machinery/structural-schema/index.ts'
import { objectMetaErrors } from '../../resources/index.ts'

const anyName = () => []
const apiVersionText = /^(?:[^/]+\/)?[^/]+$/

/** What is wrong with kind, apiVersion and metadata of resources inside a resource. */
export function embeddedErrors(object: unknown, schema: JsonSchema | undefined): readonly FieldError[] {
  return below(object, schema, '', true)
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
  if (apiVersion === undefined) errors.push(required(`${path}.apiVersion`))
  else if (typeof apiVersion !== 'string') errors.push(invalid(`${path}.apiVersion`, apiVersion, 'must be a string'))
  else if (apiVersion === '') errors.push(invalid(`${path}.apiVersion`, apiVersion, 'must not be empty'))
  else if (!apiVersionText.test(apiVersion))
    errors.push(invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  if (kind === undefined) errors.push(required(`${path}.kind`))
  else if (typeof kind !== 'string') errors.push(invalid(`${path}.kind`, kind, 'must be a string'))
  else if (kind === '') errors.push(invalid(`${path}.kind`, kind, 'must not be empty'))
  else {
    const why = dns1035LabelErrors(kind.toLowerCase())
    if (why.length > 0)
      errors.push(invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${why.join(',')}`))
  }
  if (isMap(metadata)) {
    const rule = { namespaced: metadata['namespace'] !== undefined, name: anyName }
    // Kubernetes: a resource inside a resource needs no name.
    const found = objectMetaErrors(metadata, rule, `${path}.metadata`)
    errors.push(...found.filter(({ type, field }) => type !== 'FieldValueRequired' || !field.endsWith('.name')))
  }
  return errors
}
