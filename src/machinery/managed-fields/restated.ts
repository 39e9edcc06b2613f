import { sameJson } from '../object/object.ts'
import { type FieldSet, isEmptySet, noFields } from './field-set.ts'
import { neverOwned } from './owners.ts'
import { type Shape, stepOf } from './shape.ts'

/**
 * A set of fields, put so that a configuration can be held against it: who applies states the same fields again and again, most of
 * them with the same values.
 */
type Node =
  | { readonly kind: 'leaf' }
  /** An object that is stated without members. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'fields'; readonly members: ReadonlyMap<string, Member> }
  | { readonly kind: 'items'; readonly shape: ListShape; readonly items: ReadonlyMap<string, Member> }
interface Member {
  readonly step: string
  readonly node: Node
  /** The walk that met it last. */
  seen: number
}
type ListShape = Extract<Shape, { readonly kind: 'list' | 'set' }>
type Json = Record<string, unknown>

const leafNode: Node = { kind: 'leaf' }
const emptyNode: Node = { kind: 'empty' }
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const nodes = new WeakMap<FieldSet, WeakMap<Shape, Node | undefined>>()

/** What a configuration that states the very fields it stated before comes to. */
export interface Restated {
  /** The live object, or one that shares with it all that stays as it is. */
  readonly object: Json
  /** The fields whose values are others now; undefined when there are none. */
  readonly modified: FieldSet | undefined
}

/**
 * Merges a configuration whose applier owns `fields`, if it states exactly those, all of them are there, and lists keep their order.
 * Undefined where that is not so, or cannot be told simply: then nothing has been found out.
 */
export function restated(shape: Shape, fields: FieldSet, live: object, applied: object): Restated | undefined {
  const node = nodeOf(shape, fields)
  if (node?.kind !== 'fields') return undefined
  const walk: Walk = { number: ++walks, modified: undefined }
  const object = topMembers(node, live as Json, applied as Json, walk)
  return object === undefined ? undefined : { object, modified: walk.modified }
}

let walks = 0
interface Walk {
  readonly number: number
  /** What was found modified in the value that was walked last. */
  modified: FieldSet | undefined
}

function nodeOf(shape: Shape, fields: FieldSet): Node | undefined {
  let byShape = nodes.get(fields)
  if (byShape === undefined) nodes.set(fields, (byShape = new WeakMap()))
  if (byShape.has(shape)) return byShape.get(shape)
  const made = compiled(shape, fields)
  byShape.set(shape, made)
  return made
}

/** Undefined for what this does not deal with: values of unknown type, and sets that no configuration would come to. */
function compiled(shape: Shape, set: FieldSet): Node | undefined {
  if (shape.kind === 'leaf') return isEmptySet(set) ? leafNode : undefined
  if (shape.kind === 'deduced') return undefined
  const isList = shape.kind === 'list' || shape.kind === 'set'
  const members = new Map<string, Member>()
  for (const step in set) {
    if (step === '.') continue
    if (step === 'f:__proto__') return undefined
    const below = set[step]!
    if (isList !== (step[0] === 'k' || step[0] === 'v')) return undefined
    const inner = innerShape(shape, step)
    const isNamed = below['.'] !== undefined
    let node: Node | undefined
    if (inner === undefined) return undefined
    if (isEmptySet(below)) node = inner.kind === 'leaf' ? leafNode : isList ? undefined : emptyNode
    // Entries of maps and items are fields themselves, those of structs are not unless they are empty.
    else node = isNamed === (shape.kind !== 'struct') ? compiled(inner, below) : undefined
    if (node === undefined) return undefined
    members.set(isList ? step : step.slice(2), { step, node, seen: 0 })
  }
  return isList ? { kind: 'items', shape, items: members } : { kind: 'fields', members }
}

const leafShape: Shape = { kind: 'leaf' }
function innerShape(shape: Shape, step: string): Shape | undefined {
  if (shape.kind === 'struct') return shape.field(step.slice(2))
  if (shape.kind === 'map') return shape.value
  if (shape.kind === 'list') return shape.item
  return shape.kind === 'set' ? leafShape : undefined
}

