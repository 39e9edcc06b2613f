import type { KubeObject } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Entry, Revision } from '../../store/index.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
/** What every stored value starts with; the revision is spliced in behind it on read. */
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
 * The bytes an object is kept as: canonical JSON, metadata first, without kind, apiVersion and resourceVersion.
 * With etcd the revision is unknown before the transaction, so it is never inside.
 */
export function encodeStored(object: KubeObject): Uint8Array {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object
  const { resourceVersion: _revision, ...meta } = metadata
  return encoder.encode(JSON.stringify({ metadata: meta, ...rest }))
}

const parsedByEntry = new WeakMap<Entry, KubeObject>()

/** The object of an entry, in its storage version: parsed once per process, shared by every reader, frozen. */
export function objectOf(definition: ResourceDefinition<any>, entry: Entry): KubeObject {
  const known = parsedByEntry.get(entry)
  if (known !== undefined) return known
  const object = withRevision(definition, JSON.parse(decoder.decode(entry.value)), entry.modified)
  parsedByEntry.set(entry, object)
  return object
}

/** Remembers the object that was just written as an entry, so that nobody needs to parse it. */
export function rememberObject(definition: ResourceDefinition<any>, entry: Entry, object: KubeObject): KubeObject {
  const kept = withRevision(definition, object, entry.modified)
  parsedByEntry.set(entry, kept)
  return kept
}

/** The same object seen at another revision: what a watch shows of an object that left its selection. */
export function atRevision<T extends KubeObject>(object: T, revision: Revision): T {
  const resourceVersion = String(revision)
  if (object.metadata.resourceVersion === resourceVersion) return object
  return Object.freeze({ ...object, metadata: Object.freeze({ ...object.metadata, resourceVersion }) })
}

function withRevision(definition: ResourceDefinition<any>, object: any, revision: Revision): KubeObject {
  const { group, version } = definition.storage
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object
  return freezeDeep({
    kind: definition.kind,
    apiVersion: group === '' ? version : `${group}/${version}`,
    metadata: { ...metadata, resourceVersion: String(revision) },
    ...rest,
  })
}

function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const key in value) freezeDeep(value[key])
  return Object.freeze(value)
}

/** The JSON of an entry as a reply carries it: opening with kind and revision, then the stored bytes unchanged. */
export function renderStored(value: Uint8Array, apiVersion: string, kind: string, revision: Revision): Uint8Array {
  const head = encoder.encode(
    `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":{"resourceVersion":"${revision}",`,
  )
  const bytes = new Uint8Array(head.length + value.length - opening.length)
  bytes.set(head)
  bytes.set(value.subarray(opening.length), head.length)
  return bytes
}

/** `group/version`, or the version alone for the core group. */
export function apiVersionOf({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? version : `${group}/${version}`
}
