import { defaultGates, type Pod } from '../../resources/index.ts'
import type { Placement, RefusedPlacement } from '../cycle/explain.ts'
import { reportRefusal } from '../cycle/refusal.ts'
import type { Reserved } from '../cycle/settling.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { Preemption } from '../preemption/plan.ts'
import type { Waiting } from '../queue/scheduling-queue.ts'
import type { Binder } from './binder.ts'
import type { Room } from './room.ts'
import type { Placing, Shared } from './shared.ts'

/** What becomes of a pod that was looked at: placed, refused, or neither for an error. */
export class Outcomes {
  readonly #shared: Shared
  readonly #room: Room
  readonly #binder: Binder

  constructor(shared: Shared, room: Room, binder: Binder) {
    this.#shared = shared
    this.#room = room
    this.#binder = binder
  }

  #decision({ metadata }: Pod) {
    return {
      atMs: this.#shared.parts.clock.now(),
      component: 'scheduler',
      object: `Pod/${metadata.namespace}/${metadata.name}`,
      seenRevision: metadata.resourceVersion,
      writtenRevision: '',
    }
  }

  placed(
    waiting: Waiting,
    facts: PodFacts,
    { name, settling, measures }: Placing,
    { nodeName, feasible, evaluated }: Exclude<Placement, RefusedPlacement>,
    startedMs: number,
    reserved?: Reserved,
  ): void {
    const { clock, journal } = this.#shared.parts
    const { uid } = waiting.pod.metadata
    const decision = this.#decision(waiting.pod)
    this.#shared.nominations.delete(uid)
    this.#shared.columns.addPod(facts, nodeName)
    this.#shared.assumed.set(uid, facts)
    const reservingMs = measures.now()
    const settled = this.#shared.settling.begin(settling, facts, nodeName, reserved)
    measures.point('Reserve', 'Success', reservingMs)
    const told = () =>
      this.#binder.track(
        this.#binder.bind(waiting, nodeName).then(
          (revision) => {
            const nowMs = clock.monotonic()
            this.#shared.measures.attempted('scheduled', name, (nowMs - startedMs) / 1000)
            this.#shared.measures.scheduled(waiting.attempts, (nowMs - waiting.addedMs) / 1000, waiting.wasFlushed)
            journal.record({
              ...decision,
              writtenRevision: revision,
              reason: `placed on ${nodeName}: best of ${feasible} that fit, of ${evaluated} looked at`,
            })
          },
          (error) => this.#binder.failed(waiting, nodeName, error),
        ),
      )
    if (settled === undefined) told()
    // It may wait long for its volumes: meanwhile others are bound.
    else
      void Promise.all([settled, this.#announce(waiting.pod, nodeName)]).then(told, (error) =>
        this.#binder.failed(waiting, nodeName, error),
      )
  }

  /** Kubernetes: a pod that is not bound at once says where it is expected, for others that care for nodes. */
  async #announce(pod: Pod, nodeName: string): Promise<void> {
    const { parts, calls } = this.#shared
    if (!(parts.gates ?? defaultGates).enabled('NominatedNodeNameForExpectation')) return
    await calls.patchStatus(pod, { nominatedNodeName: nodeName }).catch((error: unknown) =>
      parts.log.warn('the pod could not be told where it is expected', {
        pod: pod.metadata.name,
        error: String(error),
      }),
    )
  }

  refused(
    { pod }: Waiting,
    facts: PodFacts,
    profile: Placing,
    placement: RefusedPlacement,
    why: string | undefined,
    preemption: Preemption | undefined,
    nominated = preemption?.nodeName,
  ): void {
    const message =
      why !== undefined ? placement.says(why) : preemption === undefined ? placement.message : placement.says(undefined)
    this.#shared.parts.journal.record({ ...this.#decision(pod), reason: message })
    this.#shared.measures.attempted('unschedulable', profile.name)
    this.#shared.queue.failed(pod.metadata.uid, placement.wakeOn, false, placement.by)
    if (preemption !== undefined) this.#room.make(facts, preemption)
    for (const act of placement.acts)
      void act(this.#shared.tools).catch((error) =>
        this.#shared.parts.log.warn('what a refused pod needs could not be done', {
          pod: pod.metadata.name,
          error: String(error),
        }),
      )
    void reportRefusal(this.#shared, pod, message, nominated)
  }

  failed({ pod }: Waiting, profile: Placing, error: unknown): void {
    const { uid } = pod.metadata
    const message = error instanceof Error ? error.message : String(error)
    this.#shared.measures.attempted('error', profile.name)
    this.#shared.queue.failed(uid, new Set(), true)
    if (this.#shared.queue.has(uid)) void reportRefusal(this.#shared, pod, message, undefined, 'SchedulerError')
  }
}
