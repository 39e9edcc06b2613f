import {
  type Clock,
  controllerOf,
  isExpired,
  type KubeObject,
  keyOf,
  nameOf,
  type ObjectName,
  type Random,
} from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Client } from '../client.ts'

/** A read-only view of a cache. What it returns is frozen: copy before changing. */
export interface Lister<T> {
  get(name: ObjectName): T | undefined
  list(namespace?: string): readonly T[]
  /** Objects under an index value. `controller` (uid of the managing owner) is always there; others by addIndex. */
  by(index: string, value: string): readonly T[]
}
export type Listener<T> = (next: T | undefined, previous: T | undefined) => void

/** Keeps a Lister true by list, then watch; one per kind and filter per process, shared. */
export interface Informer<T extends KubeObject> extends Lister<T> {
  readonly resource: ResourceDefinition<T>
  /** How far this cache has seen: every write up to this revision that concerns it is in it. */
  readonly revision: number
  readonly hasSynced: boolean
  /** Resolves once the first list is in; rejects with the signal's reason. */
  synced(signal?: AbortSignal): Promise<void>
  /** Told of everything already there (previous undefined), then of every change, and of all again at each resync. */
  subscribe(listener: Listener<T>): Disposable
  /** Adds an index; existing objects are indexed at once. Adding the same name again changes nothing. */
  addIndex(name: string, keysOf: (object: T) => readonly string[]): void
}
export interface InformerFilter {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}
export interface Informers {
  of<T extends KubeObject>(resource: ResourceDefinition<T>, filter?: InformerFilter): Informer<T>
  /** Stops following a kind that is served no longer; who asks for it later gets a new informer. */
  release(resource: ResourceDefinition<any>): void
}
export interface InformerParts {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  /** How often every cache is compared with a fresh list and listeners are told of everything again. */
  readonly resyncMs?: number
  /** What a cache keeps of an object, where that is less than all of it. */
  readonly kept?: <T extends KubeObject>(resource: ResourceDefinition<T>, object: T) => T
  /** Told when a list or watch fails; the informer itself retries with back-off. */
  readonly onFailure?: (resource: ResourceDefinition<any>, error: unknown) => void
}

/** Kubernetes: controllers resync every 12 h or so; ours is cheap enough to heal a missed event sooner. */
const resyncDefaultMs = 10 * 60_000
const toldAtOnce = 1000
const retryMinMs = 200
const retryMaxMs = 30_000

/** Informers that live until the signal aborts; each starts when first asked for. */
export function createInformers(parts: InformerParts, signal: AbortSignal): Informers {
  const running = new Map<string, { readonly cache: Cache<any>; readonly stop: AbortController }>()
  // Asked for very often, and nearly always without a filter.
  const whole = new Map<ResourceDefinition<any>, Cache<any>>()
  return {
    of<T extends KubeObject>(resource: ResourceDefinition<T>, filter?: InformerFilter): Informer<T> {
      const known = filter === undefined ? whole.get(resource) : undefined
      if (known !== undefined) return known
      const cache = start(resource, filter ?? {})
      if (filter === undefined) whole.set(resource, cache)
      return cache
    },
    release(resource) {
      whole.delete(resource)
      const start = `${resource.group}|${resource.version}|${resource.plural}|`
      for (const [key, { stop }] of running) {
        if (!key.startsWith(start)) continue
        running.delete(key)
        stop.abort(new Error('the kind is followed no longer'))
      }
    },
  }
  function start<T extends KubeObject>(resource: ResourceDefinition<T>, filter: InformerFilter): Cache<T> {
    const key = [
      resource.group,
      resource.version,
      resource.plural,
      filter.namespace,
      filter.labelSelector,
      filter.fieldSelector,
    ].join('|')
    const known = running.get(key)
    if (known !== undefined) return known.cache
    const cache = new Cache(resource, parts.kept)
    const stop = new AbortController()
    running.set(key, { cache, stop })
    void keepTrue(cache, filter, parts, AbortSignal.any([signal, stop.signal]))
    return cache
  }
}

class Cache<T extends KubeObject> implements Informer<T> {
  readonly resource: ResourceDefinition<T>
  readonly #objects = new Map<string, T>()
  readonly #byNamespace = new Map<string, Map<string, T>>()
  readonly #indexes = new Map<
    string,
    { readonly keysOf: (object: T) => readonly string[]; readonly values: Map<string, Map<string, T>> }
  >()
  readonly #listeners = new Set<Listener<T>>()
  readonly #kept: InformerParts['kept']
  #onSynced: (() => void)[] = []
  hasSynced = false
  revision = 0

  constructor(resource: ResourceDefinition<T>, kept: InformerParts['kept']) {
    this.resource = resource
    this.#kept = kept
    this.addIndex('controller', (object) => {
      const owner = controllerOf(object)
      return owner === undefined ? [] : [owner.uid]
    })
  }

  get(name: ObjectName): T | undefined {
    return this.#objects.get(keyOf(name))
  }

  list(namespace?: string): readonly T[] {
    return [
      ...(namespace === undefined || namespace === ''
        ? this.#objects
        : (this.#byNamespace.get(namespace) ?? new Map<string, T>())
      ).values(),
    ]
  }

  by(index: string, value: string): readonly T[] {
    const values = this.#indexes.get(index)?.values.get(value)
    return values === undefined ? [] : [...values.values()]
  }

  addIndex(name: string, keysOf: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return
    const index = { keysOf, values: new Map<string, Map<string, T>>() }
    this.#indexes.set(name, index)
    for (const [key, object] of this.#objects) for (const value of keysOf(object)) put(index.values, value, key, object)
  }

  synced(signal?: AbortSignal): Promise<void> {
    if (this.hasSynced) return Promise.resolve()
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      this.#onSynced.push(resolve)
    })
  }

