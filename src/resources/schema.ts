import { createDecoder, createSchema, type Decoded, type Schema } from '../machinery/index.ts'
import { schemaTable } from './generated/schema-table.ts'

/** Every type of the built-in API: its fields, their protobuf numbers, list types, merge keys and rules. */
export const builtInSchema: Schema = createSchema(schemaTable)

const decoder = createDecoder(builtInSchema)

/**
 * The object a JSON value stands for, in the form Kubernetes would write it: unknown fields gone and reported,
 * nulls and empties settled, quantities and times canonical. Throws DecodeError worded as Go words it.
 */
export function decodeObject(type: string, json: unknown): Decoded {
  return decoder.decode(type, json)
}

/** The object of a type in which nothing is set. */
export function zeroObject(type: string): any {
  return decoder.zero(type)
}
