import type { Pod } from '../../resources/index.ts'
import type { NodeColumns } from '../columns/node-columns.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import { priorityOf } from './plan.ts'

interface Nomination {
  readonly facts: PodFacts
  readonly nodeName: string
}

/** Which node is kept for which pod that waits for its victims to go: its room is reserved in the columns. */
export class Nominations {
  readonly #columns: NodeColumns
  readonly #byPriority = new Map<number, Map<string, Nomination>>()
  readonly #byUid = new Map<string, Nomination>()

  constructor(columns: NodeColumns) {
    this.#columns = columns
  }

  nodeOf(uid: string): string | undefined {
    return this.#byUid.get(uid)?.nodeName
  }

  set(facts: PodFacts, nodeName: string): void {
    const { uid } = facts.pod.metadata
    this.delete(uid)
    const nomination = { facts, nodeName }
    this.#byUid.set(uid, nomination)
    const priority = priorityOf(facts.pod)
    const same = this.#byPriority.get(priority) ?? new Map()
    this.#byPriority.set(priority, same)
    same.set(uid, nomination)
    this.#columns.reserve(facts, nodeName)
  }

  delete(uid: string): void {
    const known = this.#byUid.get(uid)
    if (known === undefined) return
    this.#byUid.delete(uid)
    const priority = priorityOf(known.facts.pod)
    const same = this.#byPriority.get(priority)!
    same.delete(uid)
    if (same.size === 0) this.#byPriority.delete(priority)
    this.#columns.unreserve(uid)
  }

  /** Pods of lower priority that a node is kept for. */
  outrankedOn(nodeName: string, priority: number): readonly Pod[] {
    return this.#below(priority)
      .filter((one) => one.nodeName === nodeName)
      .map(({ facts }) => facts.pod)
  }

  /** Until disposed of, only the room counts that the pod must respect: not its own, nor that of pods it outranks. */
  without({ pod }: PodFacts): Disposable {
    const { uid } = pod.metadata
    if (this.#byUid.size === 0) return nothing
    const own = this.#byUid.get(uid)
    const aside = [...this.#below(priorityOf(pod)), ...(own === undefined ? [] : [own])]
    if (aside.length === 0) return nothing
    for (const { facts } of aside) this.#columns.unreserve(facts.pod.metadata.uid)
    return {
      [Symbol.dispose]: () => {
        // Meanwhile one may have gone, or been given another node.
        for (const one of aside)
          if (this.#byUid.get(one.facts.pod.metadata.uid) === one) this.#columns.reserve(one.facts, one.nodeName)
      },
    }
  }

  #below(priority: number): readonly Nomination[] {
    const found: Nomination[] = []
    for (const [other, same] of this.#byPriority) if (other < priority) found.push(...same.values())
    return found
  }
}

const nothing: Disposable = { [Symbol.dispose]() {} }
