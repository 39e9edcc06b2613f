import type { Informer } from '../../client/index.ts'
import { isAlreadyExists, type KubeObject, type LabelQuery, nameOf, sameJson } from '../../machinery/index.ts'
import {
  type ControllerRevision,
  controllerRevisions,
  type PodTemplateSpec,
  type ResourceDefinition,
} from '../../resources/index.ts'
import { claim } from './claim.ts'
import type { Turn } from './controller.ts'
import { ownerReference } from './owner-reference.ts'
import { templateHash } from './template-hash.ts'

export const revisionHashLabel = 'controller-revision-hash'

export interface RevisionParts<O extends KubeObject> {
  readonly turn: Turn
  readonly owners: ResourceDefinition<O>
  readonly owner: O
  readonly template: PodTemplateSpec
  readonly cache: Informer<ControllerRevision>
  readonly query: LabelQuery
  /** The label that says the hash: kinds differ. */
  readonly hashLabel: string
  readonly collisionCount: number | undefined
}
export interface Revisions {
  /** The one of the template as it is now. */
  readonly update: ControllerRevision
  /** All, oldest first. */
  readonly all: readonly ControllerRevision[]
  /** One more each time another template had the same name. */
  readonly collisionCount: number | undefined
}

/** The revisions of a template, the newest being what it is now; made, or made the newest again, if need be. */
export async function syncRevisions<O extends KubeObject>(parts: RevisionParts<O>): Promise<Revisions> {
  const { turn, owners, owner, cache, query, template, collisionCount } = parts
  const claimed = await claim({ client: turn.client, owners, owner, resource: controllerRevisions, cache, query })
  const all = claimed.toSorted(
    (left, right) => left.revision - right.revision || (left.metadata.name < right.metadata.name ? -1 : 1),
  )
  const data = dataOf(template)
  const newest = all.at(-1)
  const equal = all.findLast((one) => sameJson(one.data, data))
  if (equal !== undefined && equal === newest) return { update: equal, all, collisionCount }
  const revision = (newest?.revision ?? 0) + 1
  if (equal !== undefined) {
    const update = await turn.client.update(controllerRevisions, { ...equal, revision })
    return { update, all: [...all.filter((one) => one !== equal), update], collisionCount }
  }
  return create(parts, all, data, revision)
}

async function create<O extends KubeObject>(
  { turn, owners, owner, template, hashLabel, collisionCount }: RevisionParts<O>,
  all: readonly ControllerRevision[],
  data: object,
  revision: number,
): Promise<Revisions> {
  let collisions = collisionCount
  const { annotations } = owner.metadata
  for (;;) {
    const hash = templateHash(template, collisions)
    const metadata = {
      ...nameOf(owner),
      name: `${owner.metadata.name}-${hash}`,
      labels: { ...template.metadata?.labels, [hashLabel]: hash },
      // Kubernetes: so `kubectl rollout history` can tell what changed, from the annotation of the change.
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [ownerReference(owners, owner)],
    }
    try {
      const update = await turn.client.create(controllerRevisions, {
        apiVersion: 'apps/v1',
        kind: 'ControllerRevision',
        metadata,
        data,
        revision,
      })
      return { update, all: [...all, update], collisionCount: collisions }
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      const there = await turn.client.get(controllerRevisions, nameOf({ metadata }))
      // Kubernetes: the same template under that name is ours, seen late; another one's makes us look for another name.
      if (sameJson(there.data, data)) return { update: there, all: [...all, there], collisionCount: collisions }
      collisions = (collisions ?? 0) + 1
    }
  }
}

/** Removes the oldest revisions that nothing uses, beyond the limit. */
export async function forgetRevisions(
  turn: Turn,
  all: readonly ControllerRevision[],
  isUsed: (one: ControllerRevision) => boolean,
  limit: number,
): Promise<void> {
  const unused = all.filter((one) => !isUsed(one))
  for (const one of unused.slice(0, Math.max(0, unused.length - limit)))
    await turn.client.delete(controllerRevisions, nameOf(one), { preconditions: { uid: one.metadata.uid } })
}

/** Kubernetes: the patch is written with its members sorted, and clients compare its bytes. */
function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)])) as T
}

/** Kubernetes: a revision is a patch that puts its template back. */
export function dataOf(template: PodTemplateSpec): object {
  return { spec: { template: sorted({ ...template, $patch: 'replace' }) } }
}

/** The template a revision stands for. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec
    .template
  return template
}
