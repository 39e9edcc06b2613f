import { type KubeObject, nameOf, type ObjectName, type OwnerReference, parseKey } from '../../machinery/index.ts'
import { allResources, events, type ResourceDefinition, resourceForKind } from '../../resources/index.ts'
import type { Cached } from '../runtime/controller.ts'

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'

type AnyResource = ResourceDefinition<any>
/** An object with its kind. */
export interface Item {
  readonly resource: AnyResource
  readonly object: KubeObject
}

/** Every kind whose objects can own or be owned, each storage once. */
export const collectable: readonly AnyResource[] = collectableOf(allResources)
const byStorage = new Map(collectable.map((one) => [one.storage.prefix, one]))

const byName = new Map(collectable.map((one) => [kindName(one), one]))

/** A name that says the kind too, as the collector's queue has it. */
export function itemName(resource: AnyResource, { namespace, name }: ObjectName): ObjectName {
  return { namespace: kindName(resource), name: namespace === undefined ? name : `${namespace}/${name}` }
}

/** The inverse of itemName. */
export function parseItemName(
  item: ObjectName,
): { readonly resource: AnyResource; readonly name: ObjectName } | undefined {
  const resource = byName.get(item.namespace ?? '')
  return resource === undefined ? undefined : { resource, name: parseKey(item.name) }
}

function kindName({ plural, group }: AnyResource): string {
  return `${plural}.${group}`
}

/** Who owns whom, as the caches tell. */
export class Graph {
  readonly #cached: Cached

  constructor(cached: Cached) {
    this.#cached = cached
  }

  /** Makes dependents findable; needed once, before the caches are full. */
  addIndexes(): void {
    for (const resource of collectable) {
      const owners = ({ metadata }: KubeObject) => (metadata.ownerReferences ?? []).map(({ uid }) => uid)
      this.#cached<KubeObject>(resource).addIndex('owner', owners)
    }
  }

  get(resource: AnyResource, name: ObjectName): KubeObject | undefined {
    return this.#cached<KubeObject>(resource).get(name)
  }

  /** The kind and place an owner reference points to; undefined for kinds that are not known here. */
  placeOf(
    owner: OwnerReference,
    dependent: KubeObject,
  ): { readonly resource: AnyResource; readonly name: ObjectName } | undefined {
    const resource = kindOf(owner)
    if (resource === undefined) return undefined
    if (resource.scope === 'Cluster') return { resource, name: { name: owner.name } }
    const { namespace } = dependent.metadata
    // Kubernetes: what belongs to no namespace cannot be owned by something in one.
    return namespace === undefined ? undefined : { resource, name: { namespace, name: owner.name } }
  }

  /** The owner itself, if its cache has it. */
  ownerOf(owner: OwnerReference, dependent: KubeObject): Item | undefined {
    const place = this.placeOf(owner, dependent)
    const object = place === undefined ? undefined : this.get(place.resource, place.name)
    return place === undefined || object?.metadata.uid !== owner.uid ? undefined : { resource: place.resource, object }
  }

  dependentsOf(uid: string): readonly Item[] {
    return collectable.flatMap((resource) =>
      this.#cached<KubeObject>(resource)
        .by('owner', uid)
        .map((object) => ({ resource, object })),
    )
  }

  /** Whether something about the object's owners, or its own deletion, must be looked at. */
  needsLook(object: KubeObject): boolean {
    if (waitsForDependents(object) || orphansDependents(object)) return true
    if (object.metadata.deletionTimestamp !== undefined) return false
    return (object.metadata.ownerReferences ?? []).some((reference) => {
      if (this.placeOf(reference, object) === undefined) return false
      const owner = this.ownerOf(reference, object)
      return owner === undefined || waitsForDependents(owner.object)
    })
  }

  /** Which items a change of this object concerns. */
  concernedBy(resource: AnyResource, object: KubeObject): readonly ObjectName[] {
    const { metadata } = object
    const name = nameOf(object)
    const current = this.get(resource, name)
    const isThere = current?.metadata.uid === metadata.uid
    const names: ObjectName[] = []
    if (isThere && this.needsLook(current)) names.push(itemName(resource, name))
    const passesOn = !isThere || waitsForDependents(object)
    if (passesOn)
      names.push(...this.dependentsOf(metadata.uid).map((one) => itemName(one.resource, nameOf(one.object))))
    for (const reference of metadata.ownerReferences ?? []) {
      const owner = this.ownerOf(reference, object)
      if (owner !== undefined && waitsForDependents(owner.object))
        names.push(itemName(owner.resource, nameOf(owner.object)))
    }
    return names
  }
}

/** Whether the object goes only after those it owns. */
export function waitsForDependents({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(foregroundFinalizer) === true
}

/** Whether the object goes only after those it owns have been set free. */
export function orphansDependents({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(orphanFinalizer) === true
}

function kindOf({ apiVersion, kind }: OwnerReference): AnyResource | undefined {
  const [first = '', second] = apiVersion.split('/')
  const [group, version] = second === undefined ? ['', first] : [first, second]
  const stated = resourceForKind({ group, version, kind })
  return stated === undefined ? undefined : byStorage.get(stated.storage.prefix)
}

function collectableOf(all: readonly AnyResource[]): readonly AnyResource[] {
  const found = new Map<string, AnyResource>()
  for (const one of all) {
    const isKept =
      one.stored && one.servedByDefault && ['list', 'watch', 'delete'].every((verb) => one.verbs.includes(verb))
    // Kubernetes: events are never collected; there are too many, and they go by themselves.
    if (!isKept || one.storage.prefix === events.storage.prefix) continue
    const isStored = one.group === one.storage.group && one.version === one.storage.version
    if (isStored || !found.has(one.storage.prefix)) found.set(one.storage.prefix, one)
  }
  return [...found.values()]
}
