import type { ManagedFieldsEntry } from '../object/object.ts'
import { badRequest, StatusError } from '../status/status.ts'
import { canonicalSet } from './canonical.ts'
import { type Comparison, compareFields } from './compare.ts'
import {
  difference,
  differenceBelow,
  type FieldSet,
  intersection,
  isEmptySet,
  noFields,
  ordered,
  pathTexts,
  readFieldSet,
  union,
} from './field-set.ts'
import { fieldsOf, mergeConfiguration, withNamedFields, withoutFields } from './merge.ts'
import type { Shape } from './shape.ts'
import { typeProblems, typeProblemsText } from './type-problems.ts'

/** Who writes, by which version and through which subresource, and when. */
export interface FieldWriter {
  readonly manager: string
  /** `apps/v1`. */
  readonly apiVersion: string
  readonly subresource?: string
  /** RFC 3339, whole seconds. */
  readonly time: string
  /** Fields that this kind of write never owns, since the server resets them: see resetFields. */
  readonly ignored?: FieldSet
}
interface Manager {
  readonly entry: ManagedFieldsEntry
  readonly fields: FieldSet
}

/** Kubernetes: more updaters than this are merged, the oldest first, into one of this name. */
const updatersMax = 10
const oldUpdatesManager = 'ancient-changes'
const beforeFirstApply = 'before-first-apply'

/** Kubernetes: these are the server's own and nobody's property. */
const neverOwned: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:clusterName': {},
    'f:creationTimestamp': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:name': {},
    'f:namespace': {},
    'f:resourceVersion': {},
    'f:selfLink': {},
    'f:uid': {},
  },
}

/** What a write to an object itself (no subresource) or to its status does not own. */
export function resetFields(subresource: string | undefined): FieldSet {
  if (subresource === undefined || subresource === '') return { 'f:status': {} }
  return subresource === 'status' ? { 'f:spec': {} } : noFields
}

interface WithManagedFields {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: {
    readonly uid?: string
    readonly name?: string
    readonly namespace?: string
    readonly managedFields?: readonly ManagedFieldsEntry[]
  }
}

function decode(entries: readonly ManagedFieldsEntry[] | undefined): Manager[] {
  const managers: Manager[] = []
  for (const entry of entries ?? []) {
    const fields = readFieldSet(entry.fieldsV1 ?? {})
    // Kubernetes: entries that cannot be read make the whole list unusable, so tracking starts anew.
    if (fields === undefined || (entry.fieldsType !== undefined && entry.fieldsType !== 'FieldsV1')) return []
    managers.push({ entry, fields })
  }
  return managers
}

const compareTexts = (left: string | undefined, right: string | undefined) => {
  const a = left ?? ''
  const b = right ?? ''
  return a < b ? -1 : a > b ? 1 : 0
}

function encode(managers: readonly Manager[]): ManagedFieldsEntry[] {
  return managers
    .filter(({ fields }) => !isEmptySet(fields))
    .map(({ entry, fields }) =>
      entry.fieldsV1 === fields ? entry : { ...entry, fieldsV1: canonicalSet(ordered(fields)) },
    )
    .sort(
      (a, b) =>
        compareTexts(a.operation, b.operation) ||
        compareTexts(a.time, b.time) ||
        compareTexts(a.manager, b.manager) ||
        compareTexts(a.apiVersion, b.apiVersion) ||
        compareTexts(a.subresource, b.subresource),
    )
}

function entryOf(writer: FieldWriter, operation: 'Apply' | 'Update', time: string): ManagedFieldsEntry {
  const { manager, apiVersion, subresource } = writer
  return {
    manager: manager === '' ? 'unknown' : manager,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: noFields,
    ...(subresource === undefined || subresource === '' ? {} : { subresource }),
  }
}

/** Kubernetes: an applier is the same one whatever version it applies; an updater is one per version. */
function isSameManager(left: ManagedFieldsEntry, right: ManagedFieldsEntry): boolean {
  return (
    left.manager === right.manager &&
    left.operation === right.operation &&
    (left.subresource ?? '') === (right.subresource ?? '') &&
    (left.operation === 'Apply' || left.apiVersion === right.apiVersion)
  )
}

/** The entries to go on from: those the client sent, where it may send them and did, else the live object's. */
function entriesFor(live: WithManagedFields, next: WithManagedFields, writer: FieldWriter): Manager[] {
  const sent = next.metadata?.managedFields
  if (writer.subresource === undefined || writer.subresource === '') {
    // Kubernetes: a list of one empty entry is how a client asks to forget everything.
    if (sent?.length === 1 && Object.keys(sent[0]!).length === 0) return []
    const decoded = decode(sent)
    if (decoded.length > 0) return decoded
  }
  return decode(live.metadata?.managedFields)
}

