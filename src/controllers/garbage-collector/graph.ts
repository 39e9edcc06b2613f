import { type KubeObject, nameOf, type ObjectName, type OwnerReference, parseKey } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Cached } from '../runtime/controller.ts'
import { type CollectableKinds, kindName } from './kinds.ts'

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'

type AnyResource = ResourceDefinition<any>
/** An object with its kind. */
export interface Item {
  readonly resource: AnyResource
  readonly object: KubeObject
}

/** A name that says the kind too, as the collector's queue has it. */
export function itemName(resource: AnyResource, { namespace, name }: ObjectName): ObjectName {
  return { namespace: kindName(resource), name: namespace === undefined ? name : `${namespace}/${name}` }
}

/** The inverse of itemName. */
export function parseItemName(
  item: ObjectName,
  kinds: CollectableKinds,
): { readonly resource: AnyResource; readonly name: ObjectName } | undefined {
  const resource = kinds.named(item.namespace ?? '')
  return resource === undefined ? undefined : { resource, name: parseKey(item.name) }
}

/** Who owns whom, as the caches tell. */
export class Graph {
  readonly #cached: Cached
  readonly #kinds: CollectableKinds

  constructor(cached: Cached, kinds: CollectableKinds) {
    this.#cached = cached
    this.#kinds = kinds
  }

  /** Makes dependents findable; needed once for each kind, before its cache is full. */
  addIndexes(resources: Iterable<AnyResource>): void {
    for (const resource of resources) {
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
    const resource = this.#kinds.ofOwner(owner)
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
    return [...this.#kinds.all].flatMap((resource) =>
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
