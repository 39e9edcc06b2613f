import type { Clock } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { ClusterChange } from '../framework/framework.ts'
import { eventLabel, type QueueName } from '../measures.ts'
import { ReadyHeap } from './ready-heap.ts'

/** Kubernetes: 1 s after the first failure, doubling to 10 s; unschedulable pods are tried again after 5 min at the latest. */
const backoffDefault: QueueBackoff = { minMs: 1000, maxMs: 10_000 }
const unschedulableMsMax = 5 * 60_000
const nobody: ReadonlySet<string> = new Set()

/** How long a refused pod waits at least before it is tried again: doubling from the first to the last. */
export interface QueueBackoff {
  readonly minMs: number
  readonly maxMs: number
}
/** A pod that waits to be placed. */
export interface Waiting {
  readonly pod: Pod
  attempts: number
  /** When it was first seen, and as which, for order among equals. */
  readonly addedMs: number
  readonly added: number
  /** When its last attempt failed. */
  failedMs: number
  /** The changes that could help it, by the plugins that refused it. */
  wakeOn: ReadonlySet<ClusterChange>
  /** The plugins that refused it last. */
  refusedBy: ReadonlySet<string>
  /** It waited for a change so long that it is tried again without one. */
  wasFlushed: boolean
  place: 'active' | 'backoff' | 'unschedulable' | 'gated' | 'taken'
  /** A change that could help came while it was being tried. */
  wokenMeanwhile: boolean
  /** How much had happened when it was taken. */
  takenAt: number
  /** Where it is among those that are ready; -1: it is not. */
  heapAt: number
}

/**
 * Pods waiting to be placed: ready ones by priority and age, those backing off, and those nothing has changed for.
 * A pod is in exactly one place, and never handed out twice at a time.
 */
export class SchedulingQueue {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Waiting>()
  readonly #active = new ReadyHeap<Waiting>(comesBefore)
  /** Pods that nothing has changed for, by each change that could help. */
  readonly #waitingFor = new Map<ClusterChange, Set<Waiting>>()
  #added = 0
  /** How much has happened, and at what count each change did last. */
  #happened = 0
  readonly #lastAt = new Map<ClusterChange, number>()
  readonly #timers = new Map<string, Disposable>()
  readonly #onReady: () => void
  readonly #onQueued: (queue: QueueName, event: string) => void
  readonly #backoff: QueueBackoff

  constructor(
    clock: Clock,
    onReady: () => void,
    backoff: QueueBackoff = backoffDefault,
    onQueued: (queue: QueueName, event: string) => void = () => {},
  ) {
    this.#clock = clock
    this.#backoff = backoff
    this.#onReady = onReady
    this.#onQueued = onQueued
  }

  /** How many pods can be taken now. */
  get ready(): number {
    return this.#active.size
  }

  get counts(): {
    readonly active: number
    readonly backoff: number
    readonly unschedulable: number
    readonly gated: number
  } {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0 }
    for (const { place } of this.#waiting.values()) if (place !== 'taken') counts[place]++
    return counts
  }

  /** Every pod that waits. */
  all(): Iterable<Waiting> {
    return this.#waiting.values()
  }

  /** What is known of a pod that waits. */
  of(uid: string): Waiting | undefined {
    return this.#waiting.get(uid)
  }

  has(uid: string): boolean {
    return this.#waiting.has(uid)
  }

  /** Adds a pod, or takes in its new state; a changed pod that was refused is tried again. */
  add(pod: Pod, gated: boolean): void {
    const { uid } = pod.metadata
    const known = this.#waiting.get(uid)
    const event = known === undefined ? 'UnschedulablePodAdd' : 'UnschedulablePodUpdate'
    const nowMs = this.#clock.monotonic()
    const waiting: Waiting = {
      pod,
      attempts: known?.attempts ?? 0,
      addedMs: known?.addedMs ?? nowMs,
      added: known?.added ?? this.#added++,
      failedMs: known?.failedMs ?? 0,
      wakeOn: known?.wakeOn ?? new Set(),
      refusedBy: known?.refusedBy ?? nobody,
      wasFlushed: known?.wasFlushed ?? false,
      place: 'active',
      wokenMeanwhile: known?.wokenMeanwhile ?? false,
      takenAt: known?.takenAt ?? 0,
      heapAt: -1,
    }
    this.#waiting.set(uid, waiting)
    if (known !== undefined) this.#stopWaiting(known)
    this.#stopTimer(uid)
    if (known?.place === 'active') this.#active.delete(known)
    if (known?.place === 'taken') {
      waiting.place = 'taken'
      waiting.wokenMeanwhile = true
    } else if (gated) this.#put(waiting, 'gated', event)
    else this.#activateOrBackOff(waiting, event)
  }

  delete(uid: string): void {
    const known = this.#waiting.get(uid)
    if (known === undefined) return
    this.#waiting.delete(uid)
    this.#stopWaiting(known)
    this.#stopTimer(uid)
    if (known.place === 'active') this.#active.delete(known)
  }

