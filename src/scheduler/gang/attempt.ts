import { defaultGates, type Pod, type PodGroup } from '../../resources/index.ts'
import { isRefused, type RefusedPlacement } from '../cycle/explain.ts'
import { factsOf } from '../framework/pod-facts.ts'
import type { Outcomes } from '../loop/outcomes.ts'
import type { Room } from '../loop/room.ts'
import { nameOfProfile, type Placing, type Shared } from '../loop/shared.ts'
import type { Waiting } from '../queue/scheduling-queue.ts'
import { reportGroup } from './condition.ts'
import { byPriorityAndAge, gangOf, groupTexts, mixedSchedulers, nowhereToGo, waitsWithGroup } from './plan.ts'
import { type GroupFound, type GroupInHand, GroupSearch } from './search.ts'

type Member = GroupFound['members'][number]

/** Places groups of pods. */
export class GroupAttempts {
  readonly #shared: Shared
  readonly #room: Room
  readonly #outcomes: Outcomes
  readonly #search: GroupSearch

  constructor(shared: Shared, room: Room, outcomes: Outcomes) {
    this.#shared = shared
    this.#room = room
    this.#outcomes = outcomes
    this.#search = new GroupSearch(shared, room)
  }

  /** Places the pods of a group that wait, all that it needs of them or none. */
  async attempt(first: Waiting, name: string, startedMs: number): Promise<void> {
    const { namespace = '' } = first.pod.metadata
    const groups = this.#shared.columns.podGroups!
    const group = groups.get(namespace, name)
    const profile = this.#shared.profiles.get(nameOfProfile(first.pod))!
    if (group !== undefined && this.#room.isMadeFor(group)) {
      // Kubernetes: it is not let into the queue before its victims have been told.
      this.#shared.queue.failed(
        first.pod.metadata.uid,
        new Set(['AssignedPod/Delete']),
        false,
        new Set(['DefaultPreemption']),
      )
      return
    }
    const hand = this.#inHand(first, groups.podsOf(namespace, name), group, name, profile)
    let found: GroupFound
    try {
      const mixed = mixedSchedulers(hand.waiting)
      if (mixed !== undefined) throw new Error(mixed)
      found = await this.#search.find(hand)
    } catch (error) {
      for (const one of hand.waiting) this.#outcomes.failed(one, profile, error)
      this.#attempted('error', profile, startedMs)
      const message = error instanceof Error ? error.message : String(error)
      this.#report(group, { status: 'False', reason: 'SchedulerError', message })
      return
    }
    this.#shared.measures.searchedGroup(this.#secondsSince(startedMs))
    if (found.verdict === 'placed') {
      for (const member of found.members) this.#placed(member, found, profile, startedMs)
      this.#attempted('scheduled', profile, startedMs)
      this.#report(group, { status: 'True', reason: 'Scheduled', message: '' })
      return
    }
    this.#search.letGo(found.members)
    const { isWaiting, message } = this.#withRoomMade(found, hand, group)
    if (found.members.length === 0) for (const one of hand.waiting) this.#nowhere(one, message, profile)
    for (const member of found.members) this.#refused(member, found.members, { isWaiting, message }, profile)
    this.#attempted(isWaiting ? 'waiting_on_preemption' : 'unschedulable', profile, startedMs)
    this.#report(group, { status: 'False', reason: 'Unschedulable', message })
  }

  #inHand(
    first: Waiting,
    all: readonly Pod[],
    group: PodGroup | undefined,
    name: string,
    profile: Placing,
  ): GroupInHand {
    const { columns, queue } = this.#shared
    const others = all.flatMap(({ metadata }) => queue.takeNamed(metadata.uid) ?? [])
    const nodeOf = ({ metadata, spec }: Pod) => spec?.nodeName || columns.nodeNameOfPod(metadata.uid)
    const scheduled = all.flatMap((pod) => {
      const nodeName = nodeOf(pod)
      return nodeName === undefined ? [] : [{ pod, nodeName }]
    })
    const isGang = profile.plugins.some((plugin) => plugin.name === 'GangScheduling')
    return {
      waiting: [first, ...others].sort(byPriorityAndAge),
      profile,
      placed: { name, group, scheduled, columns },
      gang: isGang ? gangOf(group) : undefined,
    }
  }

  /** Kubernetes: a group that does not fit may have others evicted for it as a whole (WorkloadAwarePreemption). */
  #withRoomMade(
    { verdict, message }: GroupFound,
    hand: GroupInHand,
    group: PodGroup | undefined,
  ): { readonly isWaiting: boolean; readonly message: string } {
    const { gates = defaultGates } = this.#shared.parts
    const isWaiting = verdict === 'waits for preemption'
    if (isWaiting || group === undefined || !gates.enabled('WorkloadAwarePreemption')) return { isWaiting, message }
    const members = hand.waiting.map(({ pod }) => factsOf(pod))
    const why = this.#room.makeForGroup(group, members, hand.profile, () => this.#search.nodesNow(hand))
    return why === undefined ? { isWaiting: true, message } : { isWaiting: false, message: `${message}, ${why}` }
  }

  #report(group: PodGroup | undefined, verdict: Parameters<typeof reportGroup>[2]): void {
    if (group !== undefined) void reportGroup(this.#shared.parts, group, verdict)
  }

  #attempted(
    result: 'scheduled' | 'unschedulable' | 'waiting_on_preemption' | 'error',
    profile: Placing,
    startedMs: number,
  ): void {
    this.#shared.measures.attemptedGroup(result, profile.name, this.#secondsSince(startedMs))
  }

  #secondsSince(startedMs: number): number {
    return (this.#shared.parts.clock.monotonic() - startedMs) / 1000
  }

  /** What becomes of a pod of a group that is placed: it is bound, or waits by itself. */
  #placed(member: Member, { members }: GroupFound, profile: Placing, startedMs: number): void {
    const { waiting, facts, placement, reserved } = member
    if (!isRefused(placement)) this.#outcomes.placed(waiting, facts, profile, placement, startedMs, reserved)
    else this.#refused(member, members, { isWaiting: false, message: '' }, profile)
  }

  /** What becomes of a pod of a group that is not placed. Nobody is evicted for a group that would not fit even then. */
  #refused(
    { waiting, facts, placement, preemption, why }: Member,
    members: readonly Member[],
    { isWaiting, message }: { readonly isWaiting: boolean; readonly message: string },
    profile: Placing,
  ): void {
    if (!this.#shared.queue.has(waiting.pod.metadata.uid)) return
    const refuse = (as: RefusedPlacement, because?: string, room?: Member['preemption'], nominated?: string) =>
      this.#outcomes.refused(waiting, facts, profile, as, because, room, nominated)
    if (!isWaiting) this.#shared.nominations.delete(waiting.pod.metadata.uid)
    const refusals = members.flatMap((one) => (isRefused(one.placement) ? [one.placement] : []))
    if (isRefused(placement) && (preemption === undefined || isWaiting)) refuse(placement, why, preemption)
    else if (isRefused(placement) || !isWaiting)
      refuse(waitsWithGroup(groupTexts.waitsForOthers, refusals), undefined, undefined, '')
    else {
      this.#shared.nominations.set(facts, placement.nodeName)
      refuse(waitsWithGroup(message, refusals), undefined, undefined, placement.nodeName)
    }
  }

  #nowhere(waiting: Waiting, message: string, profile: Placing): void {
    this.#outcomes.refused(waiting, factsOf(waiting.pod), profile, nowhereToGo(message), undefined, undefined)
  }
}
