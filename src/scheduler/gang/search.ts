import { defaultGates } from '../../resources/index.ts'
import { isRefused } from '../cycle/explain.ts'
import type { Reserved } from '../cycle/settling.ts'
import { agreedCandidates, placeWithExtenders } from '../extenders/place.ts'
import type { GroupPlacement, PlacedGroup, Within } from '../framework/framework.ts'
import { factsOf } from '../framework/pod-facts.ts'
import type { Room } from '../loop/room.ts'
import type { Placing, Shared } from '../loop/shared.ts'
import { leastLoss } from '../preemption/plan.ts'
import type { Waiting } from '../queue/scheduling-queue.ts'
import { type GroupVerdict, groupTexts, groupVerdict, type Member } from './plan.ts'

/** A group that is tried: its pods that wait, and what is known of the others. */
export interface GroupInHand {
  readonly waiting: readonly Waiting[]
  readonly profile: Placing
  readonly placed: PlacedGroup
  readonly gang: { readonly minCount: number } | undefined
}
/** A pod of the group with what is held for it while the others are looked at. */
interface Held extends Member {
  reserved: Reserved | undefined
}
/** What was found for a group: its pods count where they would go until they are let go. */
export interface GroupFound {
  /** One for each pod that waits; none where there was nowhere to look. */
  readonly members: readonly Held[]
  readonly verdict: GroupVerdict
  readonly message: string
}

/** Trying this long without a pause holds nobody up. */
const stretchMsMax = 4

/** Finds nodes for the pods of a group, as a whole. */
export class GroupSearch {
  readonly #shared: Shared
  readonly #room: Room

  constructor(shared: Shared, room: Room) {
    this.#shared = shared
    this.#room = room
  }

  /** Kubernetes: with TopologyAwareWorkloadScheduling each placement is tried by itself, and the best of those that do is taken. */
  async find(hand: GroupInHand): Promise<GroupFound> {
    const { gates = defaultGates, clock } = this.#shared.parts
    if (!gates.enabled('TopologyAwareWorkloadScheduling')) return this.#placeAll(hand, undefined)
    const placements = this.#placementsOf(hand)
    if (placements.length === 0) return { members: [], verdict: 'unschedulable', message: groupTexts.noPlacements }
    const none = `0/${placements.length} placements are available, first placement status: ${groupTexts.unschedulable}`
    if (placements.length === 1) {
      const only = await this.#placeAll(hand, placements[0]!.within)
      return only.verdict === 'unschedulable' ? { ...only, message: none } : only
    }
    let first: GroupFound | undefined
    const good: Tried[] = []
    let sinceMs = clock.monotonic()
    for (const placement of placements) {
      const found = await this.#placeAll(hand, placement.within)
      this.letGo(found.members)
      first ??= found
      if (found.verdict !== 'unschedulable') good.push({ placement, found })
      if (clock.monotonic() - sinceMs < stretchMsMax) continue
      await clock.sleep(0)
      sinceMs = clock.monotonic()
    }
    if (good.length === 0) return { ...first!, message: none }
    const { found } = good.length === 1 ? good[0]! : this.#best(hand, good)
    for (const member of found.members) this.#hold(member, hand.profile)
    return found
  }

  /** Nothing is held for these pods any more. */
  letGo(members: readonly Held[]): void {
    for (const member of members) {
      member.reserved?.[Symbol.dispose]()
      member.reserved = undefined
      this.#shared.columns.removePod(member.waiting.pod.metadata.uid)
    }
  }

  /**
   * The nodes that the group would take as things are; undefined when it does not fit. Nothing is left held.
   * Unlike Kubernetes: extenders are asked when the room is there, not about room that might be.
   */
  nodesNow({ waiting, profile, placed, gang }: GroupInHand): ReadonlySet<string> | undefined {
    const members: Held[] = []
    try {
      for (const one of waiting) {
        const facts = factsOf(one.pod)
        const placement = this.#room.place(facts, profile.placer)
        const member: Held = { waiting: one, facts, placement, preemption: undefined, reserved: undefined }
        if (isRefused(placement)) continue
        members.push(member)
        this.#hold(member, profile)
      }
    } catch {
      // What cannot be had by one of them cannot be had by the group.
      this.letGo(members)
      return undefined
    }
    this.letGo(members)
    if (groupVerdict(members, gang, placed.scheduled.length) !== 'placed') return undefined
    return new Set(members.map(({ placement }) => placement.nodeName!))
  }

