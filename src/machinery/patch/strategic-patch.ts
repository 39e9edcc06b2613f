import { sameJson } from '../object/object.ts'
import type { Field, Schema } from '../schema/schema.ts'
import { badRequest, goText, StatusError } from '../status/status.ts'
import { isObject, type JsonObject, jsonKind, setMember } from './members.ts'

const patchDirective = '$patch'
const retainKeysDirective = '$retainKeys'
const deletePrefix = '$deleteFromPrimitiveList/'
const orderPrefix = '$setElementOrder/'

/** Where in the schema the walk is: a type's name, or the values of a map. Undefined where nothing is known. */
interface Place {
  readonly type: string
  readonly map: boolean
}
interface ListRules {
  readonly place: Place | undefined
  /** `merge`, `replace` or nothing. */
  readonly strategy: string
  readonly mergeKey: string
}
interface Walk {
  readonly schema: Schema
}

/**
 * The document after a strategic merge patch for objects of this type. The input is left alone; unchanged parts are shared.
 * Throws StatusError in Kubernetes' words for patches that make no sense.
 */
export function applyStrategicPatch(schema: Schema, type: string, document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) {
    throw badRequest(`json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`)
  }
  return mergeObject({ schema }, isObject(document) ? document : {}, patch, { type, map: false })
}

// Unlike Kubernetes: patches that cannot be merged are the client's fault (400), not the server's (500). The texts are the same.
const bad = (text: string): StatusError => badRequest(text)
/** Kubernetes: an item that says not which one it is counts as the server's failure. */
const withoutKey = (item: JsonObject, mergeKey: string): StatusError =>
  new StatusError(500, undefined, `map: ${goText(item)} does not contain declared merge key: ${mergeKey}`)
const badOrderList = () => bad('invalid patch format of setElementOrder list')
const wrongKind = (expected: string, value: unknown) =>
  bad(
    `expected a ${expected}, but received a ${Array.isArray(value) ? 'slice' : isObject(value) ? 'map' : jsonKind(value)}`,
  )

function fieldAt(walk: Walk, place: Place | undefined, key: string): Partial<Field> | undefined {
  if (place === undefined) return undefined
  if (place.map) return { type: place.type, map: false }
  const type = walk.schema.type(place.type)
  if (type === undefined || type.special !== undefined) return undefined
  const field = type.field(key)
  if (field !== undefined) return field
  if (type.typeMeta && (key === 'kind' || key === 'apiVersion')) return { type: 'string', map: false }
  throw bad(`unable to find api field in struct ${type.shortName} for the json field ${JSON.stringify(key)}`)
}

function listRules(walk: Walk, place: Place | undefined, key: string): ListRules {
  const field = fieldAt(walk, place, key)
  return {
    place: field === undefined ? undefined : { type: field.type!, map: false },
    strategy: strategyOf(field),
    mergeKey: field?.patchMergeKey ?? '',
  }
}

function strategyOf(field: Partial<Field> | undefined): string {
  const strategies = (field?.patchStrategy ?? '').split(',')
  return strategies.find((strategy) => strategy !== 'retainKeys') ?? ''
}

