import type { JsonSchema } from './json-schema.ts'

/** The same question about a schema and all below it, found out once for each; what looks for such places goes nowhere else. */
export function somewhere(holds: (schema: JsonSchema) => boolean): (schema: JsonSchema) => boolean {
  const known = new WeakMap<JsonSchema, boolean>()
  const ask = (schema: JsonSchema): boolean => {
    const found = known.get(schema)
    if (found !== undefined) return found
    const { items, properties, additionalProperties } = schema
    const answer =
      holds(schema) ||
      (items !== undefined && ask(items)) ||
      (typeof additionalProperties === 'object' && ask(additionalProperties)) ||
      (properties !== undefined && Object.values(properties).some(ask))
    known.set(schema, answer)
    return answer
  }
  return ask
}