  #placementsOf({ profile, placed }: GroupInHand): readonly GroupPlacement[] {
    const startedMs = profile.measures.now()
    const everywhere: readonly GroupPlacement[] = [{ name: '', within: undefined }]
    const found = profile.plugins.find((plugin) => plugin.placements !== undefined)?.placements?.(placed) ?? everywhere
    profile.measures.point('PlacementGenerate', found.length > 0 ? 'Success' : 'Unschedulable', startedMs)
    return found
  }

  /** The best of several placements that would do; among equals each has the same chance. */
  #best({ profile, placed }: GroupInHand, tried: readonly Tried[]): Tried {
    const startedMs = profile.measures.now()
    const totals = tried.map(() => 0)
    for (const { scorePlacement, normalizePlacements, placementWeight = 1 } of profile.plugins) {
      if (scorePlacement === undefined) continue
      const raw = tried.map(({ placement, found }) =>
        scorePlacement(
          placed,
          placement,
          found.members.filter(goesSomewhere).map(({ facts }) => facts),
        ),
      )
      const scores = normalizePlacements?.(raw) ?? raw
      scores.forEach((score, at) => {
        totals[at]! += score * placementWeight
      })
    }
    profile.measures.point('PlacementScore', 'Success', startedMs)
    const most = Math.max(...totals)
    const best = tried.filter((_, at) => totals[at] === most)
    return best[Math.floor(this.#shared.parts.random.next() * best.length)]!
  }

  /** Finds a node for each pod, the others counting where they would go. */
  async #placeAll(hand: GroupInHand, within: Within | undefined): Promise<GroupFound> {
    const { waiting, profile, placed, gang } = hand
    const members: Held[] = []
    try {
      for (const one of waiting) members.push(await this.#placeOne(one, profile, within))
    } catch (error) {
      this.letGo(members)
      throw error
    }
    const verdict = groupVerdict(members, gang, placed.scheduled.length)
    const message = {
      placed: '',
      unschedulable: groupTexts.unschedulable,
      'waits for preemption': groupTexts.waitsForRoom,
    }
    return { members, verdict, message: message[verdict] }
  }

  async #placeOne(waiting: Waiting, profile: Placing, within: Within | undefined): Promise<Held> {
    const facts = factsOf(waiting.pod)
    const { columns, nominations, parts } = this.#shared
    const { extenders = [] } = parts
    const concerned = extenders.filter((one) => one.concerns(facts.pod))
    const nominated = nominations.nodeOf(waiting.pod.metadata.uid)
    const placement =
      concerned.length === 0
        ? this.#room.place(facts, profile.placer, within)
        : await placeWithExtenders(concerned, facts, columns, profile.placer, nominated, within)
    const member: Held = { waiting, facts, placement, preemption: undefined, reserved: undefined }
    if (!isRefused(placement)) {
      this.#hold(member, profile)
      return member
    }
    const why = this.#room.mayMakeRoom(facts, profile)
    const candidates = why === undefined ? this.#room.candidates(facts, profile) : []
    const preemption = leastLoss(await agreedCandidates(concerned, facts, columns, candidates), columns)
    const refused = { ...member, preemption, why }
    this.#hold(refused, profile)
    return refused
  }

  /** Counts a pod where it would go: the room it gets is not there for the others. */
  #hold(member: Held, profile: Placing): void {
    const { columns, settling } = this.#shared
    const { facts, placement, preemption } = member
    if (!isRefused(placement)) {
      columns.addPod(facts, placement.nodeName)
      try {
        member.reserved = settling.reserve(profile.settling, facts, placement.nodeName)
      } catch (error) {
        columns.removePod(facts.pod.metadata.uid)
        throw error
      }
    } else if (preemption !== undefined) columns.addPod(facts, preemption.nodeName)
  }
}

interface Tried {
  readonly placement: GroupPlacement
  readonly found: GroupFound
}
const goesSomewhere = ({ placement, preemption }: Member) => !isRefused(placement) || preemption !== undefined
