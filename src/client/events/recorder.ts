import {
  type Clock,
  isNotFound,
  type KubeObject,
  type Random,
  StatusError,
  timestampOf,
} from '../../machinery/index.ts'
import { type Event, events, type ObjectReference } from '../../resources/index.ts'
import type { Client } from '../client.ts'
import { type Correlated, EventCorrelator } from './correlator.ts'
import { createEventNames } from './event-names.ts'

/** Tells users what happened to an object; never fails, never waits. `fieldPath` names a part: `spec.containers{web}`. */
export type RecordEvent = (
  about: KubeObject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  fieldPath?: string,
  annotations?: Readonly<Record<string, string>>,
) => void

export interface EventRecorderParts {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  /** Who says so, as `kubectl describe` shows it under From. */
  readonly component: string
  /** The node it speaks from, for kubelets. */
  readonly host?: string
  readonly onFailure?: (error: unknown) => void
  /** Once it aborts nothing is tried again: what could not be written is lost. */
  readonly signal?: AbortSignal
}

/** Kubernetes: as many wait as client-go's broadcaster keeps; what comes beyond is lost. */
const waitingMax = 1000
const triesMax = 12
const retryMs = 10_000

/** Writes core/v1 Events in the background, one after the other, repeats folded into a count. */
export function createEventRecorder(parts: EventRecorderParts): RecordEvent {
  const { clock, random, signal } = parts
  const correlator = new EventCorrelator()
  const waiting: Event[] = []
  let isWriting = false

  async function drain(): Promise<void> {
    isWriting = true
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      const correlated = correlator.observe(event, clock.now())
      for (let tries = 1; correlated.action !== 'drop' && tries <= triesMax; tries++) {
        try {
          correlator.wrote(correlated.key, await write(parts.client, correlated))
          break
        } catch (error) {
          if (isFinal(error) || tries === triesMax || signal?.aborted === true) {
            parts.onFailure?.(error)
            break
          }
          // Kubernetes: the first wait is a random part, so that all do not come back at once.
          await clock.sleep(tries === 1 ? retryMs * random.next() : retryMs, signal).catch(() => {})
        }
      }
    }
    isWriting = false
  }

  const nameOf = createEventNames(clock, random)
  return (about, type, reason, message, fieldPath, annotations) => {
    if (waiting.length >= waitingMax) return
    waiting.push(
      eventOf(parts, nameOf(about.metadata.name), referenceTo(about, fieldPath), {
        type,
        reason,
        message,
        annotations,
      }),
    )
    if (!isWriting) void drain()
  }
}

async function write(client: Client, correlated: Correlated & { readonly event: Event }): Promise<Event> {
  const { count, lastTimestamp, message, metadata } = correlated.event
  if (correlated.action === 'update') {
    const name = { namespace: metadata.namespace!, name: metadata.name }
    try {
      return await client.patch(events, name, { type: 'strategic', body: { count, lastTimestamp, message } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  // Kubernetes: an event that has expired comes back under a new name, its count kept.
  const { resourceVersion: _, uid: _uid, creationTimestamp: _created, managedFields: _fields, ...named } = metadata
  return client.create(events, { ...correlated.event, metadata: named })
}

/** Whether asking again is pointless: the server has answered, and not that it is overloaded. */
export function isFinal(error: unknown): boolean {
  return error instanceof StatusError && error.code < 500 && error.code !== 429 && error.code !== 408
}

interface EventWords {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly annotations: Readonly<Record<string, string>> | undefined
}

function eventOf(
  { clock, component, host }: EventRecorderParts,
  name: string,
  involvedObject: ObjectReference,
  { annotations, ...what }: EventWords,
): Event {
  const timestamp = timestampOf(clock.now())
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name,
      namespace: involvedObject.namespace ?? 'default',
      ...(annotations === undefined ? {} : { annotations }),
    } as Event['metadata'],
    involvedObject,
    ...what,
    source: { component, ...(host === undefined ? {} : { host }) },
    firstTimestamp: timestamp,
    lastTimestamp: timestamp,
    count: 1,
    reportingComponent: component,
    reportingInstance: host ?? '',
  }
}

/** How an object is named in an event about it. */
export function referenceTo(about: KubeObject, fieldPath?: string): ObjectReference {
  const { name, namespace, uid, resourceVersion } = about.metadata
  const { kind, apiVersion } = about
  // The same members for nearly all, in one go: this is asked for with every event.
  if (namespace !== undefined && resourceVersion !== undefined && fieldPath === undefined)
    return { kind, namespace, name, uid, apiVersion, resourceVersion }
  return {
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    apiVersion,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  }
}
