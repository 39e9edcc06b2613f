import { performance } from 'node:perf_hooks'
import type { Informer } from '../../src/client/index.ts'
import type { Pod } from '../../src/resources/index.ts'

const isReady = ({ status }: Pod) =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')

/** Follows the pods of a namespace: how many are ready, and how long each took to get so. */
export class PodWatch {
  readonly #seenMs = new Map<string, number>()
  readonly #ready = new Set<string>()
  #starts: number[] = []

  constructor(informer: Informer<Pod>, namespace: string) {
    informer.subscribe((next, previous) => {
      const pod = next ?? previous!
      if (pod.metadata.namespace !== namespace) return
      const { uid } = pod.metadata
      if (next === undefined) {
        this.#ready.delete(uid)
        this.#seenMs.delete(uid)
        return
      }
      if (previous === undefined) this.#seenMs.set(uid, performance.now())
      if (!isReady(next)) this.#ready.delete(uid)
      else if (!this.#ready.has(uid)) {
        this.#ready.add(uid)
        const seenMs = this.#seenMs.get(uid)
        if (seenMs !== undefined) this.#starts.push(performance.now() - seenMs)
        this.#seenMs.delete(uid)
      }
    })
  }

  get ready(): number {
    return this.#ready.size
  }

  /** Milliseconds from a pod's creation to Ready, of those that became so since this was last asked. */
  takeStarts(): readonly number[] {
    const taken = this.#starts
    this.#starts = []
    return taken
  }
}
