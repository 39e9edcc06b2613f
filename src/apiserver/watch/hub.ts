import type { ResourceDefinition } from '../../resources/index.ts'
import type { Change, Revision, Store } from '../../store/index.ts'
import { selectableOf } from '../registry/draft.ts'
import { prefixOf, registryRoot } from '../registry/encoding.ts'
import type { Selection } from '../registry/selection.ts'
import { eventFor, eventForAll, type HubEvent } from './event.ts'
import { type HubEvents, type WatchedHub, Watcher, type WatchStart, type WatchTold } from './watcher.ts'

/** So many watchers are told of changes before what they were told is sent. */
const toldAtOnce = 100

/**
 * Follows the store once and tells every watcher what concerns it. Promises:
 * 1. A watcher gets each matching change after its revision once, in order.
 * 2. Watchers that select one name or one value of an indexed field cost nothing for other objects' changes.
 */
export class WatchHub {
  readonly #store: Store
  #revision: Revision
  readonly #topics = new Map<string, Topic>()
  readonly #listeners = new Map<string, Set<(change: Change) => void>>()
  readonly #concerned = new Map<string, readonly string[]>()
  readonly #changes = new Map<string, number>()
  readonly #gaveUp = new Map<ResourceDefinition<any>, number>()
  /** Those who have events to hand on when all of a batch has been told. */
  #waiting: Watcher[] = []
  readonly #told: WatchedHub = {
    join: (watcher) => {
      const topic = this.#topicOf(watcher.definition)
      topic.add(watcher)
      return { joined: this.#revision, [Symbol.dispose]: () => topic.delete(watcher) }
    },
    past: (prefix, after, upTo) => this.#store.changes(prefix, after, upTo),
    gaveUp: ({ definition }) => void this.#gaveUp.set(definition, (this.#gaveUp.get(definition) ?? 0) + 1),
    later: (watcher) => void this.#waiting.push(watcher),
  }

  constructor(store: Store) {
    this.#store = store
    this.#revision = store.revision()
  }

  /** How far the hub has followed the store. */
  get revision(): Revision {
    return this.#revision
  }

