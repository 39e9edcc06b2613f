import {
  type Clock,
  isAlreadyExists,
  isNotFound,
  type KubeObject,
  microTimestampOf,
  type Random,
} from '../../machinery/index.ts'
import { type EventsV1Event, eventsV1Events, type ObjectReference } from '../../resources/index.ts'
import type { Client } from '../client.ts'
import { createEventNames } from './event-names.ts'
import { isFinal, referenceTo } from './recorder.ts'
import type { Rush } from './rush.ts'

/** Tells users what was done about an object, and by which action; repeats become a series. Never fails, never waits. */
export type RecordAction = (
  about: KubeObject,
  type: 'Normal' | 'Warning',
  reason: string,
  action: string,
  note: string,
) => void

export interface SeriesRecorderParts {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  /** Who says so: `default-scheduler`. */
  readonly controller: string
  /** Which one of them: `default-scheduler-node-1`. */
  readonly instance: string
  /** While there is one, events wait: `restMsMax` at most, and no more than `restingMax` of them. */
  readonly rush?: Rush
  readonly onFailure?: (error: unknown) => void
}

/** Kubernetes: a series ends when nothing was added to it for six minutes, and is written out every half hour. */
const finishMs = 6 * 60_000
const refreshMs = 30 * 60_000
/** Kubernetes: a thousand wait, and what comes beyond is lost; here nothing is, of what a burst of pods brings. */
const waitingMax = 12_000
const restingMax = 10_000
const restMsMax = 5000
const triesMax = 12
const retryMs = 10_000

interface Write {
  readonly sinceMs: number
  run(): Promise<void>
}
interface Known {
  /** The event as it is known now; made when it is first written. */
  event: EventsV1Event | undefined
  readonly regarding: ObjectReference
  readonly said: Pick<EventsV1Event, 'type' | 'reason' | 'action' | 'note'>
  readonly firstMs: number
  /** How often it was seen, and when last; more than what the server has been told, once there is a series. */
  count: number
  lastMs: number
  refreshedMs: number
}

const isOver = ({ lastMs }: Known, nowMs: number) => nowMs - lastMs >= finishMs

/**
 * Writes events.k8s.io/v1 Events in the background. The first is written, the second makes it a series; what comes after is
 * counted and written when the series ends, or every half hour. Ends with the signal.
 */
export function createSeriesRecorder(parts: SeriesRecorderParts, signal: AbortSignal): RecordAction {
  const { client, clock, random, controller, instance } = parts
  const nameOf = createEventNames(clock, random)
  /** By what they are about. */
  const known = new Map<string, Known[]>()
  const waiting: Write[] = []
  let isWriting = false
  let goOn = () => {}
  let timer: Disposable | undefined
  signal.addEventListener('abort', () => timer?.[Symbol.dispose](), { once: true })

  function enqueue(run: Write['run']): void {
    if (waiting.length >= waitingMax || signal.aborted) return
    waiting.push({ sinceMs: clock.monotonic(), run })
    if (waiting.length >= restingMax) goOn()
    if (!isWriting) void drain()
  }
  async function drain(): Promise<void> {
    isWriting = true
    for (let next = await nextWrite(); next !== undefined; next = await nextWrite()) await write(next)
    isWriting = false
  }
  /** What has waited longest, when its time has come; undefined when there is nothing more to write. */
  async function nextWrite(): Promise<Write | undefined> {
    const [first] = waiting
    const over = parts.rush?.over
    if (first !== undefined && over !== undefined && waiting.length < restingMax) await rested(over, first.sinceMs)
    return signal.aborted ? undefined : waiting.shift()
  }
  async function rested(over: Promise<void>, sinceMs: number): Promise<void> {
    const leftMs = sinceMs + restMsMax - clock.monotonic()
    if (leftMs <= 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    goOn = resolve
    using _latest = clock.after(leftMs, resolve)
    signal.addEventListener('abort', goOn, { once: true })
    void over.then(resolve)
    await promise
    signal.removeEventListener('abort', goOn)
    goOn = () => {}
  }
  async function write({ run }: Write): Promise<void> {
    for (let tries = 1; tries <= triesMax && !signal.aborted; tries++) {
      try {
        return await run()
      } catch (error) {
        if (isFinal(error) || tries === triesMax) return parts.onFailure?.(error)
        await clock.sleep(tries === 1 ? retryMs * random.next() : retryMs, signal).catch(() => {})
      }
    }
  }

  function eventOf({ regarding, said, firstMs }: Known): EventsV1Event {
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: nameOf(regarding.name!), namespace: regarding.namespace ?? 'default' },
      eventTime: microTimestampOf(firstMs),
      reportingController: controller,
      reportingInstance: instance,
      action: said.action,
      reason: said.reason,
      regarding,
      note: said.note,
      type: said.type,
    } as unknown as EventsV1Event
  }
  async function create(one: Known): Promise<void> {
    one.event ??= eventOf(one)
    try {
      one.event = await client.create(eventsV1Events, one.event)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }
  async function writeSeries(one: Known): Promise<void> {
    one.event ??= eventOf(one)
    const { name, namespace = '' } = one.event.metadata
    const series = { count: one.count, lastObservedTime: microTimestampOf(one.lastMs) }
    try {
      one.event = await client.patch(eventsV1Events, { name, namespace }, { type: 'merge', body: { series } })
    } catch (error) {
      if (!isNotFound(error)) throw error
      // Kubernetes: an event that has expired comes back, its series kept.
      const {
        resourceVersion: _,
        uid: _uid,
        creationTimestamp: _at,
        managedFields: _fields,
        ...named
      } = one.event.metadata
      one.event = await client.create(eventsV1Events, { ...one.event, metadata: named as never, series })
    }
  }

  /** Forgets what has come to an end, having told how it ended, and tells of what goes on. */
  function lookAfter(): void {
    timer = undefined
    const nowMs = clock.now()
    for (const [about, all] of known) {
      for (const one of all) {
        if (one.count > 1 && (isOver(one, nowMs) || nowMs - one.refreshedMs >= refreshMs)) {
          one.refreshedMs = nowMs
          enqueue(() => writeSeries(one))
        }
      }
      const left = all.filter((one) => !isOver(one, nowMs))
      if (left.length === 0) known.delete(about)
      else if (left.length < all.length) known.set(about, left)
    }
    arm()
  }
  function arm(): void {
    if (timer === undefined && known.size > 0 && !signal.aborted) timer = clock.after(finishMs, lookAfter)
  }

  return (about, type, reason, action, note) => {
    const nowMs = clock.now()
    const of = about.metadata.uid || `${about.kind}/${about.metadata.namespace ?? ''}/${about.metadata.name}`
    const all = known.get(of)
    const same = all?.find(({ said }) => said.type === type && said.action === action && said.reason === reason)
    if (same !== undefined) {
      same.count++
      same.lastMs = nowMs
      if (same.count === 2) enqueue(() => writeSeries(same))
      return
    }
    const one: Known = {
      event: undefined,
      regarding: referenceTo(about),
      said: { type, reason, action, note },
      firstMs: nowMs,
      count: 1,
      lastMs: nowMs,
      refreshedMs: nowMs,
    }
    if (all === undefined) known.set(of, [one])
    else all.push(one)
    enqueue(() => create(one))
    arm()
  }
}