  subscribe(listener: Listener<T>): Disposable {
    this.#listeners.add(listener)
    for (const object of this.#objects.values()) listener(object, undefined)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** Takes one change in and tells the listeners. */
  apply(key: string, whole: T | undefined): void {
    const next = whole === undefined ? undefined : (this.#kept?.(this.resource, whole) ?? whole)
    const previous = this.#objects.get(key)
    if (
      previous !== undefined &&
      next !== undefined &&
      previous.metadata.resourceVersion === next.metadata.resourceVersion
    )
      return
    if (previous === undefined && next === undefined) return
    const namespace = (next ?? previous)!.metadata.namespace ?? ''
    if (next === undefined) {
      this.#objects.delete(key)
      drop(this.#byNamespace, namespace, key)
    } else {
      this.#objects.set(key, next)
      put(this.#byNamespace, namespace, key, next)
    }
    for (const { keysOf, values } of this.#indexes.values()) {
      const before = previous === undefined ? none : keysOf(previous)
      const after = next === undefined ? none : keysOf(next)
      // Most changes leave an object where it is.
      if (!sameTexts(before, after)) for (const value of before) drop(values, value, key)
      for (const value of after) put(values, value, key, next!)
    }
    for (const listener of this.#listeners) listener(next, previous)
  }

  /** Makes the cache equal to a fresh list; answers what was in it already, as it is. */
  replace(items: readonly T[]): readonly string[] {
    const fresh = new Map(items.map((item) => [keyOf(nameOf(item)), item]))
    for (const key of [...this.#objects.keys()]) if (!fresh.has(key)) this.apply(key, undefined)
    const same: string[] = []
    for (const [key, item] of fresh) {
      const known = this.#objects.get(key)
      if (known === undefined || known.metadata.resourceVersion !== item.metadata.resourceVersion) this.apply(key, item)
      else same.push(key)
    }
    return same
  }

  /** Tells the listeners again of what there still is of some objects. */
  tellAgain(keys: readonly string[]): void {
    for (const key of keys) {
      const known = this.#objects.get(key)
      if (known !== undefined) for (const listener of this.#listeners) listener(known, known)
    }
  }

  markSynced(): void {
    this.hasSynced = true
    for (const resolve of this.#onSynced.splice(0)) resolve()
  }
}

/** List, watch from there, list again when the watch cannot go on, until the signal aborts. */
async function keepTrue<T extends KubeObject>(
  cache: Cache<T>,
  filter: InformerFilter,
  parts: InformerParts,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, random } = parts
  let retryMs = retryMinMs
  let listAgain = true
  while (!signal.aborted) {
    try {
      if (listAgain) {
        const list = await client.list(cache.resource, { ...filter, resourceVersion: cache.hasSynced ? '' : '0' })
        if (signal.aborted) return
        const same = cache.replace(list.items)
        if (cache.hasSynced) void tellAgain(cache, same, clock, signal)
        cache.revision = Number(list.metadata.resourceVersion)
        cache.markSynced()
        listAgain = false
        retryMs = retryMinMs
      }
      listAgain = await watchUntilResync(cache, filter, parts, signal)
    } catch (error) {
      if (signal.aborted) return
      listAgain = true
      if (!isExpired(error)) {
        parts.onFailure?.(cache.resource, error)
        await clock.sleep(retryMs * (0.75 + random.next() / 2), signal).catch(() => {})
        retryMs = Math.min(retryMs * 2, retryMaxMs)
      }
    }
  }
}

/** Tells of everything again; of very many objects some at a time, so that others have their turn. */
async function tellAgain(cache: Cache<any>, keys: readonly string[], clock: Clock, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < keys.length && !signal.aborted; at += toldAtOnce) {
    cache.tellAgain(keys.slice(at, at + toldAtOnce))
    if (at + toldAtOnce < keys.length) await clock.sleep(0, signal).catch(() => {})
  }
}

/** Follows the watch; true when it is time to list again, false when the server merely ended the watch. */
async function watchUntilResync<T extends KubeObject>(
  cache: Cache<T>,
  filter: InformerFilter,
  { client, clock, random, resyncMs = resyncDefaultMs }: InformerParts,
  signal: AbortSignal,
): Promise<boolean> {
  const stop = new AbortController()
  const onAbort = () => stop.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  let resync = false
  const timer = clock.after(resyncMs * (0.9 + random.next() / 5), () => {
    resync = true
    stop.abort()
  })
  try {
    for await (const batch of client.watch(
      cache.resource,
      String(cache.revision),
      { ...filter, allowWatchBookmarks: true },
      stop.signal,
    )) {
      for (const event of batch) {
        if (event.type === 'ERROR') continue
        if (event.type !== 'BOOKMARK')
          cache.apply(keyOf(nameOf(event.object)), event.type === 'DELETED' ? undefined : event.object)
        cache.revision = Number(event.object.metadata.resourceVersion)
      }
      if (stop.signal.aborted) break
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    timer[Symbol.dispose]()
    signal.removeEventListener('abort', onAbort)
  }
  return resync
}

const none: readonly string[] = []
function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false
  return true
}

function put<T>(groups: Map<string, Map<string, T>>, group: string, key: string, object: T): void {
  const members = groups.get(group)
  if (members === undefined) groups.set(group, new Map([[key, object]]))
  else members.set(key, object)
}

function drop<T>(groups: Map<string, Map<string, T>>, group: string, key: string): void {
  const members = groups.get(group)
  if (members === undefined) return
  members.delete(key)
  if (members.size === 0) groups.delete(group)
}
