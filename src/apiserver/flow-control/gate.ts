import type { Clock, Metrics } from '../../machinery/index.ts'
import type { Asked } from './classify.ts'
import type { FlowControl, Seating } from './flow-control.ts'
import type { Level } from './level.ts'
import { type FlowMeasures, flowMeasures, type RequestKind } from './measures.ts'
import { RetryAfter } from './retry-after.ts'
import { narrow, type Width } from './turn.ts'
import { WatchCounts } from './watch-counts.ts'
import { askedName, beginsWithObjects, type KindSize, listWidth, mutatingWidth } from './width.ts'

/** A request that asks to be let in. */
export interface Entrant {
  readonly asked: Asked
  readonly query: Readonly<Record<string, string>>
  /** When it came, by the monotonic clock. */
  readonly receivedMs: number
  readonly signal: AbortSignal
  /** How many objects of its kind there are; undefined when that is not known. */
  size(): KindSize | undefined
}

/** What was decided about a request. */
export interface Entry extends Disposable {
  readonly served: boolean
  /** Kubernetes: callers learn by which objects they were judged, not the objects' names. */
  readonly headers: Readonly<Record<string, string>>
  /** What those who are turned away are told to wait. */
  readonly retryAfterSeconds: number
  /** A watch has sent what was there before: from now on it holds no seats. */
  begun(): void
}

/** Kubernetes: nobody waits longer than this, nor longer than a quarter of the time the request has. */
const waitMaxMs = 60_000
const requestTimeoutMs = 60_000

/** The way into the server: flow control around each request, with what is measured of it. */
export class Gate {
  readonly flow: FlowControl
  readonly #clock: Clock
  readonly #measures: FlowMeasures
  readonly #watches = new WatchCounts()
  readonly #retryAfter = new Map<string, RetryAfter>()

  constructor(flow: FlowControl, clock: Clock, metrics: Metrics) {
    this.flow = flow
    this.#clock = clock
    this.#measures = flowMeasures(flow, clock, metrics)
  }

  /** Decides about a request, at once unless it must wait. */
  enter(entrant: Entrant): Entry | Promise<Entry> {
    const name = askedName(entrant.asked.name, entrant.query)
    const asked = name === entrant.asked.name ? entrant.asked : { ...entrant.asked, name }
    const watchers = changing.has(asked.verb) ? this.#watches.interestedIn(asked) : undefined
    const seating = this.flow.start(asked, (level) => widthOf(entrant, asked, level, watchers))
    const { turn } = seating
    this.#measures.estimated(turn, turn.seats)
    if (watchers !== undefined) this.#measures.watched(turn, watchers)
    if (turn.queue !== undefined) {
      const others = turn.queue.waiting.size
      this.#measures.enqueued(turn, turn.state === 'executing' ? others + 1 : others)
    }
    const kind = kindOf(asked.verb)
    if (turn.state !== 'waiting') return this.#decided(turn.state === 'executing', seating, entrant, asked, kind)
    this.#measures.waits(kind, 1)
    const waitMs = Math.min(waitMaxMs, timeoutMs(entrant, asked) / 4) - (this.#clock.monotonic() - entrant.receivedMs)
    return Promise.resolve(this.flow.served(turn, waitMs, entrant.signal)).then((served) => {
      this.#measures.waits(kind, -1)
      return this.#decided(served, seating, entrant, asked, kind)
    })
  }

  #decided(served: boolean, seating: Seating, entrant: Entrant, asked: Asked, kind: RequestKind): Entry {
    const { turn, schema, level } = seating
    const { name, uid } = level.settings
    const headers = { 'x-kubernetes-pf-prioritylevel-uid': uid, 'x-kubernetes-pf-flowschema-uid': schema.uid }
    const startedMs = this.#clock.monotonic()
    if (level.settings.queuing.type !== 'exempt')
      this.#measures.waited(turn, served, (startedMs - turn.arrivedMs) / 1000)
    if (!served) {
      const retryAfter = this.#retryAfter.get(name) ?? new RetryAfter()
      this.#retryAfter.set(name, retryAfter)
      retryAfter.note(this.#clock.now())
      const nothing = () => {}
      return { served, headers, retryAfterSeconds: retryAfter.seconds, begun: nothing, [Symbol.dispose]: nothing }
    }
    this.#measures.runs(kind, 1)
    const isWatch = asked.verb === 'watch'
    const watch = isWatch ? this.#watches.add(asked, entrant.query.fieldSelector) : undefined
    let holdsSeats = true
    const leave = () => {
      if (!holdsSeats) return
      holdsSeats = false
      this.#measures.runs(kind, -1)
      this.#measures.executed(turn, isWatch, (this.#clock.monotonic() - startedMs) / 1000)
      this.flow.finish(seating)
    }
    return {
      served,
      headers,
      retryAfterSeconds: 0,
      begun: leave,
      [Symbol.dispose]() {
        leave()
        watch?.[Symbol.dispose]()
      },
    }
  }
}

const changing: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete'])

function widthOf({ query, size }: Entrant, asked: Asked, { widest }: Level, watchers: number | undefined): Width {
  if (watchers !== undefined) return mutatingWidth(watchers, widest)
  if (asked.verb === 'list' && asked.ofResource) return listWidth(size(), query, asked, widest)
  if (asked.verb === 'watch' && beginsWithObjects(query)) return listWidth(size(), query, asked, widest)
  return narrow
}

/** Kubernetes: whatever does not only read counts as a change. */
function kindOf(verb: string): RequestKind {
  return verb === 'get' || verb === 'list' || verb === 'watch' ? 'readOnly' : 'mutating'
}

/** How long the request may take altogether; a watch's own timeout is not about its beginning. */
function timeoutMs({ query }: Entrant, { verb }: Asked): number {
  const asked = /^(\d+)(ms|s|m|h)?$/.exec(verb === 'watch' ? '' : (query.timeout ?? ''))
  if (asked === null) return requestTimeoutMs
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[asked[2] ?? 's'] ?? 1000
  const wantedMs = Number(asked[1]) * unit
  return wantedMs > 0 ? Math.min(wantedMs, requestTimeoutMs) : requestTimeoutMs
}
