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
  if (typeof path !== 'string') throw rejected(`${op} operation failed to decode path: missing value`)
  const at = pointerOf(path)
  const apart = { document, owned }
  switch (op) {
    case 'add':
    case 'replace':
      if (!Object.hasOwn(given, 'value')) throw rejected(`operation ${op} has no value`)
      if (op === 'replace') return replace(apart, at, path, value)
      return add(apart, at, value, { op, missing: `path: "${path}"`, failed: `error in add for path: '${path}'` })
    case 'remove':
      return remove(apart, at, { op, missing: `path: "${path}"`, failed: `error in remove for path: '${path}'` })
    case 'test': {
      const found = at.length === 0 ? document : get(document, at, path)
      if (!sameJson(found ?? null, value ?? null)) throw rejected(`testing value ${path} failed: test failed`)
      return document
    }
    case 'move':
    case 'copy':
      if (typeof from !== 'string') throw rejected(`${op} operation failed to decode from: missing value`)
      return op === 'move' ? move(apart, from, path) : copy(apart, from, path, run)
    default:
      throw rejected(`Unexpected kind: ${op}`)
  }
}

/** A document, and the parts of it that may be changed in place. */
interface Apart {
  readonly document: unknown
  readonly owned: Set<object>
}
/** How it is told that an operation does not fit: in the words of the library that Kubernetes uses. */
interface Words {
  readonly op: string
  readonly missing: string
  readonly failed: string
}
const missingText = ({ op, missing }: Omit<Words, 'failed'>) =>
  `${op} operation does not apply: doc is missing ${missing}: missing value`

function move({ document, owned }: Apart, from: string, path: string): unknown {
  const source = pointerOf(from)
  const failed = `error in move for path: '${source.at(-1) ?? ''}'`
  const words = { op: 'move', missing: `from path: ${from}`, failed }
  const moved = read(document, source, words)
  const rest = remove({ document, owned }, source, words)
  const to = { op: 'move', missing: `destination path: ${path}`, failed: `error in move for path: '${path}'` }
  return add({ document: rest, owned }, pointerOf(path), moved, to)
}

function copy(apart: Apart, from: string, path: string, run: { copiedLength: number }): unknown {
  const failed = `error in copy for from: '${from}'`
  const copied = read(apart.document, pointerOf(from), { op: 'copy', missing: `from path: ${from}`, failed }) ?? null
  run.copiedLength += JSON.stringify(copied).length
  if (run.copiedLength > copiedLengthMax) throw rejected('the copies of this patch are too large')
  const words = {
    op: 'copy',
    missing: `destination path: ${path}`,
    failed: 'error while adding value during copy',
  }
  return add(apart, pointerOf(path), structuredClone(copied), words)
}

function pointerOf(pointer: string): readonly string[] {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) throw rejected(`${pointer} is no JSON pointer`)
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What is wrong with a position in a list. */
class PositionProblem extends Error {}

/** The position a path's last part means in a list; `-` is behind the last. Negative positions count from the end. */
function indexIn(list: readonly unknown[], part: string, options: { readonly insert: boolean }): number {
  if (part === '-' && options.insert) return list.length
  if (!/^[-+]?\d+$/.test(part)) {
    const why = `strconv.Atoi: parsing ${JSON.stringify(part)}: invalid syntax`
    throw new PositionProblem(options.insert ? `value was not a proper array index: '${part}': ${why}` : why)
  }
  const length = list.length + (options.insert ? 1 : 0)
  const index = Number(part) < 0 ? Number(part) + length : Number(part)
  if (index < 0 || index >= length)
    throw new PositionProblem(`Unable to access invalid index: ${Number(part)}: invalid index referenced`)
  return index
}

/** The container that a path ends in; undefined when there is none. */
function containerOf(document: unknown, at: readonly string[]): unknown[] | JsonObject | undefined {
  let value = document
  for (const part of at.slice(0, -1)) value = memberOf(value, part)
  return at.length > 0 && typeof value === 'object' && value !== null ? (value as JsonObject) : undefined
}

