import type { ManagedFieldsEntry } from '../object/object.ts'
import { canonicalSet } from './canonical.ts'
import type { Comparison } from './compare.ts'
import { difference, differenceBelow, type FieldSet, isEmptySet, noFields, readFieldSet } from './field-set.ts'
import { orderedSet } from './ordered-set.ts'

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
/** One who owns fields, by an entry of managedFields. */
export interface Owner {
  readonly entry: ManagedFieldsEntry
  readonly fields: FieldSet
}

/** Kubernetes: these are the server's own and nobody's property. */
export const neverOwned: FieldSet = {
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

const ownables = new WeakMap<FieldSet, FieldSet>()

/** What of a set can be somebody's property, in order; found out once for each. */
export function ownable(set: FieldSet): FieldSet {
  let made = ownables.get(set)
  if (made === undefined) ownables.set(set, (made = orderedSet(difference(set, neverOwned))))
  return made
}

/**
 * What a write to an object itself (no subresource) or to its status does not own; `kept` is the metadata that a write of the
 * status leaves as it is.
 */
export function resetFields(subresource: string | undefined, kept: readonly string[] = []): FieldSet {
  if (subresource === undefined || subresource === '') return statusAlone
  if (subresource !== 'status') return noFields
  if (kept.length === 0) return specAlone
  return kept.length === 1 ? specAndLabels : specAndMetadata
}
const statusAlone = canonicalSet({ 'f:status': {} })
const specAlone = canonicalSet({ 'f:spec': {} })
const specAndLabels = canonicalSet({ 'f:metadata': { 'f:labels': {} }, 'f:spec': {} })
const specAndMetadata = canonicalSet({ 'f:metadata': {}, 'f:spec': {} })

/** An object as far as this looks at it. */
export interface WithManagedFields {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: {
    readonly uid?: string
    readonly name?: string
    readonly namespace?: string
    readonly managedFields?: readonly ManagedFieldsEntry[]
  }
}

/** The managers that entries tell of; none when one cannot be read. */
export function decode(entries: readonly ManagedFieldsEntry[] | undefined): Owner[] {
  const managers: Owner[] = []
  for (const entry of entries ?? []) {
    const fields = readFieldSet(entry.fieldsV1 ?? {})
    // Kubernetes: entries that cannot be read make the whole list unusable, so tracking starts anew.
    if (fields === undefined || (entry.fieldsType !== undefined && entry.fieldsType !== 'FieldsV1')) return []
    managers.push({ entry, fields })
  }
  return managers
}

/** Text order; what is absent is empty. */
export const compareTexts = (left: string | undefined, right: string | undefined) => {
  const a = left ?? ''
  const b = right ?? ''
  return a < b ? -1 : a > b ? 1 : 0
}

/** The entries of managers that own something, as they are written. */
export function encode(managers: readonly Owner[]): ManagedFieldsEntry[] {
  const entries = managers
    .filter(({ fields }) => !isEmptySet(fields))
    .map(({ entry, fields }) => (entry.fieldsV1 === fields ? entry : { ...entry, fieldsV1: orderedSet(fields) }))
  return inEntryOrder(entries)
}

/** Entries in Kubernetes' order, sorted in place. */
export function inEntryOrder(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  return entries.sort(
    (a, b) =>
      compareTexts(a.operation, b.operation) ||
      compareTexts(a.time, b.time) ||
      compareTexts(a.manager, b.manager) ||
      compareTexts(a.apiVersion, b.apiVersion) ||
      compareTexts(a.subresource, b.subresource),
  )
}

/** The entry of a writer who owns nothing yet. */
export function entryOf(writer: FieldWriter, operation: 'Apply' | 'Update', time: string): ManagedFieldsEntry {
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
export function isSameOwner(left: ManagedFieldsEntry, right: ManagedFieldsEntry): boolean {
  return (
    left.manager === right.manager &&
    left.operation === right.operation &&
    (left.subresource ?? '') === (right.subresource ?? '') &&
    (left.operation === 'Apply' || left.apiVersion === right.apiVersion)
  )
}

/** The changes less what is ignored. */
export function filtered(comparison: Comparison, ignored: FieldSet): Comparison {
  return {
    removed: differenceBelow(comparison.removed, ignored),
    modified: differenceBelow(comparison.modified, ignored),
    added: differenceBelow(comparison.added, ignored),
  }
}