/** The object less the members that are ignored as a whole, which then need not be compared. */
function without(object: object, ignored: FieldSet): object {
  let rest: Record<string, unknown> | undefined
  for (const step in ignored) {
    const name = step.slice(2)
    if (!isEmptySet(ignored[step]!) || !Object.hasOwn(object, name)) continue
    rest ??= { ...object }
    delete rest[name]
  }
  return rest ?? object
}

function filtered(comparison: Comparison, ignored: FieldSet): Comparison {
  return {
    removed: differenceBelow(comparison.removed, ignored),
    modified: differenceBelow(comparison.modified, ignored),
    added: differenceBelow(comparison.added, ignored),
  }
}

/** Two versions of one object: `live` is what is stored, or on create the type's object with nothing set. */
export interface ObjectChange {
  readonly live: object
  readonly next: object
}

/**
 * The managedFields of `next`: the writer owns what it changed, and others no longer own what it changed or removed.
 * Answers the live list itself when nothing changed, and undefined when the object is not tracked.
 */
export function recordUpdate(
  shape: Shape,
  change: ObjectChange,
  writer: FieldWriter,
): readonly ManagedFieldsEntry[] | undefined {
  const live = change.live as WithManagedFields
  const managers = entriesFor(live, change.next as WithManagedFields, writer)
  // Kubernetes: an object whose managers were forgotten stays untracked until it is applied.
  if (managers.length === 0 && (live.metadata?.uid ?? '') !== '') return undefined
  const updated = update(shape, change, managers, writer)
  if (updated === managers && sameEntries(managers, live.metadata?.managedFields)) return live.metadata!.managedFields
  const entries = encode(updated)
  return entries.length === 0 ? undefined : entries
}

function sameEntries(managers: readonly Manager[], entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  return entries?.length === managers.length && managers.every(({ entry }, index) => entry === entries[index])
}

function update(shape: Shape, { live, next }: ObjectChange, managers: Manager[], writer: FieldWriter): Manager[] {
  const ignored = writer.ignored ?? noFields
  const compared = compareFields(shape, without(live, ignored), without(next, ignored))
  if (compared === undefined) return managers
  const comparison = filtered(compared, ignored)
  const taken = union(comparison.modified, comparison.added)
  const gone = union(taken, comparison.removed)
  let left: Manager[] = managers.map((manager) => {
    const fields = difference(manager.fields, gone)
    return fields === manager.fields ? manager : { ...manager, fields }
  })
  const own = difference(taken, neverOwned)
  if (!isEmptySet(own)) {
    const entry = entryOf(writer, 'Update', writer.time)
    const known = left.find((manager) => isSameManager(manager.entry, entry))
    const fields = known === undefined ? own : union(own, known.fields)
    left = [...left.filter((manager) => manager !== known), { entry, fields }]
  }
  return capped(left.filter((manager) => !isEmptySet(manager.fields)))
}

/** Merges the oldest updaters, one bucket per version, until no more than the limit are left. */
function capped(managers: Manager[]): Manager[] {
  const updaters = managers.filter(({ entry }) => entry.operation !== 'Apply')
  if (updaters.length <= updatersMax) return managers
  updaters.sort((a, b) => compareTexts(a.entry.time, b.entry.time) || compareTexts(a.entry.manager, b.entry.manager))
  let count = updaters.length
  const kept = new Set(managers)
  const firstOf = new Map<string, Manager>()
  for (const manager of updaters) {
    if (count <= updatersMax) break
    const version = manager.entry.apiVersion ?? ''
    const first = firstOf.get(version)
    if (first === undefined) firstOf.set(version, manager)
    else {
      const { subresource: _, ...entry } = manager.entry
      const bucket = { entry: { ...entry, manager: oldUpdatesManager }, fields: union(manager.fields, first.fields) }
      kept.delete(first)
      kept.delete(manager)
      kept.add(bucket)
      firstOf.set(version, bucket)
      count--
    }
  }
  return [...kept]
}

/** What server-side apply comes to. */
export interface Applied {
  /** The merged object, its managedFields left out; members that became empty are null. */
  readonly object: Record<string, unknown>
  readonly managedFields: readonly ManagedFieldsEntry[]
}

/**
 * Merges a configuration into the live object (on create: the type's object with nothing set): the applier then owns what
 * it states, and what it stated before and no longer does is removed unless somebody else owns it.
 * Throws 409 with the managers and fields in conflict, unless forced.
 */
