import { controllerOf, type KubeObject, keyOf, nameOf, type ObjectName } from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'

/** A read-only view of a cache. What it returns is frozen: copy before changing. */
export interface Lister<T> {
  get(name: ObjectName): T | undefined
  list(namespace?: string): readonly T[]
  /** Objects under an index value. `controller` (uid of the managing owner) is always there; others by addIndex. */
  by(index: string, value: string): readonly T[]
  /** How many objects there are under each value of an index. */
  tally(index: string): ReadonlyMap<string, number>
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
/** What a cache keeps of an object, where that is less than all of it. */
export type Kept = <T extends KubeObject>(resource: ResourceDefinition<T>, object: T) => T

/** The objects of an informer, with their indexes and whoever is told of them. */
export class Cache<T extends KubeObject> implements Informer<T> {
  readonly resource: ResourceDefinition<T>
  readonly #objects = new Map<string, T>()
  readonly #byNamespace = new Map<string, Map<string, T>>()
  readonly #indexes = new Map<
    string,
    { readonly keysOf: (object: T) => readonly string[]; readonly values: Map<string, Map<string, T>> }
  >()
  readonly #listeners = new Set<Listener<T>>()
  readonly #kept: Kept | undefined
  #onSynced: (() => void)[] = []
  hasSynced = false
  revision = 0

  constructor(resource: ResourceDefinition<T>, kept: Kept | undefined) {
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

  tally(index: string): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const [value, objects] of this.#indexes.get(index)?.values ?? []) counts.set(value, objects.size)
    return counts
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

  /** How many objects there are. */
  get size(): number {
    return this.#objects.size
  }

  /** Makes the cache equal to a fresh list, pausing after so many objects; answers what was in it already, as it is. */
  *replace(items: readonly T[], atOnce: number): Generator<undefined, readonly string[]> {
    const fresh = new Map<string, T>()
    for (const item of items) {
      fresh.set(keyOf(nameOf(item)), item)
      if (fresh.size % atOnce === 0) yield
    }
    for (const key of [...this.#objects.keys()]) if (!fresh.has(key)) this.apply(key, undefined)
    const same: string[] = []
    let count = 0
    for (const [key, item] of fresh) {
      if (++count % atOnce === 0) yield
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
