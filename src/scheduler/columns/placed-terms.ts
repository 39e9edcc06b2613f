import type { AffinityTerm, AffinityTerms, NamespaceLabels } from '../framework/affinity-terms.ts'
import type { PodKind } from '../framework/pod-kind.ts'
import type { PodCounter } from './pod-counter.ts'
import type { PodCounters } from './pod-counters.ts'

export type TermRole = keyof AffinityTerms
/** A term that pods already placed have, and how many of those pods each domain holds. */
export interface PlacedTerm {
  readonly term: AffinityTerm
  readonly role: TermRole
  readonly counter: PodCounter
}
/** For how many kinds of pods is remembered which terms concern them. */
const kindsKeptMax = 1024

/** The affinity terms of all placed pods, equal ones counted together. */
export class PlacedTerms {
  readonly #counters: PodCounters
  readonly #namespaceLabels: NamespaceLabels
  readonly #terms = new Map<string, PlacedTerm & { pods: number }>()
  readonly #concerning = new Map<string, readonly PlacedTerm[]>()

  constructor(counters: PodCounters, namespaceLabels: NamespaceLabels) {
    this.#counters = counters
    this.#namespaceLabels = namespaceLabels
  }

  add(terms: AffinityTerms, place: number, by: 1 | -1): void {
    for (const role of ['near', 'away', 'preferred'] as const)
      for (const term of terms[role]) this.#add(role, term, place, by)
  }

  #add(role: TermRole, term: AffinityTerm, place: number, by: 1 | -1): void {
    const key = `${role}|${term.key}`
    let placed = this.#terms.get(key)
    if (placed === undefined) {
      placed = { term, role, counter: this.#counters.own(term.topologyKey), pods: 0 }
      this.#terms.set(key, placed)
      this.#concerning.clear()
    }
    placed.counter.add(place, by)
    placed.pods += by
    if (placed.pods > 0) return
    this.#terms.delete(key)
    this.#concerning.clear()
    this.#counters.release(placed.counter)
  }

  /** The terms that match pods of a kind. */
  concerning(kind: PodKind): readonly PlacedTerm[] {
    if (this.#terms.size === 0) return none
    let found = this.#concerning.get(kind.key)
    if (found === undefined) {
      found = [...this.#terms.values()].filter(({ term }) => term.matches(kind, this.#namespaceLabels))
      if (this.#concerning.size >= kindsKeptMax) this.#concerning.clear()
      this.#concerning.set(kind.key, found)
    }
    return found
  }

  /** Labels of namespaces changed: which terms concern whom is to be found out again. */
  forgetMatches(): void {
    this.#concerning.clear()
  }
}

const none: readonly PlacedTerm[] = Object.freeze([])
