import { isConflict, isNotFound } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { reportRefusal } from '../cycle/refusal.ts'
import { SettlingError } from '../cycle/settling.ts'
import { factsOf, type PodFacts } from '../framework/pod-facts.ts'
import type { Waiting } from '../queue/scheduling-queue.ts'
import { nameOfProfile, type Shared } from './shared.ts'

/** Bindings under way at once; a slow API slows placing down rather than piling up work. */
const bindingsMax = 256

/** Tells the API where pods go, beside the loop, and takes back what came to nothing. */
export class Binder {
  readonly #shared: Shared
  readonly #binding = new Set<Promise<void>>()
  #bindingEnded = () => {}

  constructor(shared: Shared) {
    this.#shared = shared
  }

  get underWay(): number {
    return this.#binding.size
  }
  /** Whether so many bindings are under way that others have to wait. */
  get isBusy(): boolean {
    return this.#binding.size >= bindingsMax
  }
  /** Until the next binding ends. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#bindingEnded = resolve
    })
  }
  /** Nobody is ready to be placed: once all are bound there is time for what was said of them. */
  calm(): void {
    if (this.#binding.size === 0) this.#shared.parts.rush?.set(false)
  }
  /** Until all bindings have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#binding)
  }

  async bind({ pod }: Waiting, nodeName: string): Promise<string> {
    const { calls, parts } = this.#shared
    const { record } = parts
    const { name, namespace = '', uid } = pod.metadata
    const measures = this.#shared.profiles.get(nameOfProfile(pod))?.measures
    const startedMs = measures?.now() ?? 0
    const ended = (status: 'Success' | 'Error') => {
      measures?.point('Bind', status, startedMs)
      measures?.plugin('DefaultBinder', 'Bind', status, startedMs)
    }
    if (!(await this.#boundOutside(pod, nodeName)))
      await calls.bind(pod, nodeName).then(
        () => ended('Success'),
        (error: unknown) => {
          ended('Error')
          throw error
        },
      )
    this.#shared.queue.done(uid)
    record(pod, 'Normal', 'Scheduled', 'Binding', `Successfully assigned ${namespace}/${name} to ${nodeName}`)
    return ''
  }

  /** Whether an extender has bound the pod. */
  async #boundOutside(pod: Pod, nodeName: string): Promise<boolean> {
    for (const extender of this.#shared.parts.extenders ?? []) {
      if (!extender.binds || !extender.concerns(pod)) continue
      try {
        await extender.bind(pod, nodeName)
        return true
      } catch (error) {
        if (!extender.isIgnorable) throw error
      }
    }
    return false
  }

  failed(waiting: Waiting, nodeName: string, error: unknown): void {
    const { pod } = waiting
    const { uid } = pod.metadata
    this.#shared.assumed.delete(uid)
    this.#shared.columns.removePod(uid)
    this.#shared.measures.attempted('error', nameOfProfile(pod))
    this.#takeBack(factsOf(pod), nodeName)
    // Gone or bound by somebody else: what the cache shows next decides.
    if (isNotFound(error)) {
      this.#shared.queue.done(uid)
      return
    }
    this.#shared.queue.failed(uid, new Set(), true)
    // Kubernetes: what others hold back by is told the pod as well.
    // It may have been told where it was expected, though it does not show here.
    const expected = { ...pod, status: { ...pod.status, nominatedNodeName: nodeName } }
    if (error instanceof SettlingError && this.#shared.queue.has(uid))
      void reportRefusal(this.#shared, expected, error.message, '', 'SchedulerError')
    if (!isConflict(error))
      this.#shared.parts.log.warn('binding failed', {
        pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
        node: nodeName,
        error: String(error),
      })
  }

  /** What was written for a pod that is not bound after all. */
  #takeBack(facts: PodFacts, nodeName: string): void {
    for (const plugin of this.#shared.profiles.get(nameOfProfile(facts.pod))?.settling ?? [])
      if (plugin.unreserve !== undefined && plugin.skips?.(facts) !== true)
        void plugin.unreserve(facts, nodeName, this.#shared.tools).catch((error) =>
          this.#shared.parts.log.warn('what was reserved for a pod could not be given back', {
            pod: facts.pod.metadata.name,
            error: String(error),
          }),
        )
  }

  track(work: Promise<void>): void {
    const binding = work.finally(() => {
      this.#binding.delete(binding)
      this.#bindingEnded()
      if (this.#shared.queue.ready === 0) this.calm()
    })
    this.#binding.add(binding)
    this.#shared.parts.rush?.set(true)
  }
}
