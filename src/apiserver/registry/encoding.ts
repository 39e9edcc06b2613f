import {
  canonicalSet,
  type FieldSet,
  fieldSetText,
  type KubeObject,
  StatusError,
  sameJson,
} from '../../machinery/index.ts'
import { type Declaration, events, type ResourceDefinition } from '../../resources/index.ts'
import { type Entry, type EntryNotes, entryObjects, LateValue, type Revision } from '../../store/index.ts'
import { MemberTexts } from './member-texts.ts'
import { textLength, textLengthAfter } from './text-length.ts'

/** Unlike Kubernetes, which answers 500 with etcd's words: what is too large to be kept is told to be so. */
const storedBytesMax = 1.5 * 1024 * 1024
/** A character of JSON takes at most this many bytes. */
const bytesPerCharacterMax = 6
const encoder = new TextEncoder()
const decoder = new TextDecoder()
/** What every stored value of a built-in kind starts with; kind, version and revision are spliced in on read. */
const opening = '{"metadata":{'

/** Every key of objects lies below this. */
export const registryRoot = '/registry/'

/** Where a kind's objects are stored, all of them or one namespace's. */
export function prefixOf(definition: ResourceDefinition<any>, namespace?: string): string {
  const base = `${registryRoot}${definition.storage.prefix}/`
  return namespace === undefined || namespace === '' ? base : `${base}${namespace}/`
}

export function storageKey(definition: ResourceDefinition<any>, namespace: string | undefined, name: string): string {
  return `${prefixOf(definition, definition.scope === 'Namespaced' ? namespace : undefined)}${name}`
}

/**
 * What an object is kept as; its bytes are made when they are needed, for which the object must not change any more.
 * Throws 413 when they are too many.
 */
