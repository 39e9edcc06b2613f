import type { ResourceDefinition } from '../../resources/index.ts'
import type { Change, Entry, Revision } from '../../store/index.ts'
import type { Selection } from '../registry/selection.ts'
import { eventFor, type HubEvent } from './event.ts'

/** A watcher that lets this many events wait is too slow and is dropped; its client lists again. */
const waitingEventsMax = 50_000

/** Takes a batch; what it answers is waited for before it is called again. */
export type Take = (batch: readonly HubEvent[]) => Promise<void> | undefined

/** The events of a watch: walked over, or handed to somebody as they come, which costs less. One of both, once. */
export interface HubEvents extends AsyncIterable<readonly HubEvent[]> {
  /** Hands over batch after batch, in the turn they are known in; resolves when the watch ends. */
  pour(take: Take): Promise<void>
}

/** Where a watch begins. */
export interface WatchStart {
  readonly after: Revision
  readonly initial?: readonly Entry[]
  readonly markInitialEnd?: boolean
}
/** What a watch is told while it lasts, and what it tells. */
export interface WatchTold {
  /** Fires when a bookmark is due, and ends the watch when its time is over. */
  readonly tick: (fire: () => void, end: () => void) => Disposable
  /** Called once what was there before has been taken. */
  readonly begun: (() => void) | undefined
}
/** What a watch needs of the hub. */
export interface WatchedHub {
  /** Has it told of changes from now on; answers how far the others have been. What happens meanwhile is neither missed nor seen twice. */
  join(watcher: Watcher): Disposable & { readonly joined: Revision }
  past(prefix: string, after: Revision, upTo: Revision): Promise<readonly Change[]>
  /** It is so far behind that it ends. */
  gaveUp(watcher: Watcher): void
  /** Has it flushed soon, when more may have come. */
  later(watcher: Watcher): void
}
interface Asked {
  readonly definition: ResourceDefinition<any>
  readonly selection: Selection
  readonly prefix: string
}

/** One watch, from its beginning to its end. */
export class Watcher implements HubEvents {
  readonly definition: ResourceDefinition<any>
  readonly selection: Selection
  readonly prefix: string
  /** The newest revision this watch has been shown or has been passed over for. */
  seen: Revision
  readonly #start: WatchStart
  readonly #signal: AbortSignal
  readonly #told: WatchTold | undefined
  readonly #hub: WatchedHub
  #queue: HubEvent[] = []
  #ended: boolean
  #take: Take | undefined
  #isTaking = false
  /** Called when there is something to walk on to; where events are handed over, at the end. */
  #wake = () => {}
  #fail: (error: unknown) => void = () => {}

  constructor(asked: Asked, start: WatchStart, signal: AbortSignal, told: WatchTold | undefined, hub: WatchedHub) {
    this.definition = asked.definition
    this.selection = asked.selection
    this.prefix = asked.prefix
    this.seen = start.after
    this.#start = start
    this.#signal = signal
    this.#told = told
    this.#hub = hub
    this.#ended = signal.aborted
  }

  /** Keeps an event for whoever watches. */
  push(event: HubEvent): void {
    if (event.revision <= this.#start.after && event.type !== 'BOOKMARK') return
    this.#queue.push(event)
    if (this.#queue.length > waitingEventsMax && !this.#ended) {
      this.#ended = true
      this.#hub.gaveUp(this)
    }
    if (this.#queue.length === 1) this.#hub.later(this)
  }

  /** Lets what waits be taken, and nothing come after it. */
  end(): void {
    this.#ended = true
    this.flush()
  }

  /** Hands on what waits, unless what was handed on last is still being taken. */
  flush(): void {
    if (this.#take === undefined) return this.#wake()
    while (!this.#isTaking && this.#queue.length > 0 && !this.#signal.aborted) {
      const batch = this.#queue
      this.#queue = []
      try {
        const taking = this.#take(batch)
        if (taking !== undefined) this.#await(taking)
      } catch (error) {
        return this.#fail(error)
      }
    }
    if (this.#ended && !this.#isTaking) this.#wake()
  }

  async pour(take: Take): Promise<void> {
    using standing = this.#begin()
    const first = await this.#first(standing.joined)
    if (first.length > 0) await take(first)
    this.#told?.begun?.()
    await new Promise<void>((resolve, reject) => {
      this.#wake = resolve
      this.#fail = reject
      this.#take = take
      this.flush()
    })
  }

  async *[Symbol.asyncIterator](): AsyncIterator<readonly HubEvent[]> {
    using standing = this.#begin()
    const first = await this.#first(standing.joined)
    if (first.length > 0) yield first
    this.#told?.begun?.()
    while (!this.#ended || (this.#queue.length > 0 && !this.#signal.aborted)) {
      if (this.#queue.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      const batch = this.#queue
      this.#queue = []
      yield batch
    }
  }

  #await(taking: Promise<void>): void {
    this.#isTaking = true
    taking.then(
      () => {
        this.#isTaking = false
        this.flush()
      },
      (error) => this.#fail(error),
    )
  }

  #begin(): Disposable & { readonly joined: Revision } {
    const joining = this.#hub.join(this)
    const onAbort = () => this.end()
    this.#signal.addEventListener('abort', onAbort, { once: true })
    const timer = this.#told?.tick(
      () => {
        this.push({ type: 'BOOKMARK', entry: undefined, revision: Math.max(this.seen, this.#start.after) })
        this.flush()
      },
      () => this.end(),
    )
    return {
      joined: joining.joined,
      [Symbol.dispose]: () => {
        timer?.[Symbol.dispose]()
        this.#signal.removeEventListener('abort', onAbort)
        joining[Symbol.dispose]()
      },
    }
  }

  /** What was there before, and what happened until this watch was told of changes. */
  async #first(joined: Revision): Promise<readonly HubEvent[]> {
    const { after, initial = [], markInitialEnd } = this.#start
    const first: HubEvent[] = initial.map((entry) => ({ type: 'ADDED', entry, revision: entry.modified }))
    if (markInitialEnd === true)
      first.push({ type: 'BOOKMARK', entry: undefined, revision: after, initialEventsEnd: true })
    const past = after < joined ? await this.#hub.past(this.prefix, after, joined) : []
    for (const change of past) {
      const event = eventFor(this, change)
      if (event !== undefined) first.push(event)
    }
    return first
  }
}