function memberOf(value: unknown, part: string): unknown {
  if (!Array.isArray(value)) return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined
  try {
    return value[indexIn(value, part, { insert: false })]
  } catch {
    return undefined
  }
}

/** The value at a path; undefined for members that objects do not have. */
function read(document: unknown, at: readonly string[], words: Words): unknown {
  const container = containerOf(document, at)
  if (container === undefined) throw rejected(missingText(words))
  return inWords(words.failed, () => valueIn(container, at.at(-1)!))
}

function valueIn(container: unknown[] | JsonObject, key: string): unknown {
  if (Array.isArray(container)) return container[indexIn(container, key, { insert: false })]
  return Object.hasOwn(container, key) ? container[key] : undefined
}

/** What a test compares. */
function get(document: unknown, at: readonly string[], path: string): unknown {
  const container = containerOf(document, at)
  if (container === undefined) throw rejected(`test operation does not apply: is missing path: ${path}: missing value`)
  return inWords(`error in test for path: '${path}'`, () => valueIn(container, at.at(-1)!))
}

function inWords<T>(failed: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof PositionProblem ? rejected(`${failed}: ${error.message}`) : error
  }
}

function writable<T extends object>(value: T, owned: Set<object>): T {
  if (owned.has(value)) return value
  const copied = (Array.isArray(value) ? [...value] : { ...value }) as T
  owned.add(copied)
  return copied
}

/** Copies the containers on the way to the last part, lets `work` change the innermost, and returns the new root. */
function change(
  { document, owned }: Apart,
  at: readonly string[],
  { missing, failed }: { readonly missing: string; readonly failed: string },
  work: (container: unknown[] | JsonObject, last: string) => void,
): unknown {
  if (containerOf(document, at) === undefined) throw rejected(missing)
  const root = writable(document as unknown[] | JsonObject, owned)
  let container = root
  for (const part of at.slice(0, -1)) {
    const key = Array.isArray(container) ? String(indexIn(container, part, { insert: false })) : part
    const inner = writable((container as JsonObject)[key] as unknown[] | JsonObject, owned)
    setMember(container as JsonObject, key, inner)
    container = inner
  }
  inWords(failed, () => work(container, at.at(-1)!))
  return root
}

function add(apart: Apart, at: readonly string[], value: unknown, words: Words): unknown {
  return change(apart, at, { missing: missingText(words), failed: words.failed }, (container, last) => {
    if (Array.isArray(container)) container.splice(indexIn(container, last, { insert: true }), 0, value)
    else setMember(container, last, value)
  })
}

/** Kubernetes: members of objects are replaced whether they are there or not. */
function replace(apart: Apart, at: readonly string[], path: string, value: unknown): unknown {
  if (at.length === 0) {
    if (typeof value === 'object' && value !== null) return value
    throw rejected('replace operation value must be object or array')
  }
  const missing = missingText({ op: 'replace', missing: `path: ${path}` })
  const failed = `error in remove for path: '${path}'`
  return change(apart, at, { missing, failed }, (container, last) => {
    if (!Array.isArray(container)) return setMember(container, last, value)
    if (memberOf(container, last) === undefined) throw rejected(missingText({ op: 'replace', missing: `key: ${path}` }))
    container[indexIn(container, last, { insert: false })] = value
  })
}

function remove(apart: Apart, at: readonly string[], words: Words): unknown {
  return change(apart, at, { missing: missingText(words), failed: words.failed }, (container, last) => {
    if (Array.isArray(container)) container.splice(indexIn(container, last, { insert: false }), 1)
    else if (Object.hasOwn(container, last)) delete container[last]
    else throw new PositionProblem(`Unable to remove nonexistent key: ${last}: missing value`)
  })
}
