import { cloneJson, type FieldError, invalid, sameJson } from '../../../machinery/index.ts'
import {
  type EmbeddedProblem,
  type JsonSchema,
  prune,
  pruneValue,
  schemaValueErrors,
  settleEmbedded,
  settleEmbeddedValue,
} from '../../../machinery/structural-schema/index.ts'
import { readMetadata } from '../declaration.ts'
import { embeddedErrors, rootResourceErrors } from '../embedded-checks.ts'

const metaNames: ReadonlySet<string> = new Set(['metadata', 'apiVersion', 'kind'])

/** Defaults that are not good values themselves, or say something the schema does not declare. */
export function defaultErrors(schema: JsonSchema, path: string, requirePruned: boolean): FieldError[] {
  const root = { ...schema, 'x-kubernetes-embedded-resource': true }
  return below(root, path, { requirePruned, insideMeta: false, around: aroundRoot, root })
}

/** The resource that a value would be part of, with nothing else in it. */
type Around = (value: unknown) => Record<string, unknown>

interface Where {
  readonly requirePruned: boolean
  readonly insideMeta: boolean
  readonly around: Around
  /** The schema of the resource that is around. */
  readonly root: JsonSchema
}

/** Kubernetes: whatever the resource is, it is of this kind while its defaults are looked at. */
const aroundRoot: Around = (value) => ({
  kind: 'Validation',
  apiVersion: 'validation/v1',
  ...(value as Record<string, unknown>),
})

function below(schema: JsonSchema, path: string, where: Where): FieldError[] {
  const isResource = schema['x-kubernetes-embedded-resource'] === true
  const at = isResource ? { ...where, insideMeta: false, around: aroundRoot, root: schema } : where
  const errors = (schema.default ?? null) === null ? [] : valueErrors(schema, `${path}.default`, at)
  // Kubernetes: additionalProperties are not looked into, since defaults are refused there.
  if (schema.items !== undefined)
    errors.push(...below(schema.items, `${path}.items`, { ...at, around: (value) => at.around([value]) }))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const insideMeta = at.insideMeta || (isResource && metaNames.has(name))
    const around: Around = (value) => at.around({ [name]: value })
    errors.push(...below(property, `${path}.properties[${name}]`, { ...at, insideMeta, around }))
  }
  return errors
}

function valueErrors(schema: JsonSchema, path: string, where: Where): FieldError[] {
  const { default: value } = schema
  if (where.insideMeta) {
    const why = metaProblem(where.around(cloneJson(value)), where.root)
    return why === undefined
      ? plainErrors(value, schema, path)
      : [invalid(path, value, `must result in valid metadata: ${why}`)]
  }
  const errors: FieldError[] = []
  const isResource = schema['x-kubernetes-embedded-resource'] === true
  const settled = cloneJson(value)
  const { problem } = isResource
    ? settleEmbedded(settled, schema, readMetadata, { drop: false })
    : settleEmbeddedValue(settled, schema, readMetadata, { drop: false })
  if (where.requirePruned) {
    const pruned = cloneJson(value)
    if (isResource) prune(pruned, schema)
    else pruneValue(pruned, schema)
    // Kubernetes: the value is shown as it is after its metadata was read.
    if (!sameJson(pruned, value)) errors.push(invalid(path, settled, 'must not have unknown fields'))
  }
  if (problem !== undefined) return [...errors, invalid(`${path}.${problem.field}`, problem.value, problem.detail)]
  const embedded = embeddedErrors({ value: settled }, { properties: { value: schema } })
  if (embedded.length > 0)
    return [...errors, ...embedded.map((one) => ({ ...one, field: one.field.replace(/^value/, path) }))]
  return [...errors, ...plainErrors(value, schema, path)]
}

/** Why a resource with a default in its metadata would be none, in one sentence. */
function metaProblem(resource: Record<string, unknown>, root: JsonSchema): string | undefined {
  const { problem } = settleEmbedded(resource, root, readMetadata, { drop: false })
  if (problem !== undefined) return textOf(problem)
  const found = [...new Set(rootResourceErrors(resource, root).map(({ field, message }) => `${field}: ${message}`))]
  if (found.length === 0) return undefined
  return found.length === 1 ? found[0] : `[${found.join(', ')}]`
}

function textOf({ field, value, detail }: EmbeddedProblem): string {
  return `${field}: ${invalid(field, value, detail).message}`
}

function plainErrors(value: unknown, schema: JsonSchema, path: string): FieldError[] {
  return schemaValueErrors(value, { ...schema, default: undefined } as JsonSchema).map((one) => ({
    ...one,
    field: one.field === '' || one.field === '<nil>' ? path : `${path}.${one.field}`,
  }))
}