function mergeObject(walk: Walk, original: JsonObject, patch: JsonObject, place: Place | undefined): JsonObject {
  if (Object.hasOwn(patch, patchDirective)) {
    const { [patchDirective]: directive, ...rest } = patch
    if (directive === 'replace') return rest
    if (directive === 'delete') return {}
    throw bad(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`)
  }
  const merged = { ...original }
  let rest = retainKeys(merged, patch)
  rest = mergeOrderedLists(walk, merged, rest, place)
  for (const key of Object.keys(rest)) mergeMember(walk, merged, key, rest[key], place)
  return merged
}

/** Handles `$retainKeys`: clears what is not named, and answers the patch without the directive. */
function retainKeys(merged: JsonObject, patch: JsonObject): JsonObject {
  if (!Object.hasOwn(patch, retainKeysDirective)) return patch
  const { [retainKeysDirective]: list, ...rest } = patch
  if (!Array.isArray(list)) throw bad('invalid patch format of retainKeys')
  const kept = new Set(list)
  for (const key of Object.keys(rest)) {
    if (rest[key] === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue
    if (!kept.has(key)) throw bad('invalid patch format of retainKeys')
  }
  for (const key of Object.keys(merged)) if (!kept.has(key)) delete merged[key]
  return rest
}

function mergeMember(walk: Walk, merged: JsonObject, name: string, value: unknown, place: Place | undefined): void {
  const isDeletion = name.startsWith(deletePrefix)
  const key = isDeletion ? name.slice(deletePrefix.length) : name
  if (value === null) {
    delete merged[key]
    return
  }
  const current = Object.hasOwn(merged, key) ? merged[key] : undefined
  if (isObject(current) && isObject(value)) {
    const field = fieldAt(walk, place, key)
    const inner = field === undefined ? undefined : { type: field.type!, map: field.map === true }
    setMember(merged, key, strategyOf(field) === 'replace' ? value : mergeObject(walk, current, value, inner))
  } else if (Array.isArray(current) && Array.isArray(value)) {
    const rules = listRules(walk, place, key)
    if (isDeletion) {
      const rest = current.filter((item) => !value.some((gone) => sameJson(item, gone)))
      setMember(merged, key, rest)
    } else setMember(merged, key, rules.strategy === 'merge' ? mergeList(walk, current, value, rules) : value)
  } else if (!isDeletion) {
    const clean = withoutDirectives(value)
    if (clean === undefined) delete merged[key]
    else setMember(merged, key, clean)
  }
}

/** A value that is new to the document: without nulls, and without the parts that only say what to delete. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (Object.hasOwn(value, patchDirective)) return undefined
  const clean: JsonObject = {}
  for (const key of Object.keys(value)) {
    const inner = value[key] === null ? undefined : withoutDirectives(value[key])
    if (inner !== undefined) setMember(clean, key, inner)
  }
  return clean
}

type KeyOf = (item: unknown) => unknown
const keyReader = (mergeKey: string): KeyOf =>
  mergeKey === '' ? (item) => item : (item) => (isObject(item) ? item[mergeKey] : undefined)

function mergeList(walk: Walk, original: unknown[], patch: unknown[], rules: ListRules): unknown[] {
  if (original.length === 0 && patch.length === 0) return original
  const all = [...original, ...patch]
  if (all.some(Array.isArray)) throw bad('lists of lists are not supported')
  const objects = isObject(all[0])
  if (all.some((item) => isObject(item) !== objects))
    throw bad(`list element types are not identical: ${goText([original, patch])}`)
  if (!objects) return inOrder(unique(all), patch, original, keyReader(''))
  if (rules.mergeKey === '')
    throw bad(`cannot merge lists without merge key for ${walk.schema.type(rules.place?.type ?? '')?.shortName ?? ''}`)
  const server = { list: original }
  const items = withoutSpecialItems(server, patch as JsonObject[], rules.mergeKey)
  const merged = [...server.list]
  for (const item of items) {
    if (!Object.hasOwn(item, rules.mergeKey)) throw withoutKey(item, rules.mergeKey)
    const at = merged.findIndex((one) => (one as JsonObject)[rules.mergeKey] === item[rules.mergeKey])
    if (at < 0) merged.push(withoutDirectives(item))
    else merged[at] = mergeObject(walk, merged[at] as JsonObject, item, rules.place)
  }
  return inOrder(merged, items, server.list, keyReader(rules.mergeKey))
}

/** Carries out the items that delete or replace, and answers the others. */
function withoutSpecialItems(
  server: { list: unknown[] },
  patch: readonly JsonObject[],
  mergeKey: string,
): JsonObject[] {
  const ordinary: JsonObject[] = []
  let replaces = false
  for (const item of patch) {
    if (!Object.hasOwn(item, patchDirective)) {
      ordinary.push(item)
      continue
    }
    const directive = item[patchDirective]
    if (directive === 'delete') {
      if (!Object.hasOwn(item, mergeKey)) throw withoutKey(item, mergeKey)
      server.list = server.list.filter((one) => (one as JsonObject)[mergeKey] !== item[mergeKey])
    } else if (directive === 'replace') replaces = true
    else if (directive === 'merge') throw bad('merging lists cannot yet be specified in the patch')
    else throw bad(`unknown patch type: ${goText(directive)} in map: ${goText(item)}`)
  }
  if (replaces) server.list = []
  return ordinary
}

function unique(items: readonly unknown[]): unknown[] {
  return items.filter((item, index) => items.findIndex((other) => sameJson(item, other)) === index)
}

/**
 * Puts merged items in Kubernetes' order: those of the patch as the patch has them, the server's own as the server had them,
 * the two merged by the places both had on the server; an item new to the server comes before those it cannot be compared with.
 */
function inOrder(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  keyOf: KeyOf,
): unknown[] {
  const placesOf = (order: readonly unknown[]) => {
    const places = new Map<unknown, number>()
    order.forEach((item, place) => {
      if (!places.has(keyOf(item))) places.set(keyOf(item), place)
    })
    return places
  }
  const inPatch = placesOf(patchOrder)
  const onServer = placesOf(serverOrder)
  const sorted = (items: unknown[], places: ReadonlyMap<unknown, number>) =>
    items.sort((a, b) => (places.get(keyOf(a)) ?? 0) - (places.get(keyOf(b)) ?? 0))
  const patched = sorted(
    merged.filter((item) => inPatch.has(keyOf(item))),
    inPatch,
  )
  const others = sorted(
    merged.filter((item) => !inPatch.has(keyOf(item))),
    onServer,
  )
  const result: unknown[] = []
  let left = 0
  let right = 0
  while (left < others.length && right < patched.length) {
    const ours = onServer.get(keyOf(others[left]))
    const theirs = onServer.get(keyOf(patched[right]))
    if (ours !== undefined && theirs !== undefined && ours < theirs) result.push(others[left++])
    else result.push(patched[right++])
  }
  return [...result, ...others.slice(left), ...patched.slice(right)]
}

/** Handles `$setElementOrder/…` with the lists they order, and answers the patch without both. */
function mergeOrderedLists(walk: Walk, merged: JsonObject, patch: JsonObject, place: Place | undefined): JsonObject {
  const directives = Object.keys(patch).filter((key) => key.startsWith(orderPrefix))
  if (directives.length === 0) return patch
  const rest = { ...patch }
  for (const directive of directives) {
    const order = patch[directive]
    delete rest[directive]
    if (!Array.isArray(order)) throw wrongKind('slice', order)
    const key = directive.slice(orderPrefix.length)
    const original = Object.hasOwn(merged, key) ? merged[key] : undefined
    const list = Object.hasOwn(rest, key) ? rest[key] : undefined
    if (original !== undefined && !Array.isArray(original)) throw wrongKind('slice', original)
    if (list !== undefined && !Array.isArray(list)) throw wrongKind('slice', list)
    const rules = listRules(walk, place, key)
    checkOrder(list ?? [], order, keyReader(rules.mergeKey), order)
    if (original === undefined && list === undefined) continue
    const items =
      list === undefined
        ? (original ?? [])
        : original === undefined
          ? (withoutDirectives(list) as unknown[])
          : rules.strategy === 'merge'
            ? mergeList(walk, original, list, rules)
            : list
    setMember(merged, key, inOrder(items, order, original ?? [], keyReader(rules.mergeKey)))
    delete rest[key]
  }
  return rest
}

/** The patch's items must come in the order that the directive states. */
function checkOrder(list: readonly unknown[], order: readonly unknown[], keyOf: KeyOf, shown: unknown): void {
  const items = list.filter((item) => !isObject(item) || !Object.hasOwn(item, patchDirective))
  if (items.length === 0 || order.length === 0) return
  if (order.some((item) => keyOf(item) === undefined)) throw badOrderList()
  let at = 0
  for (const item of order) if (at < items.length && sameJson(keyOf(items[at]), keyOf(item))) at++
  if (at < items.length)
    throw bad(`The order in patch list:\n${goText(list)}\n doesn't match $setElementOrder list:\n${goText(shown)}\n`)
}
