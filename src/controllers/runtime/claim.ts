import type { Client, Informer } from '../../client/index.ts'
import {
  controllerOf,
  isNotFound,
  type KubeObject,
  type LabelQuery,
  nameOf,
  StatusError,
} from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import { ownerReference } from './owner-reference.ts'

export interface ClaimParts<O extends KubeObject, T extends KubeObject> {
  readonly client: Client
  readonly owners: ResourceDefinition<O>
  readonly owner: O
  readonly resource: ResourceDefinition<T>
  readonly cache: Informer<T>
  readonly query: LabelQuery
  /** Objects that must not be adopted although they match. */
  readonly leaves?: (object: T) => boolean
  /** A finalizer of the owner's that goes when an object is released. */
  readonly finalizer?: string
}

/**
 * The objects that belong to an owner: its own that its selector picks, and orphans it picks, which it adopts. Its own
 * that it no longer picks are released. Everything is decided by uid, and adoption only after a live look at the owner.
 */
export async function claim<O extends KubeObject, T extends KubeObject>(
  parts: ClaimParts<O, T>,
): Promise<readonly T[]> {
  const { owner, query } = parts
  const isGoing = owner.metadata.deletionTimestamp !== undefined
  const claimed: T[] = []
  let mayAdopt: Promise<boolean> | undefined
  for (const object of candidatesOf(parts)) {
    const holder = controllerOf(object)
    const matches = query.matches(object.metadata.labels)
    if (holder !== undefined) {
      if (holder.uid !== owner.metadata.uid) continue
      if (matches) claimed.push(object)
      else if (!isGoing) await release(parts, object)
      continue
    }
    if (isGoing || !matches || object.metadata.deletionTimestamp !== undefined || parts.leaves?.(object) === true)
      continue
    mayAdopt ??= isStillWanted(parts)
    if (!(await mayAdopt)) continue
    const adopted = await adopt(parts, object)
    if (adopted !== undefined) claimed.push(adopted)
  }
  return claimed
}

/** What the owner has, and what nobody has. */
function candidatesOf<O extends KubeObject, T extends KubeObject>({ owner, cache }: ClaimParts<O, T>): readonly T[] {
  cache.addIndex('orphans', (object) => (controllerOf(object) === undefined ? [object.metadata.namespace ?? ''] : []))
  return [...cache.by('controller', owner.metadata.uid), ...cache.by('orphans', owner.metadata.namespace ?? '')]
}

/** Kubernetes: the cache may be late; an owner that is going must adopt nothing. */
async function isStillWanted<O extends KubeObject>({ client, owners, owner }: ClaimParts<O, any>): Promise<boolean> {
  try {
    const live = await client.get(owners, nameOf(owner))
    return live.metadata.uid === owner.metadata.uid && live.metadata.deletionTimestamp === undefined
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

async function adopt<O extends KubeObject, T extends KubeObject>(
  { client, owners, owner, resource }: ClaimParts<O, T>,
  object: T,
): Promise<T | undefined> {
  const metadata = { uid: object.metadata.uid, ownerReferences: [ownerReference(owners, owner)] }
  try {
    return await client.patch(resource, nameOf(object), { type: 'strategic', body: { metadata } })
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

async function release<O extends KubeObject, T extends KubeObject>(
  { client, owner, resource, finalizer }: ClaimParts<O, T>,
  object: T,
): Promise<void> {
  const metadata = {
    uid: object.metadata.uid,
    ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }],
    ...(finalizer === undefined ? {} : { '$deleteFromPrimitiveList/finalizers': [finalizer] }),
  }
  try {
    await client.patch(resource, nameOf(object), { type: 'strategic', body: { metadata } })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Kubernetes: not found, or another object of that name by now: there is nothing left to adopt or release. */
const isGone = (error: unknown) => isNotFound(error) || (error instanceof StatusError && error.code === 422)
