import {
  isNotFound,
  type KubeObject,
  nameOf,
  type ObjectName,
  type OwnerReference,
  sameJson,
} from '../../machinery/index.ts'
import {
  apiServices,
  customResourceDefinitions,
  type ResourceDefinition,
  resourceForKind,
} from '../../resources/index.ts'
import type { Controller, Turn, Watch } from '../runtime/controller.ts'
import { forAll } from '../runtime/slow-start.ts'
import {
  foregroundFinalizer,
  Graph,
  type Item,
  orphanFinalizer,
  orphansDependents,
  parseItemName,
  waitsForDependents,
} from './graph.ts'
import { builtInKinds, CollectableKinds } from './kinds.ts'

/** The name under which the queue has the look at what is served. */
const whatIsServed: ObjectName = { name: 'what is served' }
/** Kubernetes: kinds of extension servers come and go unseen, so what is served is looked at this often, too. */
const lookPeriodMs = 30_000

/** Removes what has lost all its owners, and helps owners that go before, after, or without those they own. */
export function garbageCollectorController(): Controller {
  const kinds = new CollectableKinds()
  const watchOf = (resource: ResourceDefinition<any>): Watch => ({
    resource,
    matters: (next: KubeObject, previous: KubeObject) =>
      next.metadata.uid !== previous.metadata.uid ||
      next.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
      !sameJson(next.metadata.finalizers, previous.metadata.finalizers) ||
      !sameJson(next.metadata.ownerReferences, previous.metadata.ownerReferences),
    wake: (object: KubeObject, cached) => new Graph(cached, kinds).concernedBy(resource, object),
  })
  return {
    name: 'garbage-collector-controller',
    account: 'generic-garbage-collector',
    workers: 20,
    about: ({ namespace, name }) => (namespace === undefined ? name : `${namespace.replace(/\.$/, '')}/${name}`),
    watches: [
      ...builtInKinds.map(watchOf),
      { resource: customResourceDefinitions, wake: () => [whatIsServed] },
      { resource: apiServices, wake: () => [whatIsServed] },
    ],
    start({ cached, follow }) {
      const graph = new Graph(cached, kinds)
      graph.addIndexes(kinds.all)
      const followed = new Map<ResourceDefinition<any>, Disposable>()
      return async function reconcile(key, turn) {
        if (key.namespace === undefined) {
          const { added, gone } = kinds.update((await turn.client.discover()).resources)
          for (const resource of gone) {
            followed.get(resource)?.[Symbol.dispose]()
            followed.delete(resource)
          }
          graph.addIndexes(added)
          for (const resource of added) followed.set(resource, follow(watchOf(resource)))
          return { againInMs: lookPeriodMs }
        }
        const place = parseItemName(key, kinds)
        const object = place === undefined ? undefined : graph.get(place.resource, place.name)
        if (place === undefined || object === undefined || !graph.needsLook(object)) return undefined
        const item = { resource: place.resource, object }
        if (orphansDependents(object)) await orphanDependents(item, graph, turn)
        else if (waitsForDependents(object)) await letGoWhenAlone(item, graph, turn)
        else await collect(item, graph, turn)
        return undefined
      }
    },
  }
}

/** Kubernetes: all dependents are set free before the finalizer goes, or none would know why its owner is gone. */
async function orphanDependents(item: Item, graph: Graph, turn: Turn): Promise<void> {
  const { uid } = item.object.metadata
  await forAll(graph.dependentsOf(uid), (dependent) => unlessGone(dropReferences(dependent, [uid], turn)))
  turn.because('its dependents are orphans now')
  await removeFinalizer(item, orphanFinalizer, turn)
}

/** Kubernetes: only dependents that say they block are waited for. */
async function letGoWhenAlone(item: Item, graph: Graph, turn: Turn): Promise<void> {
  const { uid } = item.object.metadata
  const blocks = ({ object }: Item) =>
    object.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true) === true
  if (graph.dependentsOf(uid).some(blocks)) return
  turn.because('nothing it owns is left')
  await removeFinalizer(item, foregroundFinalizer, turn)
}

