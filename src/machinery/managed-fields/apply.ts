import type { ManagedFieldsEntry } from '../object/object.ts'
import { badRequest, StatusError } from '../status/status.ts'
import { type Comparison, compareFields } from './compare.ts'
import {
  difference,
  differenceBelow,
  type FieldSet,
  intersection,
  isEmptySet,
  noFields,
  pathTexts,
  union,
} from './field-set.ts'
import { lastAppliedFields, successorOfClientSideApply, withLastApplied } from './last-applied.ts'
import { fieldsOf, mergeConfiguration, withNamedFields, withoutFields } from './merge.ts'
import { orderedSet } from './ordered-set.ts'
import {
  compareTexts,
  decode,
  encode,
  entryOf,
  type FieldWriter,
  filtered,
  isSameOwner,
  type Owner,
  ownable,
  type WithManagedFields,
} from './owners.ts'
import { restated } from './restated.ts'
import type { Shape } from './shape.ts'
import { typeProblems, typeProblemsText } from './type-problems.ts'
import { update } from './update.ts'

const beforeFirstApply = 'before-first-apply'

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
  const live = withoutManagedFields(change.live)
  const managers = decode((change.live as WithManagedFields).metadata?.managedFields)
  const entry = entryOf(writer, 'Apply', writer.time)
  const previous = managers.find((manager) => isSameOwner(manager.entry, entry))
  const { next, compared, fields, before } =
    appliedAgain(shape, live, applied, managers, previous, writer) ??
    appliedAnew(shape, { live, applied, empty: change.empty }, managers, previous, writer)
  const others = before.filter((manager) => manager !== previous)
  const comparison = compared === undefined ? undefined : filtered(compared, writer.ignored ?? noFields)
  const rest = others.map((manager) => afterApply(manager, comparison))
  const isSuccessor = writer.manager === successorOfClientSideApply
  if (!options.force) {
    const conflicts = conflictsOf(
      rest,
      isSuccessor ? () => lastAppliedFields(shape, live, writer.apiVersion) : undefined,
    )
    if (conflicts.length > 0) throw conflictError(conflicts)
  }
  const isUnchanged = compared === undefined && previous !== undefined && sameSet(previous.fields, fields)
  const own: Owner = { entry: isUnchanged ? previous.entry : timed(entry, previous, changesAny(compared)), fields }
  const object = next as Record<string, unknown>
  return {
    object: isSuccessor ? withLastApplied(object, applied) : object,
    managedFields: listed([...rest.map((one) => one.manager), own], change.live),
  }
}

/** Kubernetes: an entry tells when its manager last changed the object; who only came to own what is there has no time. */
function timed(entry: ManagedFieldsEntry, previous: Owner | undefined, changed: boolean): ManagedFieldsEntry {
  if (changed) return entry
  const { time: _, ...untimed } = entry
  const before = previous?.entry.time
  return before === undefined ? untimed : { ...untimed, time: before }
}

function changesAny(comparison: Comparison | undefined): boolean {
  if (comparison === undefined) return false
  const { removed, modified, added } = comparison
  return !isEmptySet(removed) || !isEmptySet(modified) || !isEmptySet(added)
}

/** The entries of managers; the live object's own list when they are the same. */
function listed(managers: readonly Owner[], live: WithManagedFields): readonly ManagedFieldsEntry[] {
  const entries = encode(managers)
  const before = live.metadata?.managedFields
  return before?.length === entries.length && entries.every((one, at) => one === before[at]) ? before : entries
}

/** What a configuration and the live object come to, and what is known of their owners. */
interface Merged {
  readonly next: unknown
  readonly compared: Comparison | undefined
  /** What the applier owns by it. */
  readonly fields: FieldSet
  /** The owners there were before. */
  readonly before: readonly Owner[]
}

/** Where the applier states the same fields again, they need not be found out. */
function appliedAgain(
  shape: Shape,
  live: object,
  applied: object,
  managers: readonly Owner[],
  previous: Owner | undefined,
  writer: FieldWriter,
): Merged | undefined {
  if (previous === undefined || previous.entry.apiVersion !== writer.apiVersion) return undefined
  // What was owned by other rules, or was written down in another way, is found out anew.
  if (ownable(previous.fields) !== previous.fields) return undefined
  for (const step in writer.ignored) if (previous.fields[step] !== undefined) return undefined
  const again = restated(shape, previous.fields, live, applied)
  if (again === undefined) return undefined
  const { object, modified } = again
  const compared = modified === undefined ? undefined : { removed: noFields, modified, added: noFields }
  return { next: object, compared, fields: previous.fields, before: managers }
}

function appliedAnew(
  shape: Shape,
  change: { readonly live: object; readonly applied: WithManagedFields; readonly empty: object },
  managers: readonly Owner[],
  previous: Owner | undefined,
  writer: FieldWriter,
): Merged {
  const { live, applied } = change
  const problems = typeProblems(shape, applied)
  if (problems.length > 0) throw untypedPatch(applied, typeProblemsText(problems))
  const before =
    managers.length > 0
      ? managers
      : update(shape, { live: change.empty, next: live }, [], { ...writer, manager: beforeFirstApply })
  const stated = orderedSet(differenceBelow(fieldsOf(shape, applied), writer.ignored ?? noFields))
  const fields = ownable(stated)
  const others = before.filter((manager) => manager !== previous)
  const merged = mergeConfiguration(shape, live, applied)
  // Only what was stated before and no longer is can go, which is rare.
  const next =
    previous === undefined || previous.fields === fields || isEmptySet(difference(previous.fields, stated))
      ? merged
      : pruned(shape, merged, previous.fields, [stated, ...others.map((one) => one.fields)])
  return { next, compared: compareFields(shape, live, next), fields, before }
}

/** The conflicts that are none of those that are allowed, if any are. */
function conflictsOf(
  all: readonly AfterApply[],
  allowed: (() => FieldSet | undefined) | undefined,
): readonly AfterApply[] {
  const conflicts = all.filter(({ conflict }) => !isEmptySet(conflict))
  const free = conflicts.length === 0 ? undefined : allowed?.()
  if (free === undefined) return conflicts
  return conflicts
    .map(({ manager, conflict }) => ({ manager, conflict: difference(conflict, free) }))
    .filter(({ conflict }) => !isEmptySet(conflict))
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
  return left === right || (isEmptySet(difference(left, right)) && isEmptySet(difference(right, left)))
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
  readonly manager: Owner
  readonly conflict: FieldSet
}
function afterApply(manager: Owner, comparison: Comparison | undefined): AfterApply {
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
