import {
  type Clock,
  isAlreadyExists,
  isNotFound,
  type KubeObject,
  microTimestampOf,
  type Random,
} from '../../machinery/index.ts'
import { type EventsV1Event, eventsV1Events } from '../../resources/index.ts'
import type { Client } from '../client.ts'
import { createEventNames } from './event-names.ts'
import { isFinal, referenceTo } from './recorder.ts'

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
  readonly onFailure?: (error: unknown) => void
}

/** Kubernetes: a series ends when nothing was added to it for six minutes, and is written out every half hour. */
const finishMs = 6 * 60_000
const refreshMs = 30 * 60_000
const waitingMax = 1000
const triesMax = 12
const retryMs = 10_000

interface Known {
  event: EventsV1Event
  /** How often it was seen, and when last; more than what the server has been told, once there is a series. */
  count: number
  lastMs: number
  refreshedMs: number
}

/**
 * Writes events.k8s.io/v1 Events in the background. The first is written, the second makes it a series; what comes after is
 * counted and written when the series ends, or every half hour. Ends with the signal.
 */
export function createSeriesRecorder(parts: SeriesRecorderParts, signal: AbortSignal): RecordAction {
  const { client, clock, random, controller, instance } = parts
  const nameOf = createEventNames(clock, random)
  const known = new Map<string, Known>()
  const waiting: (() => Promise<void>)[] = []
  let isWriting = false
  let timer: Disposable | undefined
  signal.addEventListener('abort', () => timer?.[Symbol.dispose](), { once: true })

  function enqueue(work: () => Promise<void>): void {
    if (waiting.length >= waitingMax || signal.aborted) return
    waiting.push(work)
    if (!isWriting) void drain()
  }
  async function drain(): Promise<void> {
    isWriting = true
    for (let work = waiting.shift(); work !== undefined && !signal.aborted; work = waiting.shift()) {
      for (let tries = 1; tries <= triesMax && !signal.aborted; tries++) {
        try {
          await work()
          break
        } catch (error) {
          if (isFinal(error) || tries === triesMax) {
            parts.onFailure?.(error)
            break
          }
          await clock.sleep(tries === 1 ? retryMs * random.next() : retryMs, signal).catch(() => {})
        }
      }
    }
    isWriting = false
  }

  async function create(one: Known): Promise<void> {
    try {
      one.event = await client.create(eventsV1Events, one.event)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }
  async function writeSeries(one: Known): Promise<void> {
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
    for (const [key, one] of known) {
      const isOver = nowMs - one.lastMs >= finishMs
      if (isOver) known.delete(key)
      if (one.count > 1 && (isOver || nowMs - one.refreshedMs >= refreshMs)) {
        one.refreshedMs = nowMs
        enqueue(() => writeSeries(one))
      }
    }
    arm()
  }
  function arm(): void {
    if (timer === undefined && known.size > 0 && !signal.aborted) timer = clock.after(finishMs, lookAfter)
  }

  return (about, type, reason, action, note) => {
    const nowMs = clock.now()
    const regarding = referenceTo(about)
    const key = [
      type,
      action,
      reason,
      controller,
      instance,
      JSON.stringify({ ...regarding, resourceVersion: '' }),
    ].join('|')
    const same = known.get(key)
    if (same !== undefined) {
      same.count++
      same.lastMs = nowMs
      if (same.count === 2) enqueue(() => writeSeries(same))
      return
    }
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: nameOf(about.metadata.name), namespace: regarding.namespace ?? 'default' },
      eventTime: microTimestampOf(nowMs),
      reportingController: controller,
      reportingInstance: instance,
      action,
      reason,
      regarding,
      note,
      type,
    } as unknown as EventsV1Event
    const one: Known = { event, count: 1, lastMs: nowMs, refreshedMs: nowMs }
    known.set(key, one)
    enqueue(() => create(one))
    arm()
  }
}
