import type { ManagedFieldsEntry } from '../object/object.ts'
import { givenEmpty } from '../schema/decode.ts'
import {
  canonicalSet,
  fieldSetText,
  identitiesInOutline,
  identitiesInText,
  numbersIn,
  patternOf,
  renumbered,
  renumberedOutline,
  renumberedText,
  setKey,
  withIdentities,
} from './canonical.ts'
import { type Comparison, compareFields, outlineOf } from './compare.ts'
import { difference, type FieldSet, isEmptySet, noFields, ordered, union } from './field-set.ts'
import {
  compareTexts,
  decode,
  encode,
  entryOf,
  type FieldWriter,
  filtered,
  inEntryOrder,
  isSameOwner,
  neverOwned,
  type Owner,
  type WithManagedFields,
} from './owners.ts'
import type { Shape } from './shape.ts'

/** Kubernetes: more updaters than this are merged, the oldest first, into one of this name. */
const updatersMax = 10
const oldUpdatesManager = 'ancient-changes'

/** The entries to go on from: those the client sent, where it may send them and did, else the live object's. */
function entriesFor(live: WithManagedFields, next: WithManagedFields, writer: FieldWriter): Owner[] {
  const sent = next.metadata?.managedFields
  if (writer.subresource === undefined || writer.subresource === '') {
    // Kubernetes: an empty list, or one of one empty entry, is how a client asks to forget everything.
    if (isForgotten(sent, next)) return []
    const decoded = decode(sent)
    if (decoded.length > 0) return decoded
  }
  return decode(live.metadata?.managedFields)
}

function isForgotten(sent: readonly ManagedFieldsEntry[] | undefined, next: WithManagedFields): boolean {
  if (sent === undefined) return givenEmpty(next.metadata ?? {}, 'managedFields') !== undefined
  return sent.length === 0 || (sent.length === 1 && Object.keys(sent[0]!).length === 0)
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
  const ignored = writer.ignored ?? noFields
  const before = without(live, ignored)
  const after = without(change.next, ignored)
  if (managers.length === 0) return entriesOfNew(shape, before, after, writer)
  const compared = compareFields(shape, before, after)
  if (compared === undefined && sameEntries(managers, live.metadata?.managedFields)) return live.metadata!.managedFields
  const entries = compared === undefined ? encode(managers) : entriesAfter(compared, managers, writer)
  return entries.length === 0 ? undefined : entries
}

/** What the writer of a new object owns, by its outline and all else that decides it; undefined where that is nothing. */
const ownedByOutline = new Map<string, FieldSet | undefined>()

/** The entries of an object that nobody owns anything of yet. New objects are many, and their outlines few. */
function entriesOfNew(
  shape: Shape,
  before: object,
  after: object,
  writer: FieldWriter,
): readonly ManagedFieldsEntry[] | undefined {
  const own = entryOf(writer, 'Update', writer.time)
  const known = ownedOfNew(shape, before, after, writer)
  return known === undefined ? undefined : [{ ...own, fieldsV1: known }]
}

function ownedOfNew(shape: Shape, before: object, after: object, writer: FieldWriter): FieldSet | undefined {
  const outline = outlineOf(shape, before, after)
  if (outline === undefined) return ownedAfter(shape, before, after, writer)
  const identities = identitiesInOutline(outline)
  const key = `${setKey(writer.ignored ?? noFields)}${renumberedOutline(outline, identities)}`
  let owned = ownedByOutline.get(key)
  if (owned === undefined && !ownedByOutline.has(key)) {
    const first = ownedAfter(shape, before, after, writer)
    owned = first && patternOf(first).pattern
    // What names others than the outline does is no other object's.
    if (first !== undefined && numbersIn(first) > 0) return first
    if (first !== undefined && !isSame(patternOf(first).identities, identities)) return first
    if (ownedByOutline.size >= outcomesKeptMax) ownedByOutline.clear()
    ownedByOutline.set(key, owned)
  }
  return owned && withIdentities(owned, identities)
}

function ownedAfter(shape: Shape, before: object, after: object, writer: FieldWriter): FieldSet | undefined {
  const compared = compareFields(shape, before, after)
  const [entry] = compared === undefined ? [] : encode(afterUpdate(compared, [], writer))
  return entry?.fieldsV1 as FieldSet | undefined
}

const isSame = (left: readonly string[], right: readonly string[]) =>
  left.length === right.length && left.every((one, at) => one === right[at])

/** What an earlier update came to: entries that stay as they are by their place, and others with what they own now. */
type Outcome = readonly { readonly from: number; readonly fields: FieldSet }[]
const outcomes = new Map<string, Outcome>()
const outcomesKeptMax = 1024
const ownEntry = -1

/**
 * The entries after an update. Writes of one kind of writer to one kind of object change the same fields, whatever their values:
 * what came of such an update once is remembered by the sets that went into it, apart from the identities that they name.
 */