  /** Forgets every pod, and waits for nothing more. */
  clear(): void {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]()
    this.#timers.clear()
    this.#waiting.clear()
    this.#waitingFor.clear()
    this.#active.clear()
  }

  /** One timer a pod: a later one takes the place of an earlier. */
  #startTimer(uid: string, delayMs: number, fire: () => void): void {
    this.#stopTimer(uid)
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(uid)
      fire()
    })
    this.#timers.set(uid, timer)
  }

  #stopTimer(uid: string): void {
    this.#timers.get(uid)?.[Symbol.dispose]()
    this.#timers.delete(uid)
  }

  /** The next pod to place, or undefined. It stays known until done or failed is told. */
  take(): Waiting | undefined {
    const next = this.#active.take()
    if (next === undefined) return undefined
    next.place = 'taken'
    next.attempts++
    next.wokenMeanwhile = false
    next.takenAt = this.#happened
    return next
  }

  /** A certain pod, unless it is gated or in hand already; it need not be its turn. */
  takeNamed(uid: string): Waiting | undefined {
    const known = this.#waiting.get(uid)
    if (known === undefined || known.place === 'taken' || known.place === 'gated') return undefined
    if (known.place === 'active') this.#active.delete(known)
    this.#stopWaiting(known)
    this.#stopTimer(uid)
    known.place = 'taken'
    known.attempts++
    known.wokenMeanwhile = false
    known.takenAt = this.#happened
    return known
  }

  done(uid: string): void {
    this.#waiting.delete(uid)
  }

  /** Puts a pod back that could not be placed: to wait for a change that could help, or for its back-off alone. */
  failed(uid: string, wakeOn: ReadonlySet<ClusterChange>, isError: boolean, by: ReadonlySet<string> = nobody): void {
    const waiting = this.#waiting.get(uid)
    if (waiting === undefined) return
    waiting.failedMs = this.#clock.monotonic()
    waiting.wakeOn = wakeOn
    waiting.refusedBy = by
    waiting.wasFlushed = false
    const event = 'ScheduleAttemptFailure'
    if (isError || waiting.wokenMeanwhile || this.#hasHappenedSince(waiting)) {
      this.#activateOrBackOff(waiting, event)
      return
    }
    this.#put(waiting, 'unschedulable', event)
    for (const change of wakeOn) {
      const others = this.#waitingFor.get(change) ?? new Set()
      this.#waitingFor.set(change, others)
      others.add(waiting)
    }
    this.#startTimer(uid, unschedulableMsMax, () => {
      if (this.#waiting.get(uid) !== waiting || waiting.place !== 'unschedulable') return
      waiting.wasFlushed = true
      this.#activateOrBackOff(waiting, 'UnschedulableTimeout')
    })
  }

  /** Whether something that could help happened while a pod was being tried: extenders, and groups, take their time. */
  #hasHappenedSince({ wakeOn, takenAt }: Waiting): boolean {
    if (takenAt === this.#happened) return false
    for (const change of wakeOn) if ((this.#lastAt.get(change) ?? 0) > takenAt) return true
    return false
  }

  /** Something changed: pods it could help are tried again, after their back-off. */
  wake(change: ClusterChange, concerns: (pod: Pod, refusedBy: ReadonlySet<string>) => boolean = () => true): void {
    this.#lastAt.set(change, ++this.#happened)
    const concerned = this.#waitingFor.get(change)
    if (concerned === undefined || concerned.size === 0) return
    for (const waiting of [...concerned])
      if (concerns(waiting.pod, waiting.refusedBy)) this.#activateOrBackOff(waiting, eventLabel(change))
  }

  /** Whether pods wait for a change. */
  isAwaited(change: ClusterChange): boolean {
    return (this.#waitingFor.get(change)?.size ?? 0) > 0
  }

  #stopWaiting(waiting: Waiting): void {
    for (const change of waiting.wakeOn) this.#waitingFor.get(change)?.delete(waiting)
  }

  #activateOrBackOff(waiting: Waiting, event: string): void {
    this.#stopWaiting(waiting)
    this.#stopTimer(waiting.pod.metadata.uid)
    const nowMs = this.#clock.monotonic()
    const { minMs, maxMs } = this.#backoff
    const delayMs = waiting.attempts === 0 ? 0 : Math.min(minMs * 2 ** (waiting.attempts - 1), maxMs)
    const readyMs = waiting.failedMs + delayMs
    if (waiting.attempts === 0 || readyMs <= nowMs) {
      this.#activate(waiting, event)
      return
    }
    this.#put(waiting, 'backoff', event)
    this.#startTimer(waiting.pod.metadata.uid, readyMs - nowMs, () => {
      if (this.#waiting.get(waiting.pod.metadata.uid) === waiting && waiting.place === 'backoff')
        this.#activate(waiting, 'BackoffComplete')
    })
  }

  #put(waiting: Waiting, queue: QueueName, event: string): void {
    waiting.place = queue
    this.#onQueued(queue, event)
  }

  #activate(waiting: Waiting, event: string): void {
    this.#put(waiting, 'active', event)
    this.#active.add(waiting)
    this.#onReady()
  }
}

/** Kubernetes (PrioritySort): higher priority first, then who waits longest. */
function comesBefore(a: Waiting, b: Waiting): boolean {
  const left = a.pod.spec?.priority ?? 0
  const right = b.pod.spec?.priority ?? 0
  if (left !== right) return left > right
  return a.addedMs === b.addedMs ? a.added < b.added : a.addedMs < b.addedMs
}
