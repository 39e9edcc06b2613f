import { sameJson } from '../object/object.ts'
import { shapeFor } from './compare.ts'
import { afterStep, type FieldSet, fieldStep, hasStep, isEmptySet, noFields, withSelf } from './field-set.ts'
import { deducedShape, leafShape, type Shape, stepOf } from './shape.ts'

type Json = Record<string, unknown>
type ListShape = Extract<Shape, { readonly kind: 'set' | 'list' }>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const innerShape = (shape: Extract<Shape, { readonly kind: 'struct' | 'map' }>, key: string) =>
  shape.kind === 'map' ? shape.value : (shape.field(key) ?? deducedShape)

/** The fields that a configuration states: what its applier will own; in the configuration's order. */
export function fieldsOf(given: Shape, value: unknown): FieldSet {
  const shape = shapeFor(given, value, undefined)
  const set: Record<string, FieldSet> = {}
  if ((shape.kind === 'struct' || shape.kind === 'map') && isObject(value)) {
    for (const key of Object.keys(value)) {
      const member = value[key]
      if (member === undefined) continue
      const inner = shapeFor(innerShape(shape, key), member, undefined)
      const below = inner.kind === 'leaf' ? noFields : fieldsOf(inner, member)
      const isEmpty = member === null || (isObject(member) && Object.keys(member).length === 0)
      const ends = inner.kind === 'leaf' || isEmpty || shape.kind === 'map' || shapeOfField(shape, key) === undefined
      if (ends) set[fieldStep(key)] = withSelf(below)
      else if (!isEmptySet(below)) set[fieldStep(key)] = below
    }
  } else if ((shape.kind === 'set' || shape.kind === 'list') && Array.isArray(value)) {
    for (const item of value) {
      const step = stepOf(shape, item)
      if (step === undefined) continue
      const repeated = Object.hasOwn(set, step)
      set[step] = withSelf(repeated || shape.kind === 'set' ? noFields : fieldsOf(shape.item, item))
    }
  }
  return set
}

function shapeOfField(shape: Shape, key: string): Shape | undefined {
  return shape.kind === 'struct' ? shape.field(key) : undefined
}

/**
 * Both values together; where both state something the configuration wins. Nothing is removed. What comes to the same as in
 * the live object is the very same, so that it is not looked at again.
 */
export function mergeConfiguration(given: Shape, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live
  if (live === undefined && given.kind !== 'list' && given.kind !== 'set') return applied
  const shape = shapeFor(given, applied, live)
  if (shape.kind === 'struct' || shape.kind === 'map') {
    if (!isObject(applied) || !isObject(live)) return applied
    let merged: Json | undefined
    for (const key of Object.keys(applied)) {
      const before = Object.hasOwn(live, key) ? live[key] : undefined
      const after = mergeConfiguration(innerShape(shape, key), before, applied[key])
      if (after === before) continue
      merged ??= { ...live }
      merged[key] = after
    }
    return merged ?? live
  }
  if ((shape.kind === 'set' || shape.kind === 'list') && Array.isArray(applied)) {
    const before = Array.isArray(live) ? live : []
    const merged = mergeLists(shape, before, applied)
    return before === live && sameItems(before, merged) ? live : merged
  }
  return sameJson(live, applied) ? live : applied
}

function sameItems(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && after.every((item, at) => item === before[at])
}

interface Indexed {
  readonly steps: readonly string[]
  readonly items: ReadonlyMap<string, unknown>
}

function index(shape: ListShape, list: readonly unknown[]): Indexed {
  const steps: string[] = []
  const items = new Map<string, unknown>()
  for (const item of list) {
    const step = stepOf(shape, item)
    if (step === undefined) continue
    items.set(step, item)
    steps.push(step)
  }
  return { steps, items }
}

/**
 * Items in Kubernetes' order: those that both have stand as the configuration orders them, the live object's own keep their
 * place between them, and new ones follow the item that the configuration puts before them.
 */
function mergeLists(shape: ListShape, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const left = index(shape, live)
  const right = index(shape, applied)
  const inner = shape.kind === 'set' ? leafShape : shape.item
  const shared = right.steps.filter((step) => left.items.has(step))
  const done = new Set<string>()
  const merged: unknown[] = []
  let nextShared = shared.shift()
  const take = (step: string) => {
    merged.push(mergeConfiguration(inner, left.items.get(step), right.items.get(step)))
    done.add(step)
    if (step === nextShared) nextShared = shared.shift()
  }
  let at = 0
  let to = 0
  while (at < left.steps.length || to < right.steps.length) {
    const ours = left.steps[at]
    const theirs = right.steps[to]
    if (ours !== undefined && theirs !== undefined) {
      if (ours === theirs) {
        take(ours)
        at++
        to++
        continue
      }
      // A shared item whose turn has not come is placed when the configuration reaches it.
      if (right.items.has(ours) && nextShared !== undefined && nextShared !== ours) {
        at++
        continue
      }
    }
    if (ours !== undefined && !right.items.has(ours)) {
      merged.push(live[at])
      at++
      continue
    }
    if (ours !== undefined && done.has(ours)) at++
    if (theirs !== undefined) {
      take(theirs)
      to++
    }
  }
  return merged
}

/** The value without the fields and items in the set. What becomes empty by it becomes null. */
export function withoutFields(given: Shape, value: unknown, set: FieldSet): unknown {
  if (isEmptySet(set)) return value
  const shape = shapeFor(given, value, undefined)
  if (shape.kind === 'list' || shape.kind === 'set') {
    if (!Array.isArray(value)) return null
    const rest: unknown[] = []
    for (const item of value) {
      const step = stepOf(shape, item) ?? ''
      if (hasStep(set, step)) continue
      rest.push(withoutFields(shape.kind === 'set' ? leafShape : shape.item, item, afterStep(set, step)))
    }
    return rest.length === 0 ? null : rest
  }
  if (shape.kind === 'leaf') return typeof value === 'object' ? null : value
  if (!isObject(value)) return null
  const rest: Json = {}
  for (const key of Object.keys(value)) {
    const step = fieldStep(key)
    if (hasStep(set, step)) continue
    const inner = shape.kind === 'deduced' ? deducedShape : innerShape(shape, key)
    rest[key] = withoutFields(inner, value[key], afterStep(set, step))
  }
  return Object.keys(rest).length === 0 ? null : rest
}

/** The set in which every field of a struct that leads somewhere is itself a member. */
export function withNamedFields(given: Shape, set: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {}
  for (const step in set) {
    if (step === '.') continue
    const below = afterStep(set, step)
    const name = step.startsWith('f:') ? step.slice(2) : undefined
    let inner: Shape = leafShape
    if (given.kind === 'deduced') inner = deducedShape
    else if (given.kind === 'list') inner = given.item
    else if (given.kind === 'map') inner = given.value
    else if (given.kind === 'struct' && name !== undefined) inner = given.field(name) ?? deducedShape
    const named = given.kind === 'struct' && name !== undefined && given.field(name) !== undefined
    const deeper = withNamedFields(inner, below)
    if (hasStep(set, step) || named) result[step] = withSelf(deeper)
    else if (!isEmptySet(deeper)) result[step] = deeper
  }
  return result
}
