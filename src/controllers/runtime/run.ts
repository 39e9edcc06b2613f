import { type Client, createEventRecorder, type Informers, type RecordEvent } from '../../client/index.ts'
import {
  type Clock,
  type DecisionJournal,
  isConflict,
  isNotFound,
  keyOf,
  type Log,
  type Metrics,
  type ObjectName,
  type Random,
  StatusError,
  silentLog,
  untilAborted,
} from '../../machinery/index.ts'
import type { ResourceDefinition } from '../../resources/index.ts'
import type { Cached, Controller, ControllerConfig, Reconcile, Watch } from './controller.ts'
import { queueMeasures, WorkQueue } from './queue.ts'
import { settingsOf } from './settings.ts'
import { OwnWrites } from './writes.ts'

export interface ControllersParts {
  readonly client: Client
  /** A client with the rights of a service account in kube-system; without it, all use `client`. */
  readonly clientFor?: (account: string) => Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log
  readonly journal: DecisionJournal
  readonly metrics: Metrics
  /** Where all events go; without it each controller writes them to the API under its own name. */
  readonly recorder?: RecordEvent
  readonly config: ControllerConfig
}
const workersDefault = 5
const pumpsBetweenYields = 64
/** Turns that took so long, all together, are enough at once. */
const turnMsBetweenYields = 5
const turnsBetweenSweeps = 256

/** Runs every controller of the list until the signal aborts. */
export async function runControllers(
  list: readonly Controller[],
  parts: ControllersParts,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(list.map((controller) => runController(controller, parts, signal)))
}

/** Runs one controller until the signal aborts: it starts once all its caches are filled. */
export async function runController(
  controller: Controller,
  parts: ControllersParts,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, informers, config } = parts
  const client = (controller.account === '' ? undefined : parts.clientFor?.(controller.account)) ?? parts.client
  const component = controller.eventSource ?? controller.account
  const record = parts.recorder ?? createEventRecorder({ client, clock, random, component, signal })
  const asked = new Set<ResourceDefinition<any>>(controller.watches.map(({ resource }) => resource))
  const cached: Cached = (resource) => {
    asked.add(resource)
    return informers.of(resource)
  }
  const log = (parts.log ?? silentLog).named(controller.name)
  const loop = new Loop(controller, { ...parts, log }, client, signal)
  const follow = (watch: Watch) => loop.follow(watch)
  const wake = (name: ObjectName) => loop.wake(name)
  const tools = { clock, random, config, cached, record, metrics: parts.metrics, log, follow, wake, signal }
  const reconcile = controller.start(tools)
  for (const resource of asked)
    await informers
      .of(resource)
      .synced(signal)
      .catch(() => {})
  if (signal.aborted) return
  const running = parts.metrics.gauge(
    'running_managed_controllers',
    'Indicates where instances of a controller are currently running',
  )
  const labels = { manager: 'kube-controller-manager', name: controller.name }
  running.set(1, labels)
  loop.start(reconcile)
  await untilAborted(signal)
  loop.stop()
  running.set(0, labels)
}

/** The names of one controller, from being woken to being done. */
class Loop {
  readonly #controller: Controller
  readonly #parts: ControllersParts
  readonly #client: Client
  readonly #signal: AbortSignal
  readonly #queue: WorkQueue
  readonly #cached: Cached
  readonly #watched: ReadonlySet<ResourceDefinition<any>>
  readonly #writes = new Map<string, OwnWrites>()
  readonly #parked = new Map<string, ObjectName>()
  readonly #busy = new Set<string>()
  readonly #subscriptions: Disposable[] = []
  #reconcile: Reconcile | undefined
  #isPumping = false
  #pumps = 0
  #tookMs = 0
  #turns = 0

