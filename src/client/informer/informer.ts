import { type Clock, isExpired, type KubeObject, type ObjectName, type Random } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Client } from '../client.ts'
import { Cache, type Informer, type Kept } from './cache.ts'

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
  readonly kept?: Kept
  /** Told when a list or watch fails; the informer itself retries with back-off. */
  readonly onFailure?: (resource: ResourceDefinition<any>, error: unknown) => void
}

/** Kubernetes: controllers resync every 12 h or so; ours is cheap enough to heal a missed event sooner. */
const resyncDefaultMs = 10 * 60_000
/** Of more objects than this the list is longer in coming, and is asked for as much less often, up to Kubernetes' own period. */
const oftenMax = 5000
const resyncMaxMs = 12 * 60 * 60_000
/** So many objects are compared, or told of, before others have their turn. */
const comparedAtOnce = 10_000
const toldAtOnce = 250
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
  let dueInMs = () => 0
  while (!signal.aborted) {
    try {
      if (listAgain) {
        const list = await client.list(cache.resource, { ...filter, resourceVersion: cache.hasSynced ? '' : '0' })
        if (signal.aborted) return
        const same = await replace(cache, list.items, clock, signal)
        if (signal.aborted) return
        if (cache.hasSynced) void tellAgain(cache, same, clock, signal)
        cache.revision = Number(list.metadata.resourceVersion)
        cache.markSynced()
        listAgain = false
        retryMs = retryMinMs
        dueInMs = resyncOf(cache, parts)
      }
      listAgain = await watchUntilResync(cache, filter, parts, dueInMs, signal)
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

/** How long it is until a cache that was listed now is to be compared with a list again, by how much is in it by then. */
function resyncOf(cache: Cache<any>, { clock, random, resyncMs = resyncDefaultMs }: InformerParts): () => number {
  const listedAtMs = clock.monotonic()
  const share = 0.9 + random.next() / 5
  return () => {
    const periodMs = Math.min(resyncMs * Math.max(1, cache.size / oftenMax), Math.max(resyncMs, resyncMaxMs))
    return listedAtMs + periodMs * share - clock.monotonic()
  }
}

/** Makes a cache equal to a list. The first time nobody waits for anything else. */
async function replace<T extends KubeObject>(
  cache: Cache<T>,
  items: readonly T[],
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly ObjectName[]> {
  const steps = cache.replace(items, comparedAtOnce)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    if (cache.hasSynced) await clock.sleep(0, signal).catch(() => {})
    if (signal.aborted) return []
  }
}

/** Tells of everything again; of very many objects some at a time, so that others have their turn. */
async function tellAgain(
  cache: Cache<any>,
  names: readonly ObjectName[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < names.length && !signal.aborted; at += toldAtOnce) {
    cache.tellAgain(names.slice(at, at + toldAtOnce))
    if (at + toldAtOnce < names.length) await clock.sleep(0, signal).catch(() => {})
  }
}

/** Follows the watch; true when it is time to list again, false when the server merely ended the watch. */
async function watchUntilResync<T extends KubeObject>(
  cache: Cache<T>,
  filter: InformerFilter,
  { client, clock }: InformerParts,
  dueInMs: () => number,
  signal: AbortSignal,
): Promise<boolean> {
  const stop = new AbortController()
  const onAbort = () => stop.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  let resync = false
  let timer: Disposable
  const wait = () => {
    timer = clock.after(Math.max(0, Math.ceil(dueInMs())), () => {
      // There may be more by now than there was.
      if (dueInMs() >= 1) return wait()
      resync = true
      stop.abort()
    })
  }
  wait()
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
          cache.apply(event.object.metadata, event.type === 'DELETED' ? undefined : event.object)
        cache.revision = Number(event.object.metadata.resourceVersion)
      }
      if (stop.signal.aborted) break
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    timer![Symbol.dispose]()
    signal.removeEventListener('abort', onAbort)
  }
  return resync
}
