import {
  createDecoder,
  createSchema,
  createSchemaValidator,
  type Decoded,
  type FieldError,
  type Schema,
  type SchemaCheck,
} from '../machinery/index.ts'
import { gatesNow } from './gates/judged-by.ts'
import { schemaTable } from './generated/schema-table.ts'
import { enumWordings } from './validation/enum-wordings.ts'

/** Every type of the built-in API: its fields, their protobuf numbers, list types, merge keys and rules. */
export const builtInSchema: Schema = createSchema(schemaTable)

const decoder = createDecoder(builtInSchema)

/**
 * The object a JSON value stands for, in the form Kubernetes would write it: unknown fields gone and reported,
 * nulls and empties settled, quantities and times canonical. Throws DecodeError worded as Go words it. Parts that it shares with
 * `known`, an object of the type, are kept as they are.
 */
export function decodeObject(type: string, json: unknown, known?: unknown): Decoded {
  return decoder.decode(type, json, known)
}

/** The object of a type in which nothing is set. */
export function zeroObject(type: string): any {
  return decoder.zero(type)
}

const validators = new WeakMap<object, ReturnType<typeof createSchemaValidator>>()
function validatorNow(): ReturnType<typeof createSchemaValidator> {
  const gates = gatesNow()
  const known =
    validators.get(gates) ?? createSchemaValidator(builtInSchema, (gate) => gates.enabled(gate), enumWordings)
  validators.set(gates, known)
  return known
}

/**
 * What the schema itself finds wrong with an object: its limits, formats, uniqueness and fields that may not change.
 * Kinds whose rules are written by hand leave `enums` off and word closed sets themselves.
 */
export function schemaErrors(type: string, object: unknown, check: SchemaCheck = {}): readonly FieldError[] {
  return validatorNow()(type, object, check)
}