  constructor(controller: Controller, parts: ControllersParts, client: Client, signal: AbortSignal) {
    this.#controller = controller
    this.#parts = parts
    this.#client = client
    this.#signal = signal
    this.#cached = (resource) => parts.informers.of(resource)
    this.#watched = new Set(controller.watches.map(({ resource }) => resource))
    this.#queue = new WorkQueue({
      clock: parts.clock,
      measures: queueMeasures(parts.metrics, queueNameOf(controller)),
      onWork: () => this.#pump(),
    })
  }

  start(reconcile: Reconcile): void {
    this.#reconcile = reconcile
    for (const watch of this.#controller.watches) this.#subscriptions.push(this.#subscribe(watch))
    this.#wake(this.#controller.atStart ?? [])
  }

  /** Follows a kind that turned up later; its writes are not waited for, since it may go at any time. */
  follow(watch: Watch): Disposable {
    const subscription = this.#subscribe(watch)
    this.#subscriptions.push(subscription)
    return {
      [Symbol.dispose]: () => {
        subscription[Symbol.dispose]()
        this.#subscriptions.splice(this.#subscriptions.indexOf(subscription), 1)
        this.#parts.informers.release(watch.resource)
      },
    }
  }

  #subscribe(watch: Watch): Disposable {
    const batchMs = watch.batchMs?.(settingsOf(this.#parts.config)) ?? 0
    const wake = (object: object) => this.#wake(watch.wake(object, this.#cached), batchMs)
    return this.#cached(watch.resource).subscribe((next, previous) => {
      if (this.#parked.size > 0) this.#pump()
      if (next === undefined || previous === undefined || next === previous) {
        const object = next ?? previous
        if (object !== undefined) wake(object)
        return
      }
      if (watch.matters?.(next, previous) === false) return
      wake(previous)
      wake(next)
    })
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]()
    this.#queue.clear()
  }

  /** Has a name looked at, once there is somebody to look. */
  wake(name: ObjectName): void {
    if (this.#reconcile !== undefined && !this.#signal.aborted) this.#queue.add(name)
  }

  #wake(names: readonly ObjectName[], batchMs = 0): void {
    for (const name of names) this.#queue.addAfter(name, batchMs)
  }

  /** Hands out work, once the caches have taken in all of what they are being told now. */
  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    // In one process a whole turn may pass without anything else being heard; every so often others come first.
    if (++this.#pumps % pumpsBetweenYields === 0 || this.#tookMs > turnMsBetweenYields) {
      this.#tookMs = 0
      this.#parts.clock.after(0, () => this.#handOut())
    } else queueMicrotask(() => this.#handOut())
  }

  #handOut(): void {
    this.#isPumping = false
    for (const [key, name] of this.#parked) {
      if (this.#writes.get(key)?.isBehind(this.#cached) === true) continue
      this.#parked.delete(key)
      this.#queue.add(name)
    }
    const { name, workers: own = workersDefault } = this.#controller
    const workers = this.#parts.config.settings?.workers?.[name] ?? own
    while (this.#busy.size < workers && !this.#signal.aborted) {
      const name = this.#queue.take()
      if (name === undefined) return
      void this.#work(name)
    }
  }

  async #work(name: ObjectName): Promise<void> {
    const key = keyOf(name)
    const writes = this.#writes.get(key) ?? new OwnWrites(this.#watched, this.#parts.client)
    this.#writes.set(key, writes)
    this.#busy.add(key)
    const beganMs = this.#parts.clock.monotonic()
    let outcome = ''
    const seen = this.#cached(this.#controller.watches[0]!.resource).revision
    const reasons: string[] = []
    try {
      await writes.settle()
      if (writes.isBehind(this.#cached)) this.#parked.set(key, name)
      else {
        const turn = {
          client: writes.noting(this.#client),
          signal: this.#signal,
          because: (reason: string) => void reasons.push(reason),
        }
        const again = await this.#reconcile!(name, turn)
        this.#queue.forget(name)
        if (again !== undefined && !this.#signal.aborted) this.#queue.addAfter(name, again.againInMs)
      }
    } catch (error) {
      outcome = `failed: ${error instanceof Error ? error.message : String(error)}`
      if (!this.#signal.aborted) this.#queue.retry(name)
      this.#complain(key, error)
    }
    this.#journal(name, seen, writes, [reasons.join('; '), outcome])
    this.#busy.delete(key)
    this.#tookMs += this.#parts.clock.monotonic() - beganMs
    if (++this.#turns % turnsBetweenSweeps === 0) this.#sweep()
    this.#queue.done(name)
    this.#pump()
  }

  /** Forgets the writes of names that nobody will wake again: the caches show them all. */
  #sweep(): void {
    for (const [key, writes] of this.#writes) {
      if (!this.#busy.has(key) && writes.isSettled && !writes.isBehind(this.#cached)) this.#writes.delete(key)
    }
  }

  #complain(key: string, error: unknown): void {
    if (this.#signal.aborted) return
    const log = this.#parts.log
    const about = { controller: this.#controller.name, object: key }
    // Kubernetes: a refusal is part of the work, and tried again; anything else is ours to mend.
    if (error instanceof StatusError)
      log?.v(isConflict(error) || isNotFound(error) ? 4 : 2).info(`retrying: ${error.message}`, about)
    else log?.error('reconcile failed', error, about)
  }

  /** Every turn that wrote, or failed, is a decision worth remembering. */
  #journal(name: ObjectName, seen: number, writes: OwnWrites, why: readonly string[]): void {
    const written = writes.takeSummary()
    const reason = [...why, written].filter((part) => part !== '').join('; ')
    if (reason === '') return
    const main = this.#controller.watches[0]!.resource
    this.#parts.journal.record({
      atMs: this.#parts.clock.now(),
      component: this.#controller.name,
      object: this.#controller.about?.(name) ?? `${main.kind}/${keyOf(name)}`,
      seenRevision: String(seen),
      writtenRevision: written === '' ? '' : String(writes.newest),
      reason,
    })
  }
}

/** Kubernetes: queues are named after what they hold: `deployment`, `replicaset`. */
function queueNameOf({ name, queueName }: Controller): string {
  return queueName ?? name.replace(/-controller$/, '')
}
