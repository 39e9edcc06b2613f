import { sameJson } from '../object/object.ts'
import { badRequest, StatusError } from '../status/status.ts'
import { isObject, type JsonObject, jsonKind, setMember } from './members.ts'

/** More operations than this are refused. */
export const jsonPatchOperationsMax = 10_000
/** The text that copy operations may add to a document, all together. */
const copiedLengthMax = 3 * 1024 * 1024

interface Operation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

/** What a patch that does not fit the document is answered; the reason is the cause. */
function rejected(why: string): StatusError {
  return new StatusError(
    422,
    'Invalid',
    'the server rejected our request due to an error in our request',
    {},
    new Error(why),
  )
}

/** The document after an RFC 6902 patch, all of it or none. Unchanged parts are shared, the input is left alone. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonKind(patch)} into Go value of type []handlers.jsonPatchOp`,
    )
  }
  if (patch.length > jsonPatchOperationsMax) {
    throw new StatusError(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${jsonPatchOperationsMax}, got ${patch.length}`,
    )
  }
  const run = { copiedLength: 0 }
  // Objects and lists made by this patch may be changed in place; all others are copied first.
  const owned = new Set<object>()
  let result = document
  for (const operation of patch) result = applyOne(result, operation, run, owned)
  return result
}

function applyOne(document: unknown, given: unknown, run: { copiedLength: number }, owned: Set<object>): unknown {
  if (!isObject(given) || typeof given.op !== 'string') throw rejected('an operation must be an object with an op')
  const { op, path, from, value } = given as unknown as Operation
  if (typeof path !== 'string') throw rejected(`operation ${op} has no path`)
  const at = pointerOf(path)
  if (op === 'add' || op === 'replace') {
    if (!Object.hasOwn(given, 'value')) throw rejected(`operation ${op} has no value`)
    return op === 'add' ? add(document, at, value, owned) : replace(document, at, value, owned)
  }
  if (op === 'remove') return remove(document, at, owned)
  if (op === 'test') {
    // Kubernetes: a test for null also holds where nothing is.
    if (!sameJson(tryRead(document, at) ?? null, value ?? null)) throw rejected(`testing value ${path} failed`)
    return document
  }
  if (op !== 'move' && op !== 'copy') throw rejected(`Unexpected kind: ${op}`)
  if (typeof from !== 'string') throw rejected(`operation ${op} has no from`)
  const source = pointerOf(from)
  const moved = read(document, source)
  if (op === 'move') {
    if (path.startsWith(`${from}/`)) throw rejected(`${from} cannot be moved into itself`)
    return add(remove(document, source, owned), at, moved, owned)
  }
  run.copiedLength += JSON.stringify(moved ?? null).length
  if (run.copiedLength > copiedLengthMax) throw rejected('the copies of this patch are too large')
  return add(document, at, structuredClone(moved), owned)
}

function pointerOf(pointer: string): readonly string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) throw rejected(`${pointer} is no JSON pointer`)
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The position a path's last part means in a list; `-` is behind the last. Negative positions count from the end. */
function indexIn(list: readonly unknown[], part: string, options: { readonly insert: boolean }): number {
  if (part === '-' && options.insert) return list.length
  if (!/^-?\d+$/.test(part)) throw rejected(`${part} is no position in a list`)
  const length = list.length + (options.insert ? 1 : 0)
  const index = Number(part) < 0 ? Number(part) + length : Number(part)
  if (index < 0 || index >= length) throw rejected(`position ${part} is outside the list`)
  return index
}

function tryRead(document: unknown, at: readonly string[]): unknown {
  try {
    return read(document, at)
  } catch {
    return undefined
  }
}

function read(document: unknown, at: readonly string[]): unknown {
  let value = document
  for (const part of at) {
    if (Array.isArray(value)) value = value[indexIn(value, part, { insert: false })]
    else if (isObject(value) && Object.hasOwn(value, part)) value = value[part]
    else throw rejected(`${part} is missing`)
  }
  return value
}

function writable<T extends object>(value: T, owned: Set<object>): T {
  if (owned.has(value)) return value
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as T
  owned.add(copy)
  return copy
}

/** Copies the containers on the way to the last part, lets `change` work on the innermost, and returns the new root. */
function change(
  document: unknown,
  at: readonly string[],
  owned: Set<object>,
  work: (container: unknown[] | JsonObject, last: string) => void,
): unknown {
  if (typeof document !== 'object' || document === null)
    throw rejected('the path leads through a value without members')
  const root = writable(document as unknown[] | JsonObject, owned)
  let container = root
  for (const part of at.slice(0, -1)) {
    const key = Array.isArray(container) ? String(indexIn(container, part, { insert: false })) : part
    const inner = Object.hasOwn(container, key) ? (container as JsonObject)[key] : undefined
    if (typeof inner !== 'object' || inner === null) throw rejected(`doc is missing path: ${part}`)
    const copy = writable(inner as unknown[] | JsonObject, owned)
    setMember(container as JsonObject, key, copy)
    container = copy
  }
  work(container, at.at(-1)!)
  return root
}

function add(document: unknown, at: readonly string[], value: unknown, owned: Set<object>): unknown {
  if (at.length === 0) return value
  return change(document, at, owned, (container, last) => {
    if (Array.isArray(container)) container.splice(indexIn(container, last, { insert: true }), 0, value)
    else setMember(container, last, value)
  })
}

function replace(document: unknown, at: readonly string[], value: unknown, owned: Set<object>): unknown {
  if (at.length === 0) return value
  return change(document, at, owned, (container, last) => {
    if (Array.isArray(container)) container[indexIn(container, last, { insert: false })] = value
    else if (Object.hasOwn(container, last)) setMember(container, last, value)
    else throw rejected(`Unable to replace nonexistent key: ${last}`)
  })
}

function remove(document: unknown, at: readonly string[], owned: Set<object>): unknown {
  if (at.length === 0) return null
  return change(document, at, owned, (container, last) => {
    if (Array.isArray(container)) container.splice(indexIn(container, last, { insert: false }), 1)
    else if (Object.hasOwn(container, last)) delete container[last]
    else throw rejected(`Unable to remove nonexistent key: ${last}`)
  })
}
