import { defaultGates, type Pod, type PodGroup, podDisruptionBudgets } from '../../resources/index.ts'
import type { Placement } from '../cycle/explain.ts'
import type { Placer } from '../cycle/place.ts'
import type { Within } from '../framework/framework.ts'
import { factsOf, type PodFacts } from '../framework/pod-facts.ts'
import { planGroupPreemption } from '../gang/make-room.ts'
import { groupNameOf } from '../gang/pod-groups.ts'
import { clearNominations, evictVictims, type Preemptor } from '../preemption/act.ts'
import { mayNotPreempt, type Preemption, preemptionCandidates, priorityOf } from '../preemption/plan.ts'
import { nameOfProfile, type Placing, type Shared } from './shared.ts'

/** Room for a pod: where it is, and how it is made by those of lower priority. */
export class Room {
  readonly #shared: Shared
  /** Groups whose victims are being evicted. */
  readonly #making = new Set<string>()

  constructor(shared: Shared) {
    this.#shared = shared
  }

  /** Kubernetes: room that is being made for a pod of the same or a higher priority counts as taken; one's own comes first. */
  place(facts: PodFacts, placer: Placer, within?: Within): Placement {
    const { uid } = facts.pod.metadata
    const own = this.#shared.nominations.nodeOf(uid)
    using _room = this.#shared.nominations.without(facts)
    const place = own === undefined ? undefined : this.#shared.columns.placeOf(own)
    const mayBe = own !== undefined && place !== undefined && within?.isIn[place] !== 0
    if (mayBe && placer.verdict(facts, this.#shared.columns, place).fits)
      return { nodeName: own, feasible: 1, evaluated: 1 }
    return placer.place(facts, this.#shared.columns, within)
  }

  /** Why no room is made for a refused pod; undefined when it may be. */
  mayMakeRoom({ pod }: PodFacts, { preemption }: Placing): string | undefined {
    // Without that plugin nothing is said of it either.
    if (preemption === undefined) return ''
    const why = this.#leftToItsGroup(pod)
    if (why !== undefined) return why
    const nominated = this.#shared.nominations.nodeOf(pod.metadata.uid)
    const place = nominated === undefined ? undefined : this.#shared.columns.placeOf(nominated)
    const others = place === undefined ? [] : [...this.#shared.columns.podsAt(place)].map(({ pod }) => pod)
    return mayNotPreempt(pod, nominated, others)
  }

  /** Kubernetes: where groups are placed by topology, or make room as a whole, their pods make none one by one. */
  #leftToItsGroup(pod: Pod): string | undefined {
    const { columns, parts } = this.#shared
    const { gates = defaultGates } = parts
    const name = columns.podGroups === undefined ? undefined : groupNameOf(pod)
    if (name === undefined) return undefined
    if (gates.enabled('TopologyAwareWorkloadScheduling')) {
      const group = columns.podGroups?.get(pod.metadata.namespace ?? '', name)
      if (group === undefined) return 'pod group for pod not found'
      if (group.spec.schedulingConstraints !== undefined)
        return 'not eligible due to placement-based pod group scheduling limitation'
    }
    return gates.enabled('WorkloadAwarePreemption')
      ? 'not eligible due to workload aware preemption enabled'
      : undefined
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
      ...(preemption === undefined ? {} : { choice: preemption }),
    })
  }

  /** Has the victims evicted, and the room kept. */
  make(facts: PodFacts, preemption: Preemption): void {
    const { pod } = facts
    this.#shared.measures.victims(preemption.victims.length)
    const outranked = this.#shared.nominations.outrankedOn(preemption.nodeName, priorityOf(pod))
    for (const { metadata } of outranked) this.#shared.nominations.delete(metadata.uid)
    this.#shared.nominations.set(facts, preemption.nodeName)
    void Promise.all([
      this.#evict({ type: 'pod', uid: pod.metadata.uid, scheduler: nameOfProfile(pod) }, preemption),
      clearNominations(this.#shared.calls, outranked, preemption.nodeName),
    ]).catch((error) => {
      this.#shared.nominations.delete(pod.metadata.uid)
      this.#shared.parts.log.warn('room could not be made for a pod', { pod: pod.metadata.name, error: String(error) })
    })
  }

  /**
   * Room for a whole group, in which `fits` finds place: its victims are being evicted from now on, or why nobody is. Until
   * they are, the group is not tried again.
   */
  makeForGroup(
    group: PodGroup,
    members: readonly PodFacts[],
    { preemption, placer }: Placing,
    fits: () => ReadonlySet<string> | undefined,
  ): string | undefined {
    const { columns, parts, measures, queue } = this.#shared
    if (preemption === undefined)
      return 'default preemption plugin is not registered, workload aware preemption is disabled'
    if ((group.spec.schedulingConstraints?.topology ?? []).length > 0)
      return 'workload aware preemption is not supported for pod groups with scheduling constraints'
    const victims = planGroupPreemption({
      group,
      members: members.map(({ pod }) => pod),
      columns,
      budgets: parts.informers.of(podDisruptionBudgets).list(),
      groupOf: (namespace, name) => columns.podGroups?.get(namespace, name),
      fits,
      asksOnlyForRoom: members.every((facts) => placer.asksOnlyForRoom(facts, columns)),
    })
    if (typeof victims === 'string') return victims
    if (victims.length === 0) return undefined
    measures.victims(victims.length)
    const { uid } = group.metadata
    const scheduler = nameOfProfile(members[0]!.pod)
    this.#making.add(uid)
    void this.#evict({ type: 'podgroup', uid, scheduler }, { nodeName: 'cluster', victims })
      .catch((error) =>
        parts.log.warn('room could not be made for a pod group', { group: group.metadata.name, error: String(error) }),
      )
      .finally(() => {
        this.#making.delete(uid)
        // Some of the victims may have gone before: that was no reason to try again yet.
        const uids = new Set(members.map(({ pod }) => pod.metadata.uid))
        queue.wake('AssignedPod/Delete', ({ metadata }) => uids.has(metadata.uid))
      })
    return undefined
  }

  async #evict(preemptor: Preemptor, preemption: Preemption): Promise<void> {
    const { parts, measures } = this.#shared
    const startedMs = parts.clock.monotonic()
    let result: 'success' | 'error' = 'error'
    try {
      await evictVictims(parts, preemptor, preemption)
      result = 'success'
    } finally {
      measures.evicted(result, (parts.clock.monotonic() - startedMs) / 1000)
    }
  }

  /** Whether the victims of a group are being evicted. */
  isMadeFor(group: PodGroup): boolean {
    return this.#making.has(group.metadata.uid)
  }

  /** Kubernetes: what a pod's status says of the node that is kept for it holds, whoever wrote it. */
  noteNomination(pod: Pod): void {
    const nodeName = this.#shared.calls.synced(pod).status?.nominatedNodeName ?? ''
    if (nodeName !== '' && this.#shared.profiles.has(nameOfProfile(pod)))
      this.#shared.nominations.set(factsOf(pod), nodeName)
  }
}
