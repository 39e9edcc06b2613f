import type { PodVerdicts, VerdictsOf } from './verdicts.ts'

/** One thing a component decided: what about, having seen what, to what effect, and why. */
export interface Decision {
  readonly atMs: number
  readonly component: string
  /** `kind/namespace/name`, or empty when it is about no object. */
  readonly object: string
  readonly seenRevision: string
  readonly writtenRevision: string
  readonly reason: string
}

/** The latest decisions of all components of a process, oldest first; bounded, so that it can always be on. */
export class DecisionJournal {
  readonly #decisions: Decision[] = []
  readonly #countMax: number
  #next = 0
  readonly #verdicts = new Set<VerdictsOf>()

  constructor(countMax = 10_000) {
    this.#countMax = countMax
  }

  /** Lets whoever places pods be asked why one waits, until it is disposed of. */
  provideVerdicts(of: VerdictsOf): Disposable {
    this.#verdicts.add(of)
    return { [Symbol.dispose]: () => void this.#verdicts.delete(of) }
  }

  /** What keeps a pod waiting; undefined when nobody knows of it. */
  verdictsOf(namespace: string, name: string): PodVerdicts | undefined {
    for (const of of this.#verdicts) {
      const verdicts = of(namespace, name)
      if (verdicts !== undefined) return verdicts
    }
    return undefined
  }

  record(decision: Decision): void {
    this.#decisions[this.#next % this.#countMax] = decision
    this.#next++
  }

  /** Decisions that match, oldest first, at most `limit` of the newest. */
  read(
    query: { readonly component?: string; readonly object?: string; readonly limit?: number } = {},
  ): readonly Decision[] {
    const start = Math.max(0, this.#next - this.#countMax)
    const found: Decision[] = []
    for (let index = start; index < this.#next; index++) {
      const decision = this.#decisions[index % this.#countMax]!
      if (query.component !== undefined && decision.component !== query.component) continue
      if (query.object !== undefined && decision.object !== query.object) continue
      found.push(decision)
    }
    return query.limit === undefined ? found : found.slice(-query.limit)
  }
}
