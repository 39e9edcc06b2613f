import { cloneJson, type FieldError, invalid, sameJson } from '../../../machinery/index.ts'
import {
  isMap,
  type JsonSchema,
  prune,
  pruneValue,
  schemaValueErrors,
  settleEmbedded,
} from '../../../machinery/structural-schema/index.ts'
import { readMetadata } from '../declaration.ts'
import { embeddedErrors } from '../embedded-checks.ts'

const metaNames: ReadonlySet<string> = new Set(['metadata', 'apiVersion', 'kind'])

/** Defaults that are not good values themselves, or say something the schema does not declare. */
export function defaultErrors(schema: JsonSchema, path: string, requirePruned: boolean): FieldError[] {
  return below({ ...schema, 'x-kubernetes-embedded-resource': true }, path, { requirePruned, insideMeta: false })
}

interface Where {
  readonly requirePruned: boolean
  readonly insideMeta: boolean
}

function below(schema: JsonSchema, path: string, where: Where): FieldError[] {
  const isResource = schema['x-kubernetes-embedded-resource'] === true
  const at = isResource ? { ...where, insideMeta: false } : where
  const errors = (schema.default ?? null) === null ? [] : valueErrors(schema, `${path}.default`, at)
  // Kubernetes: additionalProperties are not looked into, since defaults are refused there.
  if (schema.items !== undefined) errors.push(...below(schema.items, `${path}.items`, at))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const insideMeta = at.insideMeta || (isResource && metaNames.has(name))
    errors.push(...below(property, `${path}.properties[${name}]`, { ...at, insideMeta }))
  }
  return errors
}

function valueErrors(schema: JsonSchema, path: string, { requirePruned, insideMeta }: Where): FieldError[] {
  const { default: value } = schema
  const errors: FieldError[] = []
  const isResource = schema['x-kubernetes-embedded-resource'] === true
  if (requirePruned && !insideMeta) {
    const pruned = cloneJson(value)
    if (isResource) prune(pruned, schema)
    else pruneValue(pruned, schema)
    if (!sameJson(pruned, value)) errors.push(invalid(path, value, 'must not have unknown fields'))
  }
  if (isResource && isMap(value)) {
    const { problem } = settleEmbedded(cloneJson(value), schema, readMetadata, { drop: false })
    if (problem !== undefined) return [...errors, invalid(`${path}.${problem.field}`, problem.value, problem.detail)]
    const embedded = embeddedErrors({ value }, { properties: { value: schema } })
    if (embedded.length > 0)
      return [...errors, ...embedded.map((one) => ({ ...one, field: one.field.replace(/^value/, path) }))]
  }
  const found = schemaValueErrors(value, { ...schema, default: undefined } as JsonSchema)
  return [
    ...errors,
    ...found.map((one) => ({
      ...one,
      field: one.field === '' || one.field === '<nil>' ? path : `${path}.${one.field}`,
    })),
  ]
}
