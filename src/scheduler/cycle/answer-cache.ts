import type { NodeColumns } from '../columns/node-columns.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import { KnownAnswers, type PluginsByHold } from './known-answers.ts'

const signaturesKeptMax = 1000

/** What is known of pods, by their signature: of those seen more than once, and the most recent ones. */
export class AnswerCache {
  readonly #byHold: PluginsByHold
  readonly #known = new Map<string, KnownAnswers>()
  readonly #seen = new Set<string>()
  /** Answers to the pod at hand, when nothing is kept of it. */
  #stranger: KnownAnswers | undefined
  #uses = 0

  constructor(byHold: PluginsByHold) {
    this.#byHold = byHold
  }

  /**
   * What is known of pods like this one. A signature seen for the first time may be the only one of its kind, and one that
   * names its places (`named`) asks no others: nothing is kept.
   */
  to(facts: PodFacts, columns: NodeColumns, named?: readonly number[]): KnownAnswers {
    const { signature } = facts
    const known = this.#known.get(signature)
    if (known !== undefined && known.capacity >= columns.size) {
      known.usedAt = ++this.#uses
      return known
    }
    if (named !== undefined || (known === undefined && !this.#seen.has(signature))) {
      if (this.#seen.size >= signaturesKeptMax) this.#seen.clear()
      if (named === undefined) this.#seen.add(signature)
      return this.#strangers(columns, named)
    }
    if (this.#known.size >= signaturesKeptMax) this.#forgetOldest()
    const made = new KnownAnswers(this.#byHold, columns.capacity)
    made.usedAt = ++this.#uses
    this.#known.set(signature, made)
    return made
  }

  #strangers({ capacity, size }: NodeColumns, named?: readonly number[]): KnownAnswers {
    if (this.#stranger === undefined || this.#stranger.capacity < size)
      this.#stranger = new KnownAnswers(this.#byHold, capacity)
    else this.#stranger.forget(named)
    return this.#stranger
  }

  #forgetOldest(): void {
    let oldest: string | undefined
    let usedAt = Number.POSITIVE_INFINITY
    for (const [signature, known] of this.#known)
      if (known.usedAt < usedAt) [oldest, usedAt] = [signature, known.usedAt]
    if (oldest !== undefined) this.#known.delete(oldest)
  }
}