async function collect(item: Item, graph: Graph, turn: Turn): Promise<void> {
  const { resource } = item
  const live = await liveOf(item, turn)
  if (live === undefined || live.metadata.deletionTimestamp !== undefined) return
  const references = live.metadata.ownerReferences ?? []
  if (references.length === 0) return
  const states = await Promise.all(references.map((reference) => stateOf(reference, live, graph, turn)))
  const those = (state: OwnerState) => references.filter((_, index) => states[index] === state)
  const gone = those('gone')
  const waiting = those('waiting')
  if (gone.length + waiting.length === 0) return
  if (gone.length + waiting.length < references.length) {
    // One owner is enough to stay for.
    turn.because('some of its owners are gone')
    await unlessGone(
      dropReferences(
        { resource, object: live },
        [...gone, ...waiting].map(({ uid }) => uid),
        turn,
      ),
    )
    return
  }
  const dependents = graph.dependentsOf(live.metadata.uid)
  const mustWait = waiting.length > 0 && dependents.length > 0
  // Kubernetes: in a circle, nobody could go first; so this one no longer holds its owners back.
  if (mustWait && dependents.some(({ object }) => waitsForDependents(object)))
    await unblock({ resource, object: live }, turn)
  turn.because(`its owner ${references[0]?.kind} ${references[0]?.name} is ${waiting.length > 0 ? 'going' : 'gone'}`)
  const propagationPolicy = mustWait ? 'Foreground' : policyOf(live)
  const { uid, resourceVersion } = live.metadata
  const preconditions = mustWait ? { uid } : { uid, resourceVersion }
  await turn.client.delete(resource, nameOf(live), { propagationPolicy, preconditions })
}

type OwnerState = 'there' | 'gone' | 'waiting'

/** Kubernetes: the owner is looked up where it is, not in a cache; one of the same name with another uid is not it. */
async function stateOf(
  reference: OwnerReference,
  dependent: KubeObject,
  graph: Graph,
  turn: Turn,
): Promise<OwnerState> {
  const place = graph.placeOf(reference, dependent)
  if (place === undefined) return 'there'
  try {
    const owner = await turn.client.get<KubeObject>(place.resource, place.name)
    if (owner.metadata.uid !== reference.uid) return 'gone'
    return waitsForDependents(owner) ? 'waiting' : 'there'
  } catch (error) {
    if (isNotFound(error)) return 'gone'
    throw error
  }
}

async function liveOf({ resource, object }: Item, { client }: Turn): Promise<KubeObject | undefined> {
  try {
    const live = await client.get<KubeObject>(resource, nameOf(object))
    return live.metadata.uid === object.metadata.uid ? live : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Kubernetes: what the object itself was asked to do with those it owns still holds. */
function policyOf({ metadata }: KubeObject): 'Orphan' | 'Foreground' | 'Background' {
  if (metadata.finalizers?.includes(orphanFinalizer) === true) return 'Orphan'
  return metadata.finalizers?.includes(foregroundFinalizer) === true ? 'Foreground' : 'Background'
}

async function dropReferences({ resource, object }: Item, uids: readonly string[], { client }: Turn): Promise<void> {
  if (resourceForKind(resource) === undefined) {
    // Kinds of others have no merge keys, so the whole list is written, for the revision that was seen.
    const { uid, resourceVersion, ownerReferences: all = [] } = object.metadata
    const ownerReferences = all.filter((owner) => !uids.includes(owner.uid))
    const body = { metadata: { uid, resourceVersion, ownerReferences } }
    await client.patch(resource, nameOf(object), { type: 'merge', body })
    return
  }
  const ownerReferences = uids.map((uid) => ({ $patch: 'delete', uid }))
  await client.patch(resource, nameOf(object), {
    type: 'strategic',
    body: { metadata: { uid: object.metadata.uid, ownerReferences } },
  })
}

async function unblock({ resource, object }: Item, { client }: Turn): Promise<void> {
  const { uid, resourceVersion, ownerReferences = [] } = object.metadata
  const unblocked = ownerReferences.map((owner) => ({ ...owner, blockOwnerDeletion: false }))
  const body = { metadata: { uid, resourceVersion, ownerReferences: unblocked } }
  await client.patch(resource, nameOf(object), { type: 'merge', body })
}

async function removeFinalizer(item: Item, finalizer: string, turn: Turn): Promise<void> {
  const live = await liveOf(item, turn)
  if (live === undefined) return
  const { uid, resourceVersion, finalizers = [] } = live.metadata
  const left = finalizers.filter((one) => one !== finalizer)
  if (left.length === finalizers.length) return
  const body = { metadata: { uid, resourceVersion, finalizers: left } }
  await unlessGone(turn.client.patch(item.resource, nameOf(live), { type: 'merge', body }))
}

async function unlessGone(writing: Promise<unknown>): Promise<void> {
  try {
    await writing
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
