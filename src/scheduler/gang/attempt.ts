import type { Pod } from '../../resources/index.ts'
import { isRefused } from '../cycle/explain.ts'
import type { Reserved } from '../cycle/settling.ts'
import { agreedCandidates, placeWithExtenders } from '../extenders/place.ts'
import { factsOf } from '../framework/pod-facts.ts'
import type { Outcomes } from '../loop/outcomes.ts'
import type { Room } from '../loop/room.ts'
import { nameOfProfile, type Placing, type Shared } from '../loop/shared.ts'
import { leastLoss } from '../preemption/plan.ts'
import type { Waiting } from '../queue/scheduling-queue.ts'
import { reportGroup } from './condition.ts'
import {
  byPriorityAndAge,
  type GroupVerdict,
  gangOf,
  groupTexts,
  groupVerdict,
  type Member,
  mixedSchedulers,
  waitsWithGroup,
} from './plan.ts'

/** Places groups of pods. */
export class GroupAttempts {
  readonly #shared: Shared
  readonly #room: Room
  readonly #outcomes: Outcomes

  constructor(shared: Shared, room: Room, outcomes: Outcomes) {
    this.#shared = shared
    this.#room = room
    this.#outcomes = outcomes
  }

  /** Places the pods of a group that wait, all that it needs of them or none. */
  async attempt(first: Waiting, name: string, startedMs: number): Promise<void> {
    const { namespace = '' } = first.pod.metadata
    const groups = this.#shared.columns.podGroups!
    const all = groups.podsOf(namespace, name)
    const hasNode = ({ metadata, spec }: Pod) =>
      (spec?.nodeName ?? '') !== '' || this.#shared.columns.nodeNameOfPod(metadata.uid) !== undefined
    const others = all.flatMap(({ metadata }) => this.#shared.queue.takeNamed(metadata.uid) ?? [])
    const waiting = [first, ...others].sort(byPriorityAndAge)
    const profile = this.#shared.profiles.get(nameOfProfile(first.pod))!
    const scheduled = all.filter(hasNode).length
    const known = groups.get(namespace, name)
    const isGang = profile.plugins.some((plugin) => plugin.name === 'GangScheduling')
    const members: (Member & { readonly reserved?: Reserved })[] = []
    try {
      const mixed = mixedSchedulers(waiting)
      if (mixed !== undefined) throw new Error(mixed)
      for (const one of waiting) members.push(await this.#placeMember(one, profile))
    } catch (error) {
      for (const member of members) this.#revert(member)
      for (const one of waiting) this.#outcomes.failed(one, profile, error)
      this.#attempted('error', profile, startedMs)
      const message = error instanceof Error ? error.message : String(error)
      if (known !== undefined)
        void reportGroup(this.#shared.parts, known, { status: 'False', reason: 'SchedulerError', message })
      return
    }
    this.#shared.measures.searchedGroup(this.#secondsSince(startedMs))
    const verdict = groupVerdict(members, isGang ? gangOf(known) : undefined, scheduled)
    for (const member of members) this.#submit(member, verdict, members, profile, startedMs)
    this.#attempted(verdict === 'placed' ? 'scheduled' : 'unschedulable', profile, startedMs)
    if (known === undefined) return
    const report =
      verdict === 'placed'
        ? ({ status: 'True', reason: 'Scheduled', message: '' } as const)
        : ({
            status: 'False',
            reason: 'Unschedulable',
            message: verdict === 'unschedulable' ? groupTexts.unschedulable : groupTexts.waitsForRoom,
          } as const)
    void reportGroup(this.#shared.parts, known, report)
  }

  #attempted(result: 'scheduled' | 'unschedulable' | 'error', profile: Placing, startedMs: number): void {
    this.#shared.measures.attemptedGroup(result, profile.name, this.#secondsSince(startedMs))
  }

  #secondsSince(startedMs: number): number {
    return (this.#shared.parts.clock.monotonic() - startedMs) / 1000
  }

  /** Finds a node for a pod of a group, and counts the pod there for those that come after it. */
  async #placeMember(waiting: Waiting, profile: Placing): Promise<Member & { readonly reserved?: Reserved }> {
    const facts = factsOf(waiting.pod)
    const { uid } = waiting.pod.metadata
    const { extenders = [] } = this.#shared.parts
    const concerned = extenders.filter((one) => one.concerns(facts.pod))
    const nominated = this.#shared.nominations.nodeOf(uid)
    const placement =
      concerned.length === 0
        ? this.#room.place(facts, profile.placer)
        : await placeWithExtenders(concerned, facts, this.#shared.columns, profile.placer, nominated)
    if (!isRefused(placement)) {
      this.#shared.columns.addPod(facts, placement.nodeName)
      const reserved = this.#shared.settling.reserve(profile.settling, facts, placement.nodeName)
      return { waiting, facts, placement, preemption: undefined, reserved }
    }
    const candidates = this.#room.mayMakeRoom(facts, profile) === undefined ? this.#room.candidates(facts, profile) : []
    const agreed = await agreedCandidates(concerned, facts, this.#shared.columns, candidates)
    const preemption = leastLoss(agreed, this.#shared.columns)
    // The room it gets is not there for the others.
    if (preemption !== undefined) this.#shared.columns.addPod(facts, preemption.nodeName)
    return { waiting, facts, placement, preemption }
  }

  #revert({ waiting, reserved }: Member & { readonly reserved?: Reserved }): void {
    reserved?.[Symbol.dispose]()
    this.#shared.columns.removePod(waiting.pod.metadata.uid)
  }

  /** What becomes of one pod of a group, by what becomes of the group. */
  #submit(
    member: Member & { readonly reserved?: Reserved },
    verdict: GroupVerdict,
    members: readonly Member[],
    profile: Placing,
    startedMs: number,
  ): void {
    const { waiting, facts, placement, preemption, reserved } = member
    if (!isRefused(placement) && verdict === 'placed') {
      this.#outcomes.placed(waiting, facts, profile, placement, startedMs, reserved)
      return
    }
    this.#revert(member)
    if (!this.#shared.queue.has(waiting.pod.metadata.uid)) return
    if (isRefused(placement)) {
      // Nobody is evicted for a group that would not fit even then.
      this.#outcomes.refused(
        waiting,
        facts,
        profile,
        placement,
        undefined,
        verdict === 'unschedulable' ? undefined : preemption,
      )
      return
    }
    const refused = members.flatMap((one) => (isRefused(one.placement) ? [one.placement] : []))
    const text = verdict === 'unschedulable' ? groupTexts.waitsForOthers : groupTexts.waitsForRoom
    if (verdict === 'waits for preemption') this.#shared.nominations.set(facts, placement.nodeName)
    this.#outcomes.refused(waiting, facts, profile, waitsWithGroup(text, refused), undefined, undefined)
  }
}