export function applyConfiguration(
  shape: Shape,
  change: { readonly live: object; readonly applied: object; readonly empty: object },
  writer: FieldWriter,
  options: { readonly force: boolean },
): Applied {
  const applied = change.applied as WithManagedFields
  if (applied.metadata?.managedFields != null) throw badRequest('metadata.managedFields must be nil')
  if (applied.apiVersion !== writer.apiVersion) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${applied.apiVersion ?? ''}, expected: ${writer.apiVersion}`,
    )
  }
  const problems = typeProblems(shape, applied)
  if (problems.length > 0) throw untypedPatch(applied, typeProblemsText(problems))
  const live = withoutManagedFields(change.live)
  let managers = decode((change.live as WithManagedFields).metadata?.managedFields)
  if (managers.length === 0) {
    managers = update(shape, { live: change.empty, next: live }, [], { ...writer, manager: beforeFirstApply })
  }
  const entry = entryOf(writer, 'Apply', writer.time)
  const previous = managers.find((manager) => isSameManager(manager.entry, entry))
  const stated = differenceBelow(fieldsOf(shape, applied), writer.ignored ?? noFields)
  const others = managers.filter((manager) => manager !== previous)
  const merged = mergeConfiguration(shape, live, applied)
  // Only what was stated before and no longer is can go, which is rare.
  const next =
    previous === undefined || isEmptySet(difference(previous.fields, stated))
      ? merged
      : pruned(shape, merged, previous.fields, [stated, ...others.map((one) => one.fields)])
  const compared = compareFields(shape, live, next)
  const comparison = compared === undefined ? undefined : filtered(compared, writer.ignored ?? noFields)
  const rest = others.map((manager) => afterApply(manager, comparison))
  const conflicts = rest.filter(({ conflict }) => !isEmptySet(conflict))
  if (!options.force && conflicts.length > 0) throw conflictError(conflicts)
  const fields = difference(stated, neverOwned)
  const isUnchanged = compared === undefined && previous !== undefined && sameSet(previous.fields, fields)
  const own: Manager = { entry: isUnchanged ? previous.entry : entry, fields }
  return { object: next as Record<string, unknown>, managedFields: encode([...rest.map((one) => one.manager), own]) }
}

/** Kubernetes: a configuration that does not fit its type is answered 500, with no reason, whatever fieldValidation asks. */
export function untypedPatch(applied: WithManagedFields, problems: string): StatusError {
  const { apiVersion = '', kind = '', metadata } = applied
  const { name = '', namespace = '' } = metadata ?? {}
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
  return new StatusError(
    500,
    undefined,
    `failed to create typed patch object (${namespace}/${name}; ${groupVersion}, Kind=${kind}): ${problems}`,
  )
}

function sameSet(left: FieldSet, right: FieldSet): boolean {
  return isEmptySet(difference(left, right)) && isEmptySet(difference(right, left))
}

function withoutManagedFields(object: object): object {
  const { metadata, ...rest } = object as { metadata?: Record<string, unknown> }
  if (metadata?.managedFields === undefined) return object
  const { managedFields: _, ...meta } = metadata
  return { ...rest, metadata: meta }
}

/** Removes what the applier owned and no longer states, unless another manager owns it or nobody ever did. */
function pruned(shape: Shape, merged: unknown, last: FieldSet, owned: readonly FieldSet[]): unknown {
  const named = (set: FieldSet) => withNamedFields(shape, set)
  const all = named(fieldsOf(shape, merged))
  const lastNamed = named(last)
  const without = withoutFields(shape, merged, lastNamed)
  const managed = named(owned.reduce(union, noFields))
  const keep = union(named(fieldsOf(shape, without)), managed)
  const prunedOnce = withoutFields(shape, merged, difference(all, keep))
  const left = named(fieldsOf(shape, prunedOnce))
  return withoutFields(shape, merged, intersection(difference(all, left), lastNamed))
}

interface AfterApply {
  readonly manager: Manager
  readonly conflict: FieldSet
}
function afterApply(manager: Manager, comparison: Comparison | undefined): AfterApply {
  if (comparison === undefined) return { manager, conflict: noFields }
  const conflict = intersection(manager.fields, union(comparison.modified, comparison.added))
  const fields = difference(difference(manager.fields, conflict), comparison.removed)
  return { manager: fields === manager.fields ? manager : { ...manager, fields }, conflict }
}

function managerText({ manager, subresource, operation, apiVersion }: ManagedFieldsEntry): string {
  const name =
    JSON.stringify(manager) + (subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`)
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}

function conflictError(conflicts: readonly AfterApply[]): StatusError {
  const found = conflicts
    .map(({ manager, conflict }) => ({ manager: managerText(manager.entry), paths: pathTexts(conflict) }))
    .sort((a, b) => compareTexts(a.manager, b.manager))
  const all = found.flatMap(({ manager, paths }) => paths.map((path) => ({ manager, path })))
  const text =
    all.length === 1
      ? `1 conflict: conflict with ${all[0]!.manager}: ${all[0]!.path}`
      : `${all.length} conflicts: ${found
          .map(({ manager, paths }) => [`conflicts with ${manager}:`, ...paths.map((path) => `- ${path}`)].join('\n'))
          .join('\n')}`
  return new StatusError(409, 'Conflict', `Apply failed with ${text}`, {
    causes: all.map(({ manager, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${manager}`,
      field: path,
    })),
  })
}
