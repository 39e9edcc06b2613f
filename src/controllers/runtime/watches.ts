import { controllerOf, type KubeObject, nameOf, type ObjectName } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Cached, Watch } from './controller.ts'

/** Wakes for the object itself. */
export function each<T extends KubeObject>(resource: ResourceDefinition<T>): Watch {
  return { resource, wake: (object: T) => [nameOf(object)] }
}

/** Wakes the owner of the object, when that owner is of the given kind. */
export function ownedBy(owner: ResourceDefinition<any>, resource: ResourceDefinition<any>): Watch {
  return { resource, wake: (object: KubeObject) => ownersOf(owner, object) }
}

/** Wakes every object of the kind, in the same namespace, that the lookup says concerns the changed one. */
export function selectedBy<T extends KubeObject>(
  resource: ResourceDefinition<any>,
  lookup: (object: any, cached: Cached) => readonly T[],
): Watch {
  return { resource, wake: (object, cached) => lookup(object, cached).map(nameOf) }
}

/**
 * Wakes the owner, or, for an orphan, all whose selector picks it: one of them may adopt it.
 * `owner` objects are found by what they select.
 */
export function ownedOrSelected<T extends KubeObject & { readonly spec: unknown }>(
  owner: ResourceDefinition<T>,
  resource: ResourceDefinition<any>,
  selects: (owner: T, object: KubeObject) => boolean,
  matters: NonNullable<Watch['matters']> = () => true,
): Watch {
  return {
    resource,
    matters,
    wake(object: KubeObject, cached) {
      if (controllerOf(object) !== undefined) return ownersOf(owner, object)
      if (object.metadata.deletionTimestamp !== undefined) return []
      return cached(owner)
        .list(object.metadata.namespace)
        .filter((one) => selects(one, object))
        .map(nameOf)
    },
  }
}

function ownersOf(owner: ResourceDefinition<any>, object: KubeObject): readonly ObjectName[] {
  const reference = controllerOf(object)
  if (reference === undefined || reference.kind !== owner.kind) return []
  if (reference.apiVersion.split('/')[0] !== (owner.group || owner.version)) return []
  const { namespace } = object.metadata
  return [
    owner.scope === 'Cluster' || namespace === undefined
      ? { name: reference.name }
      : { namespace, name: reference.name },
  ]
}
