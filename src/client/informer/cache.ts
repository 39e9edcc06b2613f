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
  /** By namespace and name. An object that changes stays in its slot, so that nothing moves but what its indexes say. */
  readonly #slots = new Map<string, Map<string, Slot<T>>>()
  #size = 0
  readonly #indexes = new Map<string, Index<T>>()
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
      return owner === undefined ? none : [owner.uid]
    })
  }

  get({ namespace = '', name }: ObjectName): T | undefined {
    return this.#slots.get(namespace)?.get(name)?.object
  }

  list(namespace?: string): readonly T[] {
    const found: T[] = []
    if (namespace === undefined || namespace === '') {
      for (const slots of this.#slots.values()) for (const { object } of slots.values()) found.push(object)
    } else for (const { object } of this.#slots.get(namespace)?.values() ?? []) found.push(object)
    return found
  }

  by(index: string, value: string): readonly T[] {
    const found: T[] = []
    for (const { object } of this.#indexes.get(index)?.values.get(value) ?? []) found.push(object)
    return found
  }

  tally(index: string): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const [value, slots] of this.#indexes.get(index)?.values ?? []) counts.set(value, slots.size)
    return counts
  }

  addIndex(name: string, keysOf: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return
    const index: Index<T> = { keysOf, values: new Map() }
    this.#indexes.set(name, index)
    for (const slots of this.#slots.values())
      for (const slot of slots.values()) for (const value of keysOf(slot.object)) put(index, value, slot)
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
    for (const object of this.list()) listener(object, undefined)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** Takes in what is there under a name now, if anything, and tells the listeners. */
  apply({ namespace = '', name }: ObjectName, whole: T | undefined): void {
    const next = whole === undefined ? undefined : (this.#kept?.(this.resource, whole) ?? whole)
    let slots = this.#slots.get(namespace)
    const known = slots?.get(name)
    const previous = known?.object
    if (next === undefined) {
      if (previous === undefined) return
      slots!.delete(name)
      if (slots!.size === 0) this.#slots.delete(namespace)
      this.#size--
      for (const index of this.#indexes.values()) for (const value of index.keysOf(previous)) drop(index, value, known!)
    } else if (known === undefined) {
      if (slots === undefined) this.#slots.set(namespace, (slots = new Map()))
      const slot = { object: next }
      slots.set(name, slot)
      this.#size++
      for (const index of this.#indexes.values()) for (const value of index.keysOf(next)) put(index, value, slot)
    } else {
      if (previous!.metadata.resourceVersion === next.metadata.resourceVersion) return
      known.object = next
      for (const index of this.#indexes.values()) this.#move(index, known, previous!)
    }
    for (const listener of this.#listeners) listener(next, previous)
  }

  #move(index: Index<T>, slot: Slot<T>, previous: T): void {
    const before = index.keysOf(previous)
    const after = index.keysOf(slot.object)
    // Most changes leave an object where it is.
    if (sameTexts(before, after)) return
    for (const value of before) drop(index, value, slot)
    for (const value of after) put(index, value, slot)
  }

  /** How many objects there are. */
  get size(): number {
    return this.#size
  }

  /** Makes the cache equal to a fresh list, pausing after so many objects; answers what was in it already, as it is. */
  *replace(items: readonly T[], atOnce: number): Generator<undefined, readonly ObjectName[]> {
    const fresh = new Map<string, T>()
    for (const item of items) {
      fresh.set(keyOf(nameOf(item)), item)
      if (fresh.size % atOnce === 0) yield
    }
    for (const object of this.list()) if (!fresh.has(keyOf(nameOf(object)))) this.apply(nameOf(object), undefined)
    const same: ObjectName[] = []
    let count = 0
    for (const item of fresh.values()) {
      if (++count % atOnce === 0) yield
      const name = nameOf(item)
      if (this.get(name)?.metadata.resourceVersion === item.metadata.resourceVersion) same.push(name)
      else this.apply(name, item)
    }
    return same
  }

  /** Tells the listeners again of what there still is of some objects. */
  tellAgain(names: readonly ObjectName[]): void {
    for (const name of names) {
      const known = this.get(name)
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

/** Where an object is kept, whatever becomes of it. */
interface Slot<T> {
  object: T
}
interface Index<T> {
  readonly keysOf: (object: T) => readonly string[]
  readonly values: Map<string, Set<Slot<T>>>
}

function put<T>({ values }: Index<T>, value: string, slot: Slot<T>): void {
  const slots = values.get(value)
  if (slots === undefined) values.set(value, new Set([slot]))
  else slots.add(slot)
}

function drop<T>({ values }: Index<T>, value: string, slot: Slot<T>): void {
  const slots = values.get(value)
  if (slots === undefined) return
  slots.delete(slot)
  if (slots.size === 0) values.delete(value)
}
