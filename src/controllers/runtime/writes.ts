import type { Client } from '../../client/index.ts'
import { type KubeObject, nameOf, type ObjectName, StatusError } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Cached } from './controller.ts'

type AnyResource = ResourceDefinition<any>
interface Deleted {
  readonly resource: AnyResource
  readonly name: ObjectName
  readonly uid: string
}

/**
 * What one name's turns have written and the caches have not shown yet. A name does not run while it is behind, so a
 * late cache can never make a controller create twice or delete another in place of one that is already going.
 *
 * Unlike Kubernetes: client-go's controllers count expected creations and deletions, and wait at most five minutes.
 */
export class OwnWrites {
  readonly #watched: ReadonlySet<AnyResource>
  /** May list every kind that is watched; the controller's own client may not. */
  readonly #looker: Client
  readonly #revisions = new Map<AnyResource, number>()
  readonly #deleted: Deleted[] = []
  /** Looks at the server for writes whose answer was lost. */
  readonly #unsure: (() => Promise<void>)[] = []
  readonly #summary = new Map<string, number>()
  newest = 0

  constructor(watched: ReadonlySet<AnyResource>, looker: Client) {
    this.#watched = watched
    this.#looker = looker
  }

  /** Whether a cache has yet to show one of the writes; those it shows are forgotten. */
  isBehind(cached: Cached): boolean {
    for (const [resource, revision] of this.#revisions) {
      if (cached(resource).revision >= revision) this.#revisions.delete(resource)
    }
    for (let index = this.#deleted.length - 1; index >= 0; index--) {
      const { resource, name, uid } = this.#deleted[index]!
      const seen = cached(resource).get(name)
      const isThere = seen?.metadata.uid === uid && seen.metadata.deletionTimestamp === undefined
      if (!isThere) this.#deleted.splice(index, 1)
    }
    return this.#revisions.size > 0 || this.#deleted.length > 0
  }

  /** Whether it is known what became of every write. */
  get isSettled(): boolean {
    return this.#unsure.length === 0
  }

  /** Finds out what became of writes whose answer was lost; rejects when that cannot be found out now. */
  async settle(): Promise<void> {
    for (let look = this.#unsure[0]; look !== undefined; look = this.#unsure[0]) {
      await look()
      this.#unsure.shift()
    }
  }

  /** What was written since the last call, in words; empty when nothing was. */
  takeSummary(): string {
    const text = [...this.#summary].map(([what, count]) => (count === 1 ? what : `${what} ×${count}`)).join(', ')
    this.#summary.clear()
    return text
  }

  /** A client that notes here what it writes. */
  noting(client: Client): Client {
    const write = async <T>(what: string, of: AnyResource, writing: Promise<T>, look: () => Promise<void>) => {
      try {
        const result = await writing
        this.#summary.set(what, (this.#summary.get(what) ?? 0) + 1)
        return result
      } catch (error) {
        if (this.#watched.has(of) && isUncertain(error)) this.#unsure.push(look)
        throw error
      }
    }
    const noted = <T extends KubeObject>(
      what: string,
      of: ResourceDefinition<T>,
      writing: Promise<T>,
      look: () => Promise<void>,
    ) =>
      write(
        `${what} ${of.plural}`,
        of,
        writing.then((object) => this.#wrote(of, object)),
        look,
      )
    const lookAt = (of: AnyResource, name: ObjectName) => () => this.#lookAt(of, name)
    return {
      ...client,
      create: (of, object) =>
        noted('create', of, client.create(of, object), () => this.#lookAmong(of, object.metadata.namespace)),
      update: (of, object, subresource) =>
        noted(`update${slash(subresource)}`, of, client.update(of, object, subresource), lookAt(of, nameOf(object))),
      patch: (of, name, patch, subresource) =>
        noted(`patch${slash(subresource)}`, of, client.patch(of, name, patch, subresource), lookAt(of, name)),
      delete: (of, name, options) =>
        write(
          `delete ${of.plural}`,
          of,
          client.delete(of, name, options).then((answer) => {
            // Kubernetes: what is gone at once is answered as a Status, which names the uid in its details.
            const uid =
              answer?.metadata?.uid ??
              (answer as { details?: { uid?: string } } | undefined)?.details?.uid ??
              options?.preconditions?.uid
            if (uid !== undefined && this.#watched.has(of)) this.#deleted.push({ resource: of, name, uid })
            return answer
          }),
          () => this.#lookAt(of, name, options?.preconditions?.uid),
        ),
    }
  }

  #wrote<T extends KubeObject>(of: ResourceDefinition<T>, object: T): T {
    this.#note(of, object)
    return object
  }
  #note(of: AnyResource, object: KubeObject): void {
    const revision = Number(object.metadata?.resourceVersion)
    if (!(revision > 0)) return
    this.newest = Math.max(this.newest, revision)
    if (this.#watched.has(of)) this.#revisions.set(of, Math.max(revision, this.#revisions.get(of) ?? 0))
  }

  /** The newest state of one object is what its cache must show. */
  async #lookAt(of: AnyResource, { namespace, name }: ObjectName, deletedUid?: string): Promise<void> {
    const query = { ...(namespace === undefined ? {} : { namespace }), fieldSelector: `metadata.name=${name}` }
    const { items } = await this.#looker.list<KubeObject>(of, query)
    for (const object of items) this.#note(of, object)
    if (items.length === 0 && deletedUid !== undefined)
      this.#deleted.push({
        resource: of,
        name: namespace === undefined ? { name } : { namespace, name },
        uid: deletedUid,
      })
  }
  /** Of a creation nobody knows the name: the newest object there is what the cache must show. */
  async #lookAmong(of: AnyResource, namespace: string | undefined): Promise<void> {
    const { items } = await this.#looker.list<KubeObject>(of, namespace === undefined ? {} : { namespace })
    for (const object of items) this.#note(of, object)
  }
}

const slash = (subresource: string | undefined) => (subresource === undefined ? '' : `/${subresource} of`)

/** Whether the server may have done it all the same: it refused nothing, it just did not say. */
function isUncertain(error: unknown): boolean {
  return !(error instanceof StatusError) || error.code >= 500 || error.code === 408
}
