import type { Turn } from '../controllers/index.ts'
import { nodes, podDisruptionBudgets } from '../resources/index.ts'
import { isGoing, isReady } from './plan/nodes.ts'
import { type CandidateNode, planScaleDown, type RemovableNode, type ScaleDownPlan } from './plan/scale-down.ts'
import { markCandidate, Removals } from './removals.ts'
import { type GroupNow, statusObject, type World } from './world.ts'

/** Kubernetes: of the nodes that may go, so many are marked at once. */
const marksAtOnceMax = 10

/** The shrinking of groups, and what is remembered for it. */
export class Shrinking {
  readonly #world: World
  readonly removals: Removals
  /** Since when each node has not been needed. */
  readonly unneededSince = new Map<string, number>()
  /** What each node that stays was told last. */
  readonly #toldNodes = new Map<string, string>()
  /** When a group grew last. */
  readonly grewMs: () => number
  #deletedMs = Number.NEGATIVE_INFINITY
  #failedMs = Number.NEGATIVE_INFINITY

  constructor(world: World, grewMs: () => number) {
    this.#world = world
    this.grewMs = grewMs
    this.removals = new Removals(world)
  }

  /** Looks which nodes are not needed, tells those that stay, and has those go whose time has come. */
  async act(now: readonly GroupNow[], turn: Turn): Promise<ScaleDownPlan | undefined> {
    if (!this.#world.options.scaleDownEnabled) return undefined
    const plan = this.#planDown(now)
    const nowMs = this.#world.tools.clock.monotonic()
    const names = new Set(plan.removable.map(({ node }) => node.metadata.name))
    for (const name of this.unneededSince.keys()) if (!names.has(name)) this.unneededSince.delete(name)
    this.#tellNodes(plan)
    for (const name of names) if (!this.unneededSince.has(name)) this.unneededSince.set(name, nowMs)
    const due = this.#inCooldownMs() > 0 ? [] : plan.removable.filter((one) => this.#leftMs(one) <= 0)
    for (const one of this.#within(due)) await this.#remove(one, turn)
    await this.#markCandidates(now, turn)
    return plan
  }

  #planDown(now: readonly GroupNow[]): ScaleDownPlan {
    const candidates: CandidateNode[] = []
    const spare = new Map<string, number>()
    for (const { group, nodes: own, starting, missing } of now) {
      const going = own.filter((node) => isGoing(node) || this.removals.has(node.metadata.name))
      spare.set(group.id, own.length + missing - going.length - group.minSize)
      const up = own.filter((node) => !going.includes(node) && !starting.includes(node))
      candidates.push(...up.map((node) => ({ node, group: group.id })))
    }
    return planScaleDown({
      ...{
        trial: this.#world.trial,
        candidates,
        spare,
        options: this.#world.options,
        nowMs: this.#world.tools.clock.now(),
      },
      podsOn: (name) => this.#world.podsOn(name),
      budgets: this.#world.tools.cached(podDisruptionBudgets).list(),
      unneededSince: (name) => this.unneededSince.get(name),
    })
  }

  /** How long a node must stay unneeded before it goes. */
  #leftMs({ node }: RemovableNode): number {
    const { scaleDownUnneededMs, scaleDownUnreadyMs } = this.#world.options
    const since = this.unneededSince.get(node.metadata.name) ?? this.#world.tools.clock.monotonic()
    return since + (isReady(node) ? scaleDownUnneededMs : scaleDownUnreadyMs) - this.#world.tools.clock.monotonic()
  }

  #inCooldownMs(): number {
    const { scaleDownDelayAfterAddMs, scaleDownDelayAfterDeleteMs, scaleDownDelayAfterFailureMs } = this.#world.options
    const until = Math.max(
      this.grewMs() + scaleDownDelayAfterAddMs,
      this.#deletedMs + scaleDownDelayAfterDeleteMs,
      this.#failedMs + scaleDownDelayAfterFailureMs,
    )
    return until - this.#world.tools.clock.monotonic()
  }

  /** As many of the nodes as may go at once: empty ones first. */
  #within(due: readonly RemovableNode[]): readonly RemovableNode[] {
    const { maxScaleDownParallelism, maxDrainParallelism } = this.#world.options
    const room = maxScaleDownParallelism - this.removals.size
    const empty = due.filter(({ moves }) => moves.length === 0).slice(0, Math.max(0, room))
    const drains = Math.min(room - empty.length, maxDrainParallelism - this.removals.draining)
    return [...empty, ...due.filter(({ moves }) => moves.length > 0).slice(0, Math.max(0, drains))]
  }

  async #remove(one: RemovableNode, turn: Turn): Promise<void> {
    const { name } = one.node.metadata
    await this.removals.start(one, turn)
    this.unneededSince.delete(name)
    const names = one.moves.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ')
    const [reason, text] =
      one.moves.length === 0
        ? ['ScaleDownEmpty', `Scale-down: removing empty node ${JSON.stringify(name)}`]
        : ['ScaleDown', `Scale-down: removing node ${name}, pods to reschedule: ${names}`]
    this.#world.tools.record(statusObject(this.#world.tools), 'Normal', reason, text)
    turn.because(text)
  }

  /** Tells nodes that they are not needed any more, or why they stay, once until that is otherwise. */
  #tellNodes({ kept, removable }: ScaleDownPlan): void {
    for (const { node, moves } of removable) {
      if (this.unneededSince.has(node.metadata.name)) continue
      const names = moves.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ')
      const text = moves.length === 0 ? 'it is empty' : `there is a place on other nodes for ${names}`
      this.#world.tools.record(node, 'Normal', 'ScaleDownCandidate', `node isn't needed: ${text}`)
    }
    const staying = new Set(kept.map(({ node }) => node.metadata.name))
    for (const name of this.#toldNodes.keys()) if (!staying.has(name)) this.#toldNodes.delete(name)
    for (const { node, reason, text } of kept) {
      if (this.#toldNodes.get(node.metadata.name) === reason) continue
      this.#toldNodes.set(node.metadata.name, reason)
      this.#world.tools.record(node, 'Normal', 'NoScaleDown', `node isn't removed: ${text}`)
    }
  }

  async #markCandidates(now: readonly GroupNow[], turn: Turn): Promise<void> {
    let left = marksAtOnceMax
    for (const { nodes: own } of now)
      for (const node of own) {
        const { name } = node.metadata
        if (left === 0) return
        if (isGoing(node) || this.removals.has(name)) continue
        if (await markCandidate(node, this.unneededSince.has(name), this.#world.tools.clock.now(), turn)) left--
      }
  }

  /** Goes on with the nodes that are on their way out. */
  async goOn(turn: Turn): Promise<void> {
    const { tools } = this.#world
    const { gone, failed } = await this.removals.goOn((name) => tools.cached(nodes).get({ name }), turn)
    const nowMs = tools.clock.monotonic()
    if (gone > 0) this.#deletedMs = nowMs
    if (failed > 0) this.#failedMs = nowMs
  }

  /** When nodes that are not needed may go: how many ms from now. */
  due({ removable }: ScaleDownPlan): readonly number[] {
    return removable.map((one) => Math.max(this.#leftMs(one), this.#inCooldownMs()))
  }
}
