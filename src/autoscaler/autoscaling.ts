import type { Informers } from '../client/index.ts'
import type { Tools, Turn } from '../controllers/index.ts'
import { isNotFound, timestampOf } from '../machinery/index.ts'
import {
  configMaps,
  daemonSets,
  defaultGates,
  deviceClasses,
  type Node,
  nodes,
  type Pod,
  podDisruptionBudgets,
  pods,
  resourceClaims,
  resourceSlices,
} from '../resources/index.ts'
import { type Profile, Trial } from '../scheduler/index.ts'
import type { NodeGroup, NodeGroupProvider } from './groups.ts'
import { Growing } from './growing.ts'
import { autoscalerMeasures } from './measures.ts'
import type { AutoscalerOptions } from './options.ts'
import { hasTaint, isGoing, isReady, isStarting, isUnschedulable, toBeDeletedTaint } from './plan/nodes.ts'
import { Shrinking } from './shrinking.ts'
import { type GroupStatus, lastUpdatedAnnotation, StatusText, statusName } from './status.ts'
import type { GroupNow, World } from './world.ts'

const waitingIndex = 'waits for a node'
const claimingIndex = 'claims devices'
const onNode = 'node'

export interface AutoscalingParts {
  readonly provider: NodeGroupProvider
  readonly options: AutoscalerOptions
  /** The scheduler's, by which pods are tried. */
  readonly profiles: readonly [Profile, ...Profile[]]
}

/** Looks at the cluster, decides, acts and tells. What it remembers belongs to one run. */
export class Autoscaling {
  readonly #world: World
  readonly #growing: Growing
  readonly #shrinking: Shrinking
  readonly #status = new StatusText()
  /** Whether there are pods that want devices. */
  readonly #hasClaims: () => boolean
  #isFirst = true

  constructor(tools: Tools, { provider, options, profiles }: AutoscalingParts) {
    tools.cached(pods).addIndex(waitingIndex, (pod) => (isUnschedulable(pod) ? ['yes'] : []))
    for (const kind of [daemonSets, podDisruptionBudgets, configMaps]) tools.cached<any>(kind)
    const informers = { of: tools.cached } as unknown as Informers
    const trial = new Trial(profiles, tools.random)
    trial.lookAround(informers)
    const following = trial.follow(informers)
    tools.signal.addEventListener('abort', () => following[Symbol.dispose](), { once: true })
    const { gates = defaultGates } = tools.config
    const hasDevices = gates.enabled('DynamicResourceAllocation')
    if (hasDevices) {
      tools.cached(pods).addIndex(claimingIndex, ({ spec }) => ((spec.resourceClaims ?? []).length > 0 ? ['yes'] : []))
      for (const kind of [resourceClaims, deviceClasses]) tools.cached<any>(kind)
      tools.cached(resourceSlices).addIndex(onNode, ({ spec }) => (spec.nodeName === undefined ? [] : [spec.nodeName]))
      const devices = trial.followDevices(informers, { clock: tools.clock, gates })
      tools.signal.addEventListener('abort', () => devices[Symbol.dispose](), { once: true })
    }
    const slicesOn = (nodeName: string) => (hasDevices ? tools.cached(resourceSlices).by(onNode, nodeName) : [])
    this.#hasClaims = () => hasDevices && tools.cached(pods).by(claimingIndex, 'yes').length > 0
    const podsOn = (nodeName: string) => tools.cached(pods).by('node', nodeName)
    this.#world = { tools, provider, options, trial, podsOn, slicesOn, measures: autoscalerMeasures(tools.metrics) }
    this.#growing = new Growing(this.#world)
    this.#shrinking = new Shrinking(this.#world, () => this.#growing.grewMs)
  }

  /** The pods that wait, as text to be compared. */
  get waiting(): string {
    return this.#waiting()
      .map(({ metadata }) => metadata.uid)
      .toSorted()
      .join()
  }
  /** Whether nodes are on their way out. */
  get isRemoving(): boolean {
    return this.#shrinking.removals.size > 0
  }