function entriesAfter(compared: Comparison, managers: readonly Owner[], writer: FieldWriter): ManagedFieldsEntry[] {
  // More of them are merged by their age, which says nothing about the next object's.
  if (managers.length >= updatersMax) return encode(afterUpdate(compared, managers, writer))
  const own = entryOf(writer, 'Update', writer.time)
  const changes = [compared.removed, compared.modified, compared.added].map(fieldSetText)
  const { owned, identities } = apartFromIdentities(managers, changes)
  const parts = [setKey(writer.ignored ?? noFields), ownerKey(own)]
  for (const [at, fields] of owned.entries()) parts.push(ownerKey(managers[at]!.entry), setKey(fields))
  for (const text of changes) parts.push(identities.length === 0 ? text : renumberedText(text, identities))
  const key = parts.join('\n')
  const outcome = outcomes.get(key) ?? rememberOutcome(key, compared, managers, { owned, identities }, writer)
  return inEntryOrder(
    outcome.map(({ from, fields }) => {
      if (from !== ownEntry && owned[from] === fields) return managers[from]!.entry
      const entry = from === ownEntry ? own : managers[from]!.entry
      // Who writes the same fields again owns the very same set.
      const same = owned.indexOf(fields)
      const fieldsV1 = same < 0 ? withIdentities(fields, identities) : canonicalSet(managers[same]!.fields)
      return { ...entry, fieldsV1 }
    }),
  )
}

/** What managers own, with numbers in place of the identities that this or the change names. */
interface Plain {
  readonly owned: readonly FieldSet[]
  readonly identities: readonly string[]
}

function apartFromIdentities(managers: readonly Owner[], changes: readonly string[]): Plain {
  const owned = managers.map(({ fields }) => patternOf(canonicalSet(fields)))
  const asTheyAre = { owned: managers.map(({ fields }) => fields), identities: [] }
  // Who sends numbers of their own is answered without any of this.
  if (owned.some((one) => numbersIn(one.pattern) !== one.identities.length)) return asTheyAre
  let identities: readonly string[] = []
  for (const text of changes) identities = joined(identities, identitiesInText(text))
  for (const one of owned) identities = joined(identities, one.identities)
  if (identities.length === 0) return asTheyAre
  return {
    owned: owned.map((one, at) =>
      one.identities.every((identity, number) => identity === identities[number])
        ? one.pattern
        : canonicalSet(renumbered(managers[at]!.fields, identities)),
    ),
    identities,
  }
}

function joined(left: readonly string[], right: readonly string[]): readonly string[] {
  if (right.length === 0) return left
  if (left.length === 0) return right
  return right.every((one) => left.includes(one)) ? left : [...new Set([...left, ...right])].sort()
}

function ownerKey({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  return `${JSON.stringify(manager)} ${operation} ${apiVersion} ${subresource}`
}

function rememberOutcome(
  key: string,
  compared: Comparison,
  managers: readonly Owner[],
  { owned, identities }: Plain,
  writer: FieldWriter,
): Outcome {
  const plain = (set: FieldSet) => (identities.length === 0 ? set : renumbered(set, identities))
  const updated = afterUpdate(
    { removed: plain(compared.removed), modified: plain(compared.modified), added: plain(compared.added) },
    managers.map(({ entry }, at) => ({ entry, fields: owned[at]! })),
    writer,
  )
  const outcome = updated.map(({ entry, fields }) => ({
    from: managers.findIndex((manager) => manager.entry === entry),
    fields: canonicalSet(ordered(fields)),
  }))
  if (outcomes.size >= outcomesKeptMax) outcomes.clear()
  outcomes.set(key, outcome)
  return outcome
}

function sameEntries(managers: readonly Owner[], entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  return entries?.length === managers.length && managers.every(({ entry }, index) => entry === entries[index])
}

/** The managers after a writer made `next` of `live`; the same list when nothing changed. */
export function update(shape: Shape, { live, next }: ObjectChange, managers: Owner[], writer: FieldWriter): Owner[] {
  const ignored = writer.ignored ?? noFields
  const compared = compareFields(shape, without(live, ignored), without(next, ignored))
  return compared === undefined ? managers : afterUpdate(compared, managers, writer)
}

/** Who owns what after a writer changed something. */
function afterUpdate(compared: Comparison, managers: readonly Owner[], writer: FieldWriter): Owner[] {
  const comparison = filtered(compared, writer.ignored ?? noFields)
  const taken = union(comparison.modified, comparison.added)
  const gone = union(taken, comparison.removed)
  let left: Owner[] = managers.map((manager) => {
    const fields = difference(manager.fields, gone)
    return fields === manager.fields ? manager : { ...manager, fields }
  })
  const own = difference(taken, neverOwned)
  if (!isEmptySet(own)) {
    const entry = entryOf(writer, 'Update', writer.time)
    const known = left.find((manager) => isSameOwner(manager.entry, entry))
    const fields = known === undefined ? own : union(own, known.fields)
    left = [...left.filter((manager) => manager !== known), { entry, fields }]
  }
  return capped(left.filter((manager) => !isEmptySet(manager.fields)))
}

/** Merges the oldest updaters, one bucket per version, until no more than the limit are left. */
function capped(managers: Owner[]): Owner[] {
  const updaters = managers.filter(({ entry }) => entry.operation !== 'Apply')
  if (updaters.length <= updatersMax) return managers
  updaters.sort((a, b) => compareTexts(a.entry.time, b.entry.time) || compareTexts(a.entry.manager, b.entry.manager))
  let count = updaters.length
  const kept = new Set(managers)
  const firstOf = new Map<string, Owner>()
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
