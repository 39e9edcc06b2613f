import { createShapes, type Shape } from '../machinery/index.ts'
import { applyDefaults } from './defaults/defaults.ts'
import type { ObjectSchema } from './definition.ts'
import { builtInSchema, decodeObject, zeroObject } from './schema.ts'

const shapeOf: (type: string) => Shape = createShapes(builtInSchema)

/** The schema of a built-in type, read from the generated tables when first used. */
export function tableSchema(type: string): ObjectSchema {
  return {
    decode: (json, known) => decodeObject(type, json, known),
    applyDefaults: (draft, now) => applyDefaults(type, draft, now === undefined ? {} : { now }),
    zero: () => zeroObject(type),
    shape: () => shapeOf(type),
  }
}

/** How objects of a built-in kind are read, whether it is a resource or the body of a subresource; undefined for others. */
export function schemaOfKind(of: {
  readonly group: string
  readonly version: string
  readonly kind: string
}): ObjectSchema | undefined {
  const type = builtInSchema.typeOfKind(of)
  return type === undefined ? undefined : tableSchema(type.name)
}
