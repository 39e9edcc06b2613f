import { sameJson } from '../object/object.ts'
import { type FieldSet, fieldStep, noFields, union } from './field-set.ts'
import { deducedShape, leafShape, type Shape, stepOf } from './shape.ts'

/** What changed between two values, as paths. No path is in two of the sets. */
export interface Comparison {
  readonly removed: FieldSet
  readonly modified: FieldSet
  readonly added: FieldSet
}
type Draft = Record<string, FieldSet>
interface Drafts {
  removed: Draft | undefined
  modified: Draft | undefined
  added: Draft | undefined
}

/** The changes from one object to another of the same shape; undefined when there are none. */
export function compareFields(shape: Shape, previous: unknown, next: unknown): Comparison | undefined {
  const drafts = members(shape, previous, next)
  if (drafts === undefined) return undefined
  return { removed: drafts.removed ?? noFields, modified: drafts.modified ?? noFields, added: drafts.added ?? noFields }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isEmptyOrNull = (value: unknown) =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)

/** The shape that an untyped value has by itself. */
export function shapeFor(shape: Shape, value: unknown, other: unknown): Shape {
  if (shape.kind !== 'deduced') return shape
  return isObject(value) || (value === undefined && isObject(other)) ? { kind: 'map', value: deducedShape } : leafShape
}

/** Compares what is inside two containers, of which one may be absent. */
function members(given: Shape, previous: unknown, next: unknown): Drafts | undefined {
  if (previous === next) return undefined
  const shape = shapeFor(given, next, previous)
  const drafts: Drafts = { removed: undefined, modified: undefined, added: undefined }
  if (shape.kind === 'struct' || shape.kind === 'map') {
    const left = isObject(previous) ? previous : {}
    const right = isObject(next) ? next : {}
    for (const key in left)
      if (left[key] !== right[key]) step(drafts, fieldStep(key), memberShape(shape, key), left[key], right[key])
    for (const key in right)
      if (left[key] === undefined && right[key] !== undefined)
        step(drafts, fieldStep(key), memberShape(shape, key), undefined, right[key])
  } else if (shape.kind === 'set' || shape.kind === 'list') items(drafts, shape, previous, next)
  const same = drafts.removed === undefined && drafts.modified === undefined && drafts.added === undefined
  return same ? undefined : drafts
}

function byStep(shape: Extract<Shape, { kind: 'set' | 'list' }>, list: unknown): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>()
  if (!Array.isArray(list)) return found
  for (const item of list) {
    const name = stepOf(shape, item)
    if (name === undefined) continue
    const same = found.get(name)
    if (same === undefined) found.set(name, [item])
    else same.push(item)
  }
  return found
}

function items(
  drafts: Drafts,
  shape: Extract<Shape, { kind: 'set' | 'list' }>,
  previous: unknown,
  next: unknown,
): void {
  const left = byStep(shape, previous)
  const right = byStep(shape, next)
  const inner = shape.kind === 'set' ? leafShape : shape.item
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const before = left.get(name) ?? []
    const after = right.get(name) ?? []
    if (before.length <= 1 && after.length <= 1) step(drafts, name, inner, before[0], after[0])
    // Kubernetes: items that cannot be told apart are owned together, as if they were one.
    else if (before.length > 1 && after.length > 1) {
      if (!sameJson(before, after)) put(drafts, 'modified', name, noFields)
    } else if (before.length > 1) {
      if (after.length === 1) step(drafts, name, inner, undefined, after[0])
      put(drafts, 'removed', name, noFields)
    } else {
      if (before.length === 1) step(drafts, name, inner, before[0], undefined)
      put(drafts, 'added', name, noFields)
    }
  }
}

function put(drafts: Drafts, which: keyof Drafts, name: string, node: FieldSet): void {
  const draft = drafts[which] ?? {}
  drafts[which] = draft
  draft[name] = Object.hasOwn(draft, name) ? union({ x: draft[name]! }, { x: node })['x']! : node
}

