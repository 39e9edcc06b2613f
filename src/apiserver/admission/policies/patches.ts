import { elementsOf, isList, jsonOf, NotJson, type Value } from '../../../machinery/cel/index.ts'
import {
  applyJsonPatch,
  cloneJson,
  type KubeObject,
  mergeConfiguration,
  type Shape,
  StatusError,
} from '../../../machinery/index.ts'
import { mismatchesIn } from './patch-fields.ts'
import { Literal, typeNameErrors } from './patch-types.ts'

type Json = Record<string, unknown>
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The object with the fields that an expression stated for it. Throws an Error when they cannot be put in place. */
export function withConfiguration(object: KubeObject, type: string, shape: Shape, stated: Value): object {
  if (!(stated instanceof Literal)) throw new Error('unsupported return type from ApplyConfiguration expression')
  const errors = typeNameErrors(stated, 'Object')
  if (errors.length > 0) throw new Error(`type mismatch: ${errors.join('\n')}`)
  try {
    const applied = { ...stated.toJson(), apiVersion: object.apiVersion, kind: object.kind }
    const unknown = [...undeclaredIn(shape, applied, ''), ...mismatchesIn(type, applied)]
    if (unknown.length > 0) {
      const why = unknown.length === 1 ? unknown[0] : `errors:\n${unknown.map((one) => `  ${one}`).join('\n')}`
      throw new Error(`failed to convert patch object to typed object: ${why}`)
    }
    const atomics = atomicsOf(shape, applied, '')
    if (atomics.length > 0) {
      const paths = atomics.join(', ')
      throw new Error(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${paths}`)
    }
    return mergeConfiguration(shape, object, applied) as object
  } catch (error) {
    throw new Error(`error applying patch: ${(error as Error).message}`, { cause: error })
  }
}

/** Fields that a configuration states and the schema does not have. */
function undeclaredIn(shape: Shape, value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) {
    if (shape.kind !== 'list') return []
    return value.flatMap((one, index) => undeclaredIn(shape.item, one, `${path}[${index}]`))
  }
  if (!isJson(value)) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const at = `${path}.${name}`
    if (shape.kind === 'map') return undeclaredIn(shape.value, member, at)
    if (shape.kind !== 'struct') return []
    const field = shape.field(name)
    return field === undefined ? [`${at}: field not declared in schema`] : undeclaredIn(field, member, at)
  })
}

/** Where a configuration states parts of what can only be stated as a whole. */
function atomicsOf(shape: Shape | undefined, value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) {
    if (shape?.kind === 'leaf') return [path]
    const item = shape?.kind === 'list' ? shape.item : undefined
    return value.flatMap((one, index) => atomicsOf(item, one, `${path}[${index}]`))
  }
  if (!isJson(value) || shape === undefined) return []
  if (shape.kind === 'leaf') return [path]
  if (shape.kind !== 'struct') return []
  return Object.entries(value).flatMap(([name, member]) => atomicsOf(shape.field(name), member, `${path}.${name}`))
}

/** The object after the JSON patch that an expression made; itself when a test in it fails. Throws an Error. */
export function withPatch(object: KubeObject, made: Value): object {
  const patch = (isList(made) ? elementsOf(made) : []).map(operationOf)
  try {
    return applyJsonPatch(cloneJson(object), patch) as object
  } catch (error) {
    const cause = error instanceof StatusError ? error.cause : undefined
    const why = cause instanceof Error ? cause.message : (error as Error).message
    if (why.startsWith('testing ')) return object
    throw new Error(`JSON Patch: ${why}`, { cause: error })
  }
}

function operationOf(made: Value): Json {
  const fields = made instanceof Literal ? made.fields : new Map<string, Value>()
  const { op = '', path = '', from = '' } = Object.fromEntries(fields) as Record<string, string>
  const operation: Json = { op, path, ...(from === '' ? {} : { from }) }
  const value = fields.get('value')
  if (value === undefined) return operation
  const errors = value instanceof Literal ? typeNameErrors(value, value.type.name) : []
  if (errors.length > 0) throw new Error(`type mismatch: ${errors.join('\n')}`)
  try {
    return { ...operation, value: jsonOf(value) }
  } catch (error) {
    if (!(error instanceof NotJson)) throw error
    const why = `JSONPath valueExpression evaluated to a type that could not marshal to JSON: ${error.message}`
    throw new Error(why, { cause: error })
  }
}
