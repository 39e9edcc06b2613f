import { type BytesWithin, encodeCbor } from '../machinery/index.ts'
import { type Typed, typeNameOf } from './protobuf.ts'
import { builtInSchema } from './schema.ts'

const known = new Map<string, BytesWithin | undefined>()

/** An object as `application/cbor`; bytes of built-in kinds travel as bytes. */
export function encodeCborObject(object: object): Uint8Array<ArrayBuffer> {
  const type = 'kind' in object && 'apiVersion' in object ? typeNameOf(object as Typed) : undefined
  return encodeCbor(object, type === undefined ? undefined : bytesWithin(type))
}

/** Where in a type there are bytes; undefined for nowhere. */
function bytesWithin(type: string, above: ReadonlySet<string> = new Set()): BytesWithin | undefined {
  if (known.has(type)) return known.get(type)
  const schema = above.has(type) ? undefined : builtInSchema.type(type)
  if (schema === undefined || schema.special !== undefined) return undefined
  const within = new Set([...above, type])
  const members = new Map<string, BytesWithin>()
  for (const field of schema.jsonFields) {
    const inner = field.wire === 'bytes' ? 'bytes' : bytesWithin(field.type, within)
    if (inner !== undefined) members.set(field.name, field.map ? new Map([['*', inner]]) : inner)
  }
  const found = members.size === 0 ? undefined : members
  // What a type that holds itself was found to have depends on where one came from.
  if (above.size === 0) known.set(type, found)
  return found
}