type Fields = Extract<Node, { kind: 'fields' }>

/** An object itself, and its metadata, state some fields that are nobody's: those must be as they are. */
function topMembers(node: Fields, live: Json, applied: Json, walk: Walk): Json | undefined {
  return fieldsAgain(node, live, applied, walk, neverOwned)
}

/** The value of a node's field or item; undefined where this does not apply, as a value that is stated never is. */
function again(node: Node, live: unknown, applied: unknown, walk: Walk, unowned: FieldSet | undefined): unknown {
  walk.modified = undefined
  switch (node.kind) {
    case 'leaf':
      if (live === applied || sameJson(live, applied)) return live
      if (live === undefined || applied === undefined) return undefined
      walk.modified = noFields
      return applied
    case 'empty':
      return isObject(applied) && isObject(live) && Object.keys(applied).length === 0 ? live : undefined
    case 'fields':
      if (!isObject(applied) || !isObject(live)) return undefined
      return Object.isFrozen(applied) && unowned === undefined
        ? knownAgain(node, live, applied, walk)
        : fieldsAgain(node, live, applied, walk, unowned)
    case 'items':
      return Array.isArray(applied) && Array.isArray(live) ? itemsAgain(node, live, applied, walk) : undefined
  }
}

/** Values that change nothing of another one, both of which stay as they are; and the node they were held against. */
const sameAs = new WeakMap<Json, { readonly node: Fields; readonly live: Json }>()

/** As `fieldsAgain`, of a value that is sent again and again. */
function knownAgain(node: Fields, live: Json, applied: Json, walk: Walk): Json | undefined {
  const known = sameAs.get(applied)
  if (known !== undefined && known.node === node && known.live === live) return live
  const after = fieldsAgain(node, live, applied, walk, undefined)
  if (after === live && walk.modified === undefined && Object.isFrozen(live)) sameAs.set(applied, { node, live })
  return after
}

function fieldsAgain(
  { members }: Fields,
  live: Json,
  applied: Json,
  walk: Walk,
  unowned: FieldSet | undefined,
): Json | undefined {
  let merged: Json | undefined
  let modified: Record<string, FieldSet> | undefined
  let met = 0
  for (const name in applied) {
    const member = members.get(name)
    const nobodys = unowned?.[`f:${name}`]
    if (member === undefined) {
      if (nobodys === undefined || !isEmptySet(nobodys) || live[name] !== applied[name]) return undefined
      continue
    }
    met++
    const before = Object.hasOwn(live, name) ? live[name] : undefined
    const after = again(member.node, before, applied[name], walk, nobodys)
    if (after === undefined) return undefined
    if (walk.modified !== undefined) {
      modified ??= {}
      modified[member.step] = walk.modified
      merged ??= { ...live }
      merged[name] = after
    }
  }
  if (met !== members.size) return undefined
  walk.modified = modified
  return merged ?? live
}

function itemsAgain(
  { shape, items }: Extract<Node, { kind: 'items' }>,
  live: readonly unknown[],
  applied: readonly unknown[],
  walk: Walk,
): unknown {
  if (applied.length !== items.size || live.length < applied.length) return undefined
  let merged: unknown[] | undefined
  let modified: Record<string, FieldSet> | undefined
  let to = 0
  for (let at = 0; at < live.length; at++) {
    const step = stepOf(shape, live[at])
    const member = step === undefined ? undefined : items.get(step)
    // Others' items stay where they are; an item that cannot be told from others is somebody else's concern.
    if (member === undefined) {
      if (step === undefined) return undefined
      continue
    }
    if (member.seen === walk.number || stepOf(shape, applied[to]) !== step) return undefined
    member.seen = walk.number
    const after = again(member.node, live[at], applied[to], walk, undefined)
    if (after === undefined) return undefined
    to++
    if (walk.modified === undefined) continue
    // The text of an item in a set is what it is known by.
    modified ??= {}
    modified[member.step] = walk.modified
    merged ??= [...live]
    merged[at] = after
  }
  if (to !== applied.length) return undefined
  walk.modified = modified
  return merged ?? live
}