  /** One look; answers in how many ms the next one is due, if nothing happens before. */
  async look(turn: Turn): Promise<number | undefined> {
    const { tools, provider, options, measures } = this.#world
    const all = tools.cached(nodes).list()
    if (this.#isFirst) await this.#takeOver(all, turn)
    if (this.#hasClaims()) await this.#world.trial.devicesReady(turn.signal)
    const groups = await provider.groups()
    const now = groups.map((group) => this.#groupNow(group, all))
    this.#growing.noteMissing(now)
    const waiting = this.#waiting()
    const up = this.#growing.plan(now, waiting, all.length)
    const grew = await this.#growing.act(up, turn)
    this.#growing.tell(up, waiting)
    await this.#shrinking.goOn(turn)
    const down = grew || !options.scaleDownEnabled ? undefined : await this.#shrinking.act(now, turn)
    await this.#tellStatus(now, waiting.length > up.placed.length, turn)
    measures.groups(groups.length)
    measures.unschedulable(waiting.length)
    measures.unneeded(this.#shrinking.unneededSince.size)
    const times = [
      ...(this.isRemoving ? [options.scanIntervalMs] : []),
      ...(down === undefined ? [] : this.#shrinking.due(down)),
      ...now.flatMap((one) => this.#growing.due(one)),
    ]
    // What is due and has not been done waits for its turn.
    return times.length === 0 ? undefined : Math.min(...times.map((ms) => (ms > 0 ? ms : options.scanIntervalMs)))
  }

  /** What an autoscaler before us had marked is not going any more. */
  async #takeOver(all: readonly Node[], turn: Turn): Promise<void> {
    for (const node of all)
      if (hasTaint(node, toBeDeletedTaint) && this.#world.provider.groupOf(node) !== undefined)
        await this.#shrinking.removals.unmark(node, turn)
    this.#isFirst = false
  }

  #waiting(): readonly Pod[] {
    const { tools, options } = this.#world
    return tools
      .cached(pods)
      .by(waitingIndex, 'yes')
      .filter(({ spec }) => (spec.priority ?? 0) >= options.expendablePodsPriorityCutoff)
  }

  #groupNow(group: NodeGroup, all: readonly Node[]): GroupNow {
    const { tools, provider, options } = this.#world
    const own = all.filter((node) => provider.groupOf(node) === group.id)
    const starting = own.filter((node) => isStarting(node, tools.clock.now(), options.maxNodeProvisionMs))
    return { group, nodes: own, starting, missing: Math.max(0, group.targetSize - own.length) }
  }

  async #tellStatus(now: readonly GroupNow[], pending: boolean, turn: Turn): Promise<void> {
    const nowMs = this.#world.tools.clock.now()
    const groups = now.map((one) => this.#statusOf(one))
    const text = this.#status.next({ isHealthy: true, pending, groups }, nowMs)
    if (text === undefined) return
    const annotations = { [lastUpdatedAnnotation]: timestampOf(nowMs) }
    const metadata = { ...statusName, annotations }
    const data = { status: text }
    try {
      await turn.client.patch(configMaps, statusName, { type: 'merge', body: { metadata: { annotations }, data } })
    } catch (error) {
      if (!isNotFound(error)) throw error
      await turn.client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data } as never)
    }
  }

  #statusOf({ group, nodes: own, starting, missing }: GroupNow): GroupStatus {
    const { removals, unneededSince } = this.#shrinking
    const going = own.filter((node) => isGoing(node) || removals.has(node.metadata.name))
    const up = own.filter((node) => !going.includes(node) && !starting.includes(node))
    const blocked = this.#growing.blocked(group.id) !== undefined
    return {
      name: group.id,
      counts: {
        ready: up.filter(isReady).length,
        unready: up.filter((node) => !isReady(node)).length,
        notStarted: starting.length,
        beingDeleted: going.length,
        unregistered: missing,
      },
      target: group.targetSize,
      minSize: group.minSize,
      maxSize: group.maxSize,
      scaleUp: blocked ? 'Backoff' : missing + starting.length > 0 ? 'InProgress' : 'NoActivity',
      backoff: this.#growing.failureOf(group.id),
      candidates: own.map(({ metadata }) => metadata.name).filter((name) => unneededSince.has(name)),
    }
  }
}