/** Compares two values at one step; undefined is absent, null is there. */
function step(drafts: Drafts, name: string, given: Shape, previous: unknown, next: unknown): void {
  if (previous === next || (previous === undefined && next === undefined)) return
  if (previous === undefined) return put(drafts, 'added', name, nodeFor(given, next))
  if (next === undefined) return put(drafts, 'removed', name, nodeFor(given, previous))
  const shape = shapeFor(given, next, previous)
  const isContainer = shape.kind !== 'leaf' && !(isEmptyOrNull(previous) && isEmptyOrNull(next))
  if (!isContainer) {
    if (!sameJson(previous, next)) put(drafts, 'modified', name, noFields)
    return
  }
  const inner = members(shape, previous, next)
  if (inner?.removed !== undefined) put(drafts, 'removed', name, inner.removed)
  if (inner?.added !== undefined) put(drafts, 'added', name, inner.added)
  if (inner?.modified !== undefined) put(drafts, 'modified', name, inner.modified)
}

/** The node of a value that came or went as a whole: a container is itself a change, besides everything in it. */
function nodeFor(given: Shape, value: unknown): FieldSet {
  if (typeof value !== 'object' || value === null) return noFields
  const shape = shapeFor(given, value, undefined)
  const node: Draft = {}
  let isEmpty = true
  const add = (name: string, inner: FieldSet) => {
    if (isEmpty) node['.'] = noFields
    isEmpty = false
    node[name] = inner
  }
  if (shape.kind === 'struct' || shape.kind === 'map') {
    if (Array.isArray(value)) return noFields
    for (const key in value) {
      const member = (value as Record<string, unknown>)[key]
      if (member === undefined) continue
      add(fieldStep(key), nodeFor(memberShape(shape, key), member))
    }
  } else if (shape.kind === 'set' || shape.kind === 'list') {
    const inner = shape.kind === 'set' ? leafShape : shape.item
    // Kubernetes: items that cannot be told apart are owned together, as if they were one.
    for (const [name, items] of byStep(shape, value)) add(name, items.length > 1 ? noFields : nodeFor(inner, items[0]))
  }
  return isEmpty ? noFields : node
}

/**
 * All of an object that compareFields looks at when it is compared with one of which next to nothing is set: objects that differ
 * in values alone have the same outline, and then the same has been added. Undefined when it would take more than that.
 */
export function outlineOf(shape: Shape, previous: unknown, next: unknown): string | undefined {
  if (previous === next) return '='
  if (previous === undefined) return outline(shape, next)
  if (next === undefined) return '-'
  const inner = shapeFor(shape, next, previous)
  if (inner.kind === 'leaf' || (isEmptyOrNull(previous) && isEmptyOrNull(next)))
    return sameJson(previous, next) ? '=' : '~'
  if (isEmptyOrNull(previous)) return `+${outline(inner, next)}`
  if ((inner.kind !== 'struct' && inner.kind !== 'map') || !isObject(previous) || !isObject(next)) return undefined
  let text = '('
  for (const key in previous) {
    const member = outlineOf(memberShape(inner, key), previous[key], next[key])
    if (member === undefined) return undefined
    text += named(key, member)
  }
  for (const key in next)
    if (previous[key] === undefined && next[key] !== undefined)
      text += named(key, outline(memberShape(inner, key), next[key]))
  return `${text})`
}

/** The same of a value that is added as a whole. */
function outline(given: Shape, value: unknown): string {
  if (typeof value !== 'object' || value === null) return '.'
  const shape = shapeFor(given, value, undefined)
  if (shape.kind === 'struct' || shape.kind === 'map') {
    if (Array.isArray(value)) return '.'
    let text = '{'
    for (const key in value) {
      const member = (value as Record<string, unknown>)[key]
      if (member !== undefined) text += named(key, outline(memberShape(shape, key), member))
    }
    return `${text}}`
  }
  if ((shape.kind !== 'set' && shape.kind !== 'list') || !Array.isArray(value)) return '.'
  let text = '['
  for (const item of value) text += `${stepOf(shape, item)}${shape.kind === 'set' ? '.' : outline(shape.item, item)}`
  return `${text}]`
}

/** With its length in front, a key may be any text. */
const named = (key: string, outlined: string) => `${key.length}:${key}${outlined}`

function memberShape(shape: Extract<Shape, { kind: 'struct' | 'map' }>, key: string): Shape {
  return shape.kind === 'map' ? shape.value : (shape.field(key) ?? deducedShape)
}