  get watcherCount(): number {
    let count = 0
    for (const topic of this.#topics.values()) count += topic.size
    return count
  }

  /** How many changes of a kind there were since somebody follows it. */
  changesOf(definition: ResourceDefinition<any>): number {
    return this.#changes.get(prefixOf(definition)) ?? 0
  }

  /** How many watchers of each kind were ended since they were too slow. */
  terminated(): readonly (readonly [ResourceDefinition<any>, number])[] {
    return [...this.#gaveUp]
  }

  /** Follows the store until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for await (const batch of this.#store.watch(registryRoot, this.#revision, signal)) {
      for (const change of batch) this.#tell(change)
      this.#handOn()
    }
    for (const topic of this.#topics.values()) topic.endAll()
  }

  /**
   * The first are told at once, lest what they make of it (bindings, above all) waits for others; what they are told is on its
   * way while the rest is told.
   */
  #handOn(): void {
    const now = this.#waiting.splice(0, toldAtOnce)
    for (const watcher of now) watcher.flush()
    if (this.#waiting.length > 0) process.nextTick(() => this.#handOn())
  }

  /** Calls back for every change of a kind, in order; for caches inside the server. */
  onChange(definition: ResourceDefinition<any>, listener: (change: Change) => void): Disposable {
    const prefix = prefixOf(definition)
    const listeners = this.#listeners.get(prefix) ?? new Set()
    this.#listeners.set(prefix, listeners.add(listener))
    this.#concerned.clear()
    return { [Symbol.dispose]: () => void listeners.delete(listener) }
  }

  /** Events after the revision, in batches; `initial` entries first, when given. */
  watch(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    selection: Selection,
    start: WatchStart,
    signal: AbortSignal,
    told?: WatchTold,
  ): HubEvents {
    return new Watcher(
      { definition, selection, prefix: prefixOf(definition, namespace) },
      start,
      signal,
      told,
      this.#told,
    )
  }

  #tell(change: Change): void {
    this.#revision = change.entry.modified
    const { key } = change.entry
    const second = key.indexOf('/', registryRoot.length)
    const root = key.slice(0, second + 1)
    const concerned = this.#concerned.get(root) ?? this.#concernedBy(root)
    for (const prefix of concerned) {
      if (!key.startsWith(prefix)) continue
      this.#changes.set(prefix, (this.#changes.get(prefix) ?? 0) + 1)
      for (const listener of this.#listeners.get(prefix) ?? []) listener(change)
      this.#topics.get(prefix)?.tell(change)
    }
  }

  /** The prefixes below a root that somebody follows, kept until there are more. */
  #concernedBy(root: string): readonly string[] {
    const prefixes = [...new Set([...this.#listeners.keys(), ...this.#topics.keys()])].filter((one) =>
      one.startsWith(root),
    )
    this.#concerned.set(root, prefixes)
    return prefixes
  }

  #topicOf(definition: ResourceDefinition<any>): Topic {
    const prefix = prefixOf(definition)
    let topic = this.#topics.get(prefix)
    if (topic === undefined) {
      this.#topics.set(prefix, (topic = new Topic()))
      this.#concerned.clear()
    }
    return topic
  }
}

/** The watchers of one kind, those that ask for one value of a field apart, by that value. */
class Topic {
  readonly #all = new Set<Watcher>()
  readonly #byField = new Map<string, Map<string, Set<Watcher>>>()

  get size(): number {
    let count = this.#all.size
    for (const values of this.#byField.values()) for (const watchers of values.values()) count += watchers.size
    return count
  }

  add(watcher: Watcher): void {
    const { only } = watcher.selection
    if (only === undefined) {
      this.#all.add(watcher)
      return
    }
    const values = this.#byField.get(only.label) ?? new Map<string, Set<Watcher>>()
    this.#byField.set(only.label, values)
    values.set(only.value, (values.get(only.value) ?? new Set()).add(watcher))
  }

  delete(watcher: Watcher): void {
    const { only } = watcher.selection
    if (only === undefined) {
      this.#all.delete(watcher)
      return
    }
    const watchers = this.#byField.get(only.label)?.get(only.value)
    watchers?.delete(watcher)
    if (watchers?.size === 0) this.#byField.get(only.label)!.delete(only.value)
  }

  endAll(): void {
    for (const watcher of this.#all) watcher.end()
    for (const values of this.#byField.values())
      for (const watchers of values.values()) for (const watcher of watchers) watcher.end()
  }

  tell(change: Change): void {
    const { key, modified } = change.entry
    // One event for all who see all objects, so that it is rendered once.
    let forAll: HubEvent | undefined
    for (const watcher of this.#all) {
      watcher.seen = modified
      if (!key.startsWith(watcher.prefix)) continue
      if (watcher.selection.everything) watcher.push((forAll ??= eventForAll(change)))
      else offer(watcher, change)
    }
    for (const [label, values] of this.#byField) {
      const definition = firstOf(values)?.definition
      if (definition === undefined) continue
      const texts = new Set(
        [change.entry, change.previous]
          .filter((entry) => entry !== undefined)
          .map((entry) => definition.field(selectableOf(definition, entry), label)),
      )
      for (const text of texts) for (const watcher of values.get(text) ?? []) offer(watcher, change)
    }
  }
}

function firstOf(values: ReadonlyMap<string, ReadonlySet<Watcher>>): Watcher | undefined {
  for (const watchers of values.values()) for (const watcher of watchers) return watcher
  return undefined
}

function offer(watcher: Watcher, change: Change): void {
  if (!change.entry.key.startsWith(watcher.prefix)) return
  const event = eventFor(watcher, change)
  watcher.seen = change.entry.modified
  if (event !== undefined) watcher.push(event)
}