export function storedValue(
  definition: ResourceDefinition<any>,
  object: KubeObject,
  length = lengthOf(object),
): LateValue {
  const value = new LateValue(length, () => encodeStored(definition, object))
  if (length * bytesPerCharacterMax > storedBytesMax && value.bytes.length > storedBytesMax)
    throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${storedBytesMax}`)
  return value
}

/** As `storedValue`, of an object that is made when it is first needed. It is known to be small, and about how small. */
export function lateStoredValue(
  definition: ResourceDefinition<any>,
  make: () => KubeObject,
  aboutLength: number,
): LateValue {
  return new LateValue(aboutLength, () => encodeStored(definition, make()))
}

const memberTexts = new MemberTexts()

/** As `textLength`, with what is known of members that stayed the same. */
function lengthOf({ metadata, ...rest }: KubeObject): number {
  const { managedFields = [], ...meta } = metadata
  let length = textLength(meta) + 40
  for (const { fieldsV1, ...entry } of managedFields)
    length += textLength(entry) + (fieldsV1 == null ? 0 : fieldSetText(fieldsV1 as FieldSet).length)
  for (const name in rest) length += name.length + 4 + memberTexts.lengthOf((rest as Record<string, unknown>)[name])
  return length
}

/** About how long the text of an object is that takes the place of an entry's. */
export function lengthAfter(entry: Entry, current: KubeObject, next: KubeObject): number {
  const metadata = { ...current.metadata, resourceVersion: undefined }
  // What was read from a disk is known exactly, and may be less than what is counted for its parts.
  return Math.max(0, textLengthAfter(next, { ...current, metadata }, entry.sizeBytes))
}

/**
 * The bytes an object is kept as: canonical JSON, metadata first, without kind, apiVersion and resourceVersion.
 * With etcd the revision is unknown before the transaction, so it is never inside. Custom resources keep kind and
 * apiVersion in front, because the version they are stored in changes while old objects stay as they are.
 */
function encodeStored(definition: ResourceDefinition<any>, object: KubeObject): Uint8Array {
  const { kind, apiVersion, metadata, ...rest } = object
  const { resourceVersion: _revision, managedFields, ...meta } = metadata
  const type =
    definition.custom === undefined ? '' : `"apiVersion":${JSON.stringify(apiVersion)},"kind":${JSON.stringify(kind)},`
  const managers = managedFields === undefined ? '' : `,"managedFields":${managersText(managedFields)}`
  let others = ''
  for (const name in rest) {
    const text = memberTexts.textOf((rest as Record<string, unknown>)[name])
    if (text !== undefined) others += `,${JSON.stringify(name)}:${text}`
  }
  return encoder.encode(`{${type}"metadata":${JSON.stringify(meta).slice(0, -1)}${managers}}${others}}`)
}

/** Managers as JSON; what they own is the same for many objects, and its text is made once. */
function managersText(managers: NonNullable<KubeObject['metadata']['managedFields']>): string {
  const entries = managers.map((entry) => {
    const members: string[] = []
    for (const [key, value] of Object.entries(entry)) {
      if (value === undefined) continue
      const text = key === 'fieldsV1' && value !== null ? fieldSetText(value as FieldSet) : JSON.stringify(value)
      members.push(`"${key}":${text}`)
    }
    return `{${members.join()}}`
  })
  return `[${entries.join()}]`
}

/** Whether an entry says what is about to be written, be it in another order: defaults and admission add members last. */
export function isStoredAlready(
  definition: ResourceDefinition<any>,
  entry: Entry,
  value: LateValue,
  next: KubeObject,
): boolean {
  // A custom resource may be kept in another version, and is written again then.
  if (definition.custom !== undefined) return Buffer.compare(value.bytes, entry.value) === 0
  const { kind: _kind, apiVersion: _version, metadata, ...rest } = next
  const current = objectOf(definition, entry)
  for (const key in rest) if (!sameJson((rest as any)[key], (current as any)[key])) return false
  for (const key in current) if (!(key in next) && (current as any)[key] !== undefined) return false
  const { resourceVersion } = current.metadata
  return sameJson(current.metadata, { ...metadata, resourceVersion })
}

type ParsedEntries = EntryNotes<Parsed> | WeakMap<Entry, Parsed>
interface Parsed {
  readonly object: KubeObject
  /** Whether the stored bytes say the same as the object. */
  readonly exact: boolean
}
const parsedByEntry = entryObjects<Parsed>()
/** Custom resources, by the state of their declaration: while one follows another, both read the same entries. */
const parsedByDeclaration = new WeakMap<Declaration, ParsedEntries>()

function parsedBy(declaration: Declaration | undefined): ParsedEntries {
  if (declaration === undefined) return parsedByEntry
  const known = parsedByDeclaration.get(declaration)
  if (known !== undefined) return known
  const made = new WeakMap<Entry, Parsed>()
  parsedByDeclaration.set(declaration, made)
  return made
}

/** Objects of entries longer than this are as large again, and parsed quickly beside being sent: only the last few are kept. */
const largeBytes = 256 << 10
const largeKeptMax = 16
const largeKept = new Map<Entry, ParsedEntries>()
/** Events are more than anything else, and hardly looked at: only the last few are kept, too, and of the others their bytes. */
const eventsRoot = `${registryRoot}${events.storage.prefix}/`
const eventsKeptMax = 256
const eventsKept = new Map<Entry, ParsedEntries>()

function keep(parsedEntries: ParsedEntries, entry: Entry, parsed: Parsed): void {
  parsedEntries.set(entry, parsed)
  if (entry.sizeBytes > largeBytes) keepAmong(largeKept, largeKeptMax, entry, parsedEntries)
  else if (entry.key.startsWith(eventsRoot)) keepAmong(eventsKept, eventsKeptMax, entry, parsedEntries)?.value
}

/** Answers the one that is kept no longer for it. */
function keepAmong(
  few: Map<Entry, ParsedEntries>,
  max: number,
  entry: Entry,
  parsedEntries: ParsedEntries,
): Entry | undefined {
  few.set(entry, parsedEntries)
  if (few.size <= max) return undefined
  for (const [oldest, among] of few) {
    if ('delete' in among) among.delete(oldest)
    else among.set(oldest, undefined)
    few.delete(oldest)
    return oldest
  }
  return undefined
}

/** The object of an entry, in the version it is stored in: shared by every reader, frozen, and parsed once unless it is large. */
export function objectOf(definition: ResourceDefinition<any>, entry: Entry): KubeObject {
  return parsedOf(definition, entry).object
}

function parsedOf(definition: ResourceDefinition<any>, entry: Entry): Parsed {
  const declaration = definition.custom?.declaration
  const parsedEntries = parsedBy(declaration)
  const known = parsedEntries.get(entry)
  if (known !== undefined) return known
  const json = JSON.parse(decoder.decode(entry.value))
  for (const manager of json.metadata.managedFields ?? [])
    if (manager.fieldsV1 != null) manager.fieldsV1 = canonicalSet(manager.fieldsV1)
  const read = withRevision(definition, json, entry.modified)
  const object = declaration === undefined ? read : freezeDeep(declaration.current(read))
  const parsed = { object, exact: object === read }
  keep(parsedEntries, entry, parsed)
  return parsed
}

/** Remembers the object that was just written as an entry, so that nobody needs to parse it. */
export function rememberObject(definition: ResourceDefinition<any>, entry: Entry, object: KubeObject): KubeObject {
  const kept = withRevision(definition, object, entry.modified)
  keep(parsedBy(definition.custom?.declaration), entry, { object: kept, exact: true })
  return kept
}

/** Remembers how the object that was written as an entry is made, for the first who asks for it. */
export function rememberLate(definition: ResourceDefinition<any>, entry: Entry, make: () => KubeObject): void {
  keep(parsedBy(definition.custom?.declaration), entry, new LateParsed(definition, entry.modified, make))
}

/** What is read from an entry whose object nobody has asked for yet. */
class LateParsed implements Parsed {
  readonly exact = true
  readonly #definition: ResourceDefinition<any>
  readonly #revision: Revision
  readonly #make: () => KubeObject
  #object: KubeObject | undefined

  constructor(definition: ResourceDefinition<any>, revision: Revision, make: () => KubeObject) {
    this.#definition = definition
    this.#revision = revision
    this.#make = make
  }

  get object(): KubeObject {
    this.#object ??= withRevision(this.#definition, this.#make(), this.#revision)
    return this.#object
  }
}

/** The same object seen at another revision: what a watch shows of an object that left its selection. */
export function atRevision<T extends KubeObject>(object: T, revision: Revision): T {
  const resourceVersion = String(revision)
  if (object.metadata.resourceVersion === resourceVersion) return object
  return Object.freeze({ ...object, metadata: Object.freeze({ ...object.metadata, resourceVersion }) })
}

function withRevision(definition: ResourceDefinition<any>, object: any, revision: Revision): KubeObject {
  const { kind: _kind, apiVersion, metadata, ...rest } = object
  return freezeDeep({
    kind: definition.kind,
    apiVersion: definition.custom === undefined ? apiVersionOf(definition.storage) : apiVersion,
    metadata: { ...metadata, resourceVersion: String(revision) },
    ...rest,
  })
}

/** Freezes what is not frozen yet; written for speed, as every write of the server passes here. */
function freezeDeep<T extends object>(value: T): T {
  if (Object.isFrozen(value)) return value
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      const item = value[at]
      if (typeof item === 'object' && item !== null) freezeDeep(item)
    }
  } else {
    for (const key in value) {
      const member = value[key]
      if (typeof member === 'object' && member !== null) freezeDeep(member)
    }
  }
  return Object.freeze(value)
}

/** Whether the stored bytes of an entry can go out as they are in the definition's version, with the revision spliced in. */
export function isStoredAsShown(definition: ResourceDefinition<any>, entry: Entry): boolean {
  const { group, version, storage, custom } = definition
  if (custom === undefined) return storage.group === group && storage.version === version
  const { object, exact } = parsedOf(definition, entry)
  return exact && object.apiVersion === apiVersionOf(definition)
}

/** The JSON of an entry as a reply carries it: opening with kind and revision, then the stored bytes unchanged. */
export function renderStored(definition: ResourceDefinition<any>, value: Uint8Array, revision: Revision): Uint8Array {
  const type = `"kind":"${definition.kind}","apiVersion":"${apiVersionOf(definition)}",`
  return spliced(`{${type}"metadata":{"resourceVersion":"${revision}",`, definition, value)
}

/**
 * The same as an item of a list, in two parts that go out one behind the other: text of ASCII characters, and the stored bytes
 * uncopied. Kubernetes: items of built-in lists carry neither kind nor apiVersion.
 */
export function storedItemParts(
  definition: ResourceDefinition<any>,
  { value, modified }: Entry,
): readonly [string, Uint8Array] {
  const revision = `"metadata":{"resourceVersion":"${modified}",`
  if (definition.custom === undefined) return [`{${revision}`, value.subarray(opening.length)]
  const type = `"kind":"${definition.kind}","apiVersion":"${apiVersionOf(definition)}",`
  return [`{${type}${revision}`, value.subarray(opening.length + storedTypeOf(definition).length)]
}

function spliced(head: string, definition: ResourceDefinition<any>, value: Uint8Array): Uint8Array {
  const start = opening.length + storedTypeOf(definition).length
  const bytes = new Uint8Array(head.length + value.length - start)
  encoder.encodeInto(head, bytes)
  bytes.set(value.subarray(start), head.length)
  return bytes
}

/** What stands before the metadata of a stored custom resource that is shown as it is stored. */
function storedTypeOf(definition: ResourceDefinition<any>): string {
  return definition.custom === undefined
    ? ''
    : `"apiVersion":"${apiVersionOf(definition)}","kind":"${definition.kind}",`
}

/** `group/version`, or the version alone for the core group. */
export function apiVersionOf({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? version : `${group}/${version}`
}
