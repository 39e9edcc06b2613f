import type { ResourceDefinition } from '../../resources/index.ts'
import type { Change, Entry, Revision, Store } from '../../store/index.ts'
import { selectableOf } from '../registry/draft.ts'
import { prefixOf, registryRoot } from '../registry/encoding.ts'
import type { Selection } from '../registry/selection.ts'

/** One event of a watch before it is rendered. `revision` may be newer than the entry's own (an object that left). */
export interface HubEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly entry: Entry | undefined
  readonly revision: Revision
  readonly initialEventsEnd?: boolean
  /** What the object was before, for those who must look at it in another version first. */
  readonly previous?: Entry | undefined
}

/** A watcher that lets this many events wait is too slow and is dropped; its client lists again. */
const waitingEventsMax = 50_000

interface Watcher {
  readonly definition: ResourceDefinition<any>
  readonly prefix: string
  readonly selection: Selection
  push(event: HubEvent): void
  end(): void
  /** The newest revision this watcher has been shown or has been passed over for. */
  seen: Revision
}

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

  /** Follows the store until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for await (const batch of this.#store.watch(registryRoot, this.#revision, signal)) {
      for (const change of batch) this.#tell(change)
    }
    for (const topic of this.#topics.values()) topic.endAll()
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
  async *watch(
    definition: ResourceDefinition<any>,
    namespace: string | undefined,
    selection: Selection,
    start: { readonly after: Revision; readonly initial?: readonly Entry[]; readonly markInitialEnd?: boolean },
    signal: AbortSignal,
    told?: {
      /** Fires when a bookmark is due, and ends the watch when its time is over. */
      readonly tick: (fire: () => void, end: () => void) => Disposable
      /** Called once what was there before has been taken. */
      readonly begun: (() => void) | undefined
    },
  ): AsyncIterable<readonly HubEvent[]> {
    let queue: HubEvent[] = []
    let ended = signal.aborted
    let wake = () => {}
    const watcher: Watcher = {
      definition,
      prefix: prefixOf(definition, namespace),
      selection,
      seen: start.after,
      push(event) {
        queue.push(event)
        if (queue.length > waitingEventsMax) ended = true
        wake()
      },
      end() {
        ended = true
        wake()
      },
    }
    const topic = this.#topicOf(definition)
    // Registered before the past is read: what happens meanwhile waits in the queue, nothing is missed or seen twice.
    const joined = this.#revision
    topic.add(watcher)
    const onAbort = () => watcher.end()
    signal.addEventListener('abort', onAbort, { once: true })
    const timer = told?.tick(
      () => watcher.push({ type: 'BOOKMARK', entry: undefined, revision: Math.max(watcher.seen, start.after) }),
      () => watcher.end(),
    )
    try {
      const first: HubEvent[] = (start.initial ?? []).map((entry) => ({
        type: 'ADDED',
        entry,
        revision: entry.modified,
      }))
      if (start.markInitialEnd === true)
        first.push({ type: 'BOOKMARK', entry: undefined, revision: start.after, initialEventsEnd: true })
      const past = start.after < joined ? await this.#store.changes(watcher.prefix, start.after, joined) : []
      for (const change of past) {
        const event = eventFor(watcher, change)
        if (event !== undefined) first.push(event)
      }
      if (first.length > 0) yield first
      told?.begun?.()
      while (!ended || (queue.length > 0 && !signal.aborted)) {
        if (queue.length === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        const batch = queue.filter((event) => event.revision > start.after || event.type === 'BOOKMARK')
        queue = []
        if (batch.length > 0) yield batch
      }
    } finally {
      timer?.[Symbol.dispose]()
      signal.removeEventListener('abort', onAbort)
      topic.delete(watcher)
    }
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
      this.#topics.set(prefix, (topic = new Topic(() => this.#revision)))
      this.#concerned.clear()
    }
    return topic
  }
}

/** The watchers of one kind, those that ask for one value of a field apart, by that value. */
class Topic {
  readonly #all = new Set<Watcher>()
  readonly #byField = new Map<string, Map<string, Set<Watcher>>>()
  readonly #revision: () => Revision

  constructor(revision: () => Revision) {
    this.#revision = revision
  }

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
    for (const watcher of this.#all) offer(watcher, change)
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
    for (const watcher of this.#all) watcher.seen = this.#revision()
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

/** Kubernetes: what counts is whether the object was and is selected; one that leaves is shown as it last matched. */
function eventFor({ definition, selection }: Watcher, { type, entry, previous }: Change): HubEvent | undefined {
  if (selection.everything) {
    const { modified: revision } = entry
    if (type === 'delete') return { type: 'DELETED', entry: previous, revision, previous }
    return { type: previous === undefined ? 'ADDED' : 'MODIFIED', entry, revision, previous }
  }
  const matches = (of: Entry | undefined) => of !== undefined && selection.matches(selectableOf(definition, of))
  const was = matches(previous)
  const revision = entry.modified
  if (type === 'delete') return was ? { type: 'DELETED', entry: previous, revision } : undefined
  const is = matches(entry)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', entry, revision }
  return was ? { type: 'DELETED', entry: previous, revision } : undefined
}

/** What an event of all objects is to somebody who selects some of them. */
export function reselected(
  definition: ResourceDefinition<any>,
  selection: Selection,
  event: HubEvent,
): HubEvent | undefined {
  const { type, entry, previous, revision } = event
  if (entry === undefined || selection.everything) return event
  const matches = (of: Entry | undefined) => of !== undefined && selection.matches(selectableOf(definition, of))
  const was = matches(previous)
  if (type === 'DELETED' || !matches(entry)) return was ? { type: 'DELETED', entry: previous, revision } : undefined
  return { type: was ? 'MODIFIED' : 'ADDED', entry, revision }
}
