import {
  type ApiCall,
  deepFreeze,
  isNotFound,
  type KubeObject,
  type ObjectList,
  type ObjectName,
  type PatchType,
  StatusError,
  type Transport,
  type Unsaved,
  type WatchEvent,
} from '../machinery/index.ts'
import type { ResourceDefinition } from '../resources/index.ts'
import { type Discovery, discover } from './discovery.ts'

export interface ListQuery {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
}
export interface WatchQuery extends ListQuery {
  /** Kubernetes: BOOKMARK events tell how far the watch has come even when nothing matched. */
  readonly allowWatchBookmarks?: boolean
  readonly timeoutSeconds?: number
}
export interface Patch {
  readonly type: PatchType
  readonly body: unknown
  /** Needed with type `apply`. */
  readonly fieldManager?: string
  readonly force?: boolean
}
export type ReadCall = Pick<ApiCall, 'group' | 'version' | 'resource' | 'namespace' | 'name' | 'subresource' | 'query'>
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

/**
 * The one way to the API for every component, in process or over HTTP. Failures reject with StatusError.
 * What it returns is frozen: copy before changing.
 */
export interface Client {
  get<T extends KubeObject>(of: ResourceDefinition<T>, name: ObjectName, subresource?: string): Promise<T>
  list<T extends KubeObject>(of: ResourceDefinition<T>, query?: ListQuery): Promise<ObjectList<T>>
  /** Batches of events in order; ends when the server ends it or the signal aborts. ERROR events reject as StatusError. */
  watch<T extends KubeObject>(
    of: ResourceDefinition<T>,
    from: string,
    query: WatchQuery,
    signal: AbortSignal,
  ): AsyncIterable<readonly WatchEvent<T>[]>
  create<T extends KubeObject>(of: ResourceDefinition<T>, object: Unsaved<T>): Promise<T>
  update<T extends KubeObject>(of: ResourceDefinition<T>, object: T, subresource?: string): Promise<T>
  patch<T extends KubeObject>(
    of: ResourceDefinition<T>,
    name: ObjectName,
    patch: Patch,
    subresource?: string,
  ): Promise<T>
  /** Resolves with what the server answered; undefined when the object was already gone. */
  delete<T extends KubeObject>(
    of: ResourceDefinition<T>,
    name: ObjectName,
    options?: DeleteOptions,
  ): Promise<T | undefined>
  deleteCollection(of: ResourceDefinition<any>, query: ListQuery, options?: DeleteOptions): Promise<void>
  /** A page of the server that is about no resource, as JSON: `/debug/verdicts/NAMESPACE/POD`. */
  page<R>(path: string): Promise<R>
  /** What the server serves now, declared kinds and extension servers included. */
  discover(): Promise<Discovery>
  /** Reads what no definition describes (metrics, whose names are an adapter's own): one thing by name, or a list. */
  read<R = unknown>(call: ReadCall): Promise<R>
  /** POST to a subresource (binding, eviction, token, …) or of a kind that is answered and not kept (reviews). */
  post<R = unknown>(
    of: ResourceDefinition<any>,
    name: ObjectName | undefined,
    subresource: string | undefined,
    body: unknown,
  ): Promise<R>
}

/** A client over any transport. */
export function createClient(transport: Transport): Client {
  const at = ({ group, version, plural, scope }: ResourceDefinition<any>, of?: Partial<ObjectName>, below?: string) => {
    const namespace = of?.namespace ?? ''
    const place = { group, version, resource: plural }
    const within = scope === 'Namespaced' && namespace !== '' ? { ...place, namespace } : place
    const named = of?.name === undefined ? within : { ...within, name: of.name }
    return below === undefined ? named : { ...named, subresource: below }
  }
  async function one<T>(call: ApiCall): Promise<T> {
    const reply = await transport(call)
    if (!('body' in reply))
      throw new StatusError(500, 'InternalError', 'the server sent events where an object was asked for')
    return deepFreeze(reply.body) as T
  }
  return {
    get: (of, name, subresource) => one({ verb: 'get', ...at(of, name, subresource) }),
    list: (of, query = {}) => one({ verb: 'list', ...at(of, query), query: queryOf(query) }),
    async *watch<T extends KubeObject>(
      of: ResourceDefinition<T>,
      from: string,
      query: WatchQuery,
      signal: AbortSignal,
    ) {
      const reply = await transport(
        { verb: 'watch', ...at(of, query), query: { ...queryOf(query), resourceVersion: from } },
        signal,
      )
      if (!('events' in reply))
        throw new StatusError(500, 'InternalError', 'the server sent an object where events were asked for')
      for await (const batch of reply.events) {
        for (const event of batch) if (event.type === 'ERROR') throw StatusError.from(event.object)
        yield batch as readonly WatchEvent<T>[]
      }
    },
    create: (of, object) =>
      one({ verb: 'create', ...at(of, { namespace: object.metadata.namespace ?? '' }), body: object }),
    update: (of, object, subresource) =>
      one({
        verb: 'update',
        ...at(of, { ...object.metadata, namespace: object.metadata.namespace ?? '' }, subresource),
        body: object,
      }),
    patch: (of, name, patch, subresource) =>
      one({
        verb: 'patch',
        ...at(of, name, subresource),
        patchType: patch.type,
        body: patch.body,
        query: {
          ...(patch.fieldManager === undefined ? {} : { fieldManager: patch.fieldManager }),
          ...(patch.force === undefined ? {} : { force: String(patch.force) }),
        },
      }),
    async delete<T extends KubeObject>(of: ResourceDefinition<T>, name: ObjectName, options?: DeleteOptions) {
      try {
        return await one<T>({ verb: 'delete', ...at(of, name), ...(options === undefined ? {} : { body: options }) })
      } catch (error) {
        if (isNotFound(error)) return undefined
        throw error
      }
    },
    async deleteCollection(of, query, options) {
      await one({
        verb: 'deletecollection',
        ...at(of, query),
        query: queryOf(query),
        ...(options === undefined ? {} : { body: options }),
      })
    },
    page: (path) => one({ verb: 'get', path } as ApiCall),
    discover: () => discover(transport),
    read: (call) => one({ verb: call.name === undefined ? 'list' : 'get', ...call }),
    post: (of, name, subresource, body) => one({ verb: 'create', ...at(of, name, subresource), body }),
  }
}

function queryOf(query: WatchQuery): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (const key of [
    'labelSelector',
    'fieldSelector',
    'limit',
    'continue',
    'resourceVersion',
    'allowWatchBookmarks',
    'timeoutSeconds',
  ] as const) {
    const value = query[key]
    if (value !== undefined) pairs[key] = String(value)
  }
  return pairs
}
