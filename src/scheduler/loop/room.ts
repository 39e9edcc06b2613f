import { type Pod, podDisruptionBudgets, pods } from '../../resources/index.ts'
import type { Placement } from '../cycle/explain.ts'
import type { Placer } from '../cycle/place.ts'
import { factsOf, type PodFacts } from '../framework/pod-facts.ts'
import { clearNominations, evictVictims } from '../preemption/act.ts'
import { mayNotPreempt, type Preemption, preemptionCandidates, priorityOf } from '../preemption/plan.ts'
import { nameOfProfile, type Placing, type Shared } from './shared.ts'

/** Room for a pod: where it is, and how it is made by those of lower priority. */
export class Room {
  readonly #shared: Shared

  constructor(shared: Shared) {
    this.#shared = shared
  }

  /** Kubernetes: room that is being made for a pod of the same or a higher priority counts as taken; one's own comes first. */
  place(facts: PodFacts, placer: Placer): Placement {
    const { uid } = facts.pod.metadata
    const own = this.#shared.nominations.nodeOf(uid)
    using _room = this.#shared.nominations.without(facts)
    const place = own === undefined ? undefined : this.#shared.columns.placeOf(own)
    if (own !== undefined && place !== undefined && placer.verdict(facts, this.#shared.columns, place).fits)
      return { nodeName: own, feasible: 1, evaluated: 1 }
    return placer.place(facts, this.#shared.columns)
  }

  /** Why no room is made for a refused pod; undefined when it may be. */
  mayMakeRoom({ pod }: PodFacts, { preemption }: Placing): string | undefined {
    // Without that plugin nothing is said of it either.
    if (preemption === undefined) return ''
    const podOf = this.#podOf()
    const nominated = this.#shared.nominations.nodeOf(pod.metadata.uid)
    const place = nominated === undefined ? undefined : this.#shared.columns.placeOf(nominated)
    const others = place === undefined ? [] : [...this.#shared.columns.podsAt(place)].map((one) => podOf(one.pod))
    return mayNotPreempt(pod, nominated, others)
  }

  /** Where pods of lower priority could make room. */
  candidates(facts: PodFacts, { placer, preemption }: Placing) {
    this.#shared.measures.preempting()
    return preemptionCandidates({
      facts,
      columns: this.#shared.columns,
      placer,
      random: this.#shared.parts.random,
      budgets: this.#shared.parts.informers.of(podDisruptionBudgets).list(),
      podOf: this.#podOf(),
      ...(preemption === undefined ? {} : { choice: preemption }),
    })
  }

  #podOf(): (pod: Pod) => Pod {
    const podCache = this.#shared.parts.informers.of(pods)
    return (one) => podCache.get({ name: one.metadata.name, namespace: one.metadata.namespace ?? '' }) ?? one
  }

  /** Has the victims evicted, and the room kept. */
  make(facts: PodFacts, preemption: Preemption): void {
    const { pod } = facts
    this.#shared.measures.victims(preemption.victims.length)
    const outranked = this.#shared.nominations.outrankedOn(preemption.nodeName, priorityOf(pod))
    for (const { metadata } of outranked) this.#shared.nominations.delete(metadata.uid)
    this.#shared.nominations.set(facts, preemption.nodeName)
    void Promise.all([
      evictVictims(this.#shared.parts, pod, preemption),
      clearNominations(this.#shared.parts, outranked),
    ]).catch((error) => {
      this.#shared.nominations.delete(pod.metadata.uid)
      this.#shared.parts.log.warn('room could not be made for a pod', { pod: pod.metadata.name, error: String(error) })
    })
  }

  /** Kubernetes: what a pod's status says of the node that is kept for it holds, whoever wrote it. */
  noteNomination(pod: Pod): void {
    const nodeName = pod.status?.nominatedNodeName ?? ''
    if (nodeName !== '' && this.#shared.profiles.has(nameOfProfile(pod)))
      this.#shared.nominations.set(factsOf(pod), nodeName)
  }
}
