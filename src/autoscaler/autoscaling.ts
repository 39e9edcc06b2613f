import type { Informers } from '../client/index.ts'
import type { Tools, Turn } from '../controllers/index.ts'
import { Backoff, isNotFound, msOf, timestampOf } from '../machinery/index.ts'
import {
  configMaps,
  type DaemonSet,
  daemonSets,
  type Node,
  nodes,
  type Pod,
  podDisruptionBudgets,
  pods,
} from '../resources/index.ts'
import { profileOf, Trial } from '../scheduler/index.ts'
import type { NodeGroup, NodeGroupProvider } from './groups.ts'
import { type AutoscalerMeasures, autoscalerMeasures } from './measures.ts'
import type { AutoscalerOptions } from './options.ts'
import { addDaemonPods, asNode, isGoing, isReady, isStarting, isUnschedulable } from './plan/nodes.ts'
import { type CandidateNode, planScaleDown, type RemovableNode, type ScaleDownPlan } from './plan/scale-down.ts'
import { type GroupView, type Growth, planScaleUp, type ScaleUpPlan } from './plan/scale-up.ts'
import { markCandidate, Removals } from './removals.ts'
import { type GroupStatus, lastUpdatedAnnotation, StatusText, statusName } from './status.ts'

/** Kubernetes: how long a group that could not grow is left alone. */
const backoffLimits = { initialMs: 5 * 60_000, maxMs: 30 * 60_000, resetMs: 3 * 60 * 60_000 }
const inBackoff = 'in backoff after failed scale-up'
/** Kubernetes: of the nodes that may go, so many are marked at once. */
const marksAtOnceMax = 10
/** Pods looked at in one turn; the rest has its turn after them. */
const podsAtOnceMax = 500
const waitingIndex = 'waits for a node'

/** A group as it is now: its nodes, and those that are asked for. */
interface GroupNow {
  readonly group: NodeGroup
  readonly nodes: readonly Node[]
  /** There, and not up yet. */
  readonly starting: readonly Node[]
  /** Asked for, and not there yet. */
  readonly missing: number
}

/** Looks at the cluster, decides, acts and tells. What it remembers belongs to one run. */
export class Autoscaling {
  readonly #tools: Tools
  readonly #provider: NodeGroupProvider
  readonly #options: AutoscalerOptions
  readonly #measures: AutoscalerMeasures
  readonly #trial: Trial
  readonly #removals: Removals
  readonly #backoff = new Backoff<string>(backoffLimits)
  /** What went wrong with a group, while it is left alone. */
  readonly #failures = new Map<string, string>()
  /** Since when nodes of a group are missing. */
  readonly #missingSince = new Map<string, number>()
  readonly #unneededSince = new Map<string, number>()
  /** What each waiting pod, and each node that stays, was told last. */
  readonly #toldPods = new Map<string, string>()
  readonly #toldNodes = new Map<string, string>()
  readonly #status = new StatusText()
  #addedMs = Number.NEGATIVE_INFINITY
  #deletedMs = Number.NEGATIVE_INFINITY
  #failedMs = Number.NEGATIVE_INFINITY
  #isFirst = true

  constructor(tools: Tools, provider: NodeGroupProvider, options: AutoscalerOptions) {
    this.#tools = tools
    this.#provider = provider
    this.#options = options
    this.#measures = autoscalerMeasures(tools.metrics)
    const informers = { of: tools.cached } as unknown as Informers
    tools.cached(pods).addIndex(waitingIndex, (pod) => (isUnschedulable(pod) ? ['yes'] : []))
    for (const kind of [daemonSets, podDisruptionBudgets, configMaps]) tools.cached<any>(kind)
    this.#trial = new Trial(profileOf({}), tools.random)
    this.#trial.lookAround(informers)
    const following = this.#trial.follow(informers)
    tools.signal.addEventListener('abort', () => following[Symbol.dispose](), { once: true })
    this.#removals = new Removals({
      ...{ tools, provider, options, measures: this.#measures },
      podsOn: (nodeName) => this.#podsOn(nodeName),
    })
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
    return this.#removals.size > 0
  }

  /** One look; answers in how many ms the next one is due, if nothing happens before. */
  async look(turn: Turn): Promise<number | undefined> {
    const all = this.#tools.cached(nodes).list()
    if (this.#isFirst) await this.#takeOver(all, turn)
    const groups = await this.#provider.groups()
    const now = groups.map((group) => this.#groupNow(group, all))
    this.#noteMissing(now)
    const waiting = this.#waiting()
    const up = this.#planUp(now, waiting, all.length)
    const grew = await this.#scaleUp(up, turn)
    this.#tellPods(up, waiting)
    const removed = await this.#removals.goOn((name) => this.#tools.cached(nodes).get({ name }), turn)
    const nowMs = this.#tools.clock.monotonic()
    if (removed.gone > 0) this.#deletedMs = nowMs
    if (removed.failed > 0) this.#failedMs = nowMs
    const down = grew ? undefined : await this.#scaleDown(now, turn)
    await this.#tellStatus(now, waiting.length > up.placed.length, turn)
    this.#measures.groups(groups.length)
    this.#measures.unschedulable(waiting.length)
    this.#measures.unneeded(this.#unneededSince.size)
    return this.#nextMs(now, down)
  }

  /** What an autoscaler before us had marked is not going any more. */
  async #takeOver(all: readonly Node[], turn: Turn): Promise<void> {
    for (const node of all)
      if (isGoing(node) && this.#groupOf(node) !== undefined) await this.#removals.unmark(node, turn)
    this.#isFirst = false
  }

  #groupOf(node: Node): string | undefined {
    return this.#provider.groupOf(node)
  }
  #waiting(): readonly Pod[] {
    const { expendablePodsPriorityCutoff: cutoff } = this.#options
    return this.#tools
      .cached(pods)
      .by(waitingIndex, 'yes')
      .filter(({ spec }) => (spec.priority ?? 0) >= cutoff)
  }
  #podsOn(nodeName: string): readonly Pod[] {
    return this.#tools.cached(pods).by('node', nodeName)
  }

  #groupNow(group: NodeGroup, all: readonly Node[]): GroupNow {
    const { clock } = this.#tools
    const own = all.filter((node) => this.#groupOf(node) === group.id)
    const starting = own.filter((node) => isStarting(node, clock.now(), this.#options.maxNodeProvisionMs))
    return { group, nodes: own, starting, missing: Math.max(0, group.targetSize - own.length) }
  }

  /** Kubernetes: nodes that do not come in time are given up, and their group is left alone for a while. */
  #noteMissing(now: readonly GroupNow[]): void {
    const nowMs = this.#tools.clock.monotonic()
    for (const { group, missing } of now) {
      if (missing === 0) {
        this.#missingSince.delete(group.id)
        continue
      }
      const since = this.#missingSince.get(group.id) ?? nowMs
      this.#missingSince.set(group.id, since)
      if (nowMs - since < this.#options.maxNodeProvisionMs || this.#failures.has(group.id)) continue
      const minutes = Math.round(this.#options.maxNodeProvisionMs / 60_000)
      const text = `Nodes added to group ${group.id} failed to register within ${minutes}m0s`
      this.#tools.record(this.#statusObject(), 'Warning', 'ScaleUpTimedOut', text)
      this.#measures.failedScaleUp('timeout')
      this.#leaveAlone(group.id, text)
    }
  }

  #leaveAlone(group: string, why: string): void {
    this.#backoff.next(group, this.#tools.clock.monotonic())
    this.#failures.set(group, why)
  }
  #blocked(group: string): string | undefined {
    if (this.#backoff.remaining(group, this.#tools.clock.monotonic()) > 0) return inBackoff
    this.#failures.delete(group)
    return undefined
  }

  #planUp(now: readonly GroupNow[], waiting: readonly Pod[], count: number): ScaleUpPlan {
    const trial = this.#trial
    const groups: readonly GroupView[] = now.map(({ group }) => {
      const blocked = this.#blocked(group.id)
      return blocked === undefined ? group : { ...group, blocked }
    })
    const missing = now.reduce((sum, one) => sum + one.missing, 0)
    const { maxNodesTotal } = this.#options
    const nodesLeft = maxNodesTotal === 0 ? Number.POSITIVE_INFINITY : Math.max(0, maxNodesTotal - count - missing)
    return trial.try(() => {
      this.#addUpcoming(now)
      const asking = waiting.slice(0, podsAtOnceMax).filter((pod) => {
        // Room is being made for it already.
        const nominated = pod.status.nominatedNodeName ?? ''
        if (nominated === '' || trial.nodeNamed(nominated) === undefined) return true
        trial.addPod(pod, nominated)
        return false
      })
      return planScaleUp({ trial, groups, pods: asking, daemonPods: this.#daemonPods(), nodesLeft })
    })
  }

  /** Puts the nodes that are on their way into the trial, as they will be. */
  #addUpcoming(now: readonly GroupNow[]): void {
    const daemonPods = this.#daemonPods()
    for (const { group, starting, missing } of now) {
      if (this.#blocked(group.id) !== undefined) continue
      for (const { metadata } of starting) this.#trial.setNode(asNode(group.template, metadata.name))
      for (let index = 0; index < missing; index++) {
        const node = asNode(group.template, `upcoming-${group.id}-${index}`)
        this.#trial.setNode(node)
        addDaemonPods(this.#trial, daemonPods, node.metadata.name)
      }
    }
  }

  #daemonPods(): readonly Pod[] {
    return this.#tools.cached(daemonSets).list().map(podOfDaemonSet)
  }

  async #scaleUp({ grow, helped }: ScaleUpPlan, turn: Turn): Promise<boolean> {
    const done: Growth[] = []
    for (const growth of grow) if (await this.#grow(growth, turn)) done.push(growth)
    if (done.length === 0) return false
    this.#addedMs = this.#tools.clock.monotonic()
    for (const [pod, group] of helped) {
      const own = done.filter((one) => one.group === group)
      if (own.length === 0) continue
      const text = `pod triggered scale-up: [${own.map(({ group: id, from, to, max }) => `{${id} ${from}->${to} (max: ${max})}`).join(' ')}]`
      this.#tools.record(pod, 'Normal', 'TriggeredScaleUp', text)
    }
    return true
  }

  async #grow({ group, from, to, max }: Growth, turn: Turn): Promise<boolean> {
    const { record } = this.#tools
    const about = this.#statusObject()
    const sizes = `instead of ${from} (max: ${max})`
    record(about, 'Normal', 'ScaledUpGroup', `Scale-up: setting group ${group} size to ${to} ${sizes}`)
    try {
      await this.#provider.grow(group, to - from)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      record(about, 'Warning', 'FailedToScaleUpGroup', `Scale-up failed for group ${group}: ${why}`)
      turn.because(`group ${group} could not grow: ${why}`)
      this.#measures.failedScaleUp('cloudProviderError')
      this.#leaveAlone(group, why)
      return false
    }
    record(about, 'Normal', 'ScaledUpGroup', `Scale-up: group ${group} size set to ${to} ${sizes}`)
    turn.because(`group ${group} grew from ${from} to ${to}`)
    this.#measures.scaledUp(to - from)
    return true
  }

  /** Tells pods that no group helps why not, once until that changes. */
  #tellPods({ unhelped }: ScaleUpPlan, waiting: readonly Pod[]): void {
    const uids = new Set(waiting.map(({ metadata }) => metadata.uid))
    for (const uid of this.#toldPods.keys()) if (!uids.has(uid)) this.#toldPods.delete(uid)
    for (const [pod, why] of unhelped) {
      if (this.#toldPods.get(pod.metadata.uid) === why) continue
      this.#toldPods.set(pod.metadata.uid, why)
      this.#tools.record(pod, 'Normal', 'NotTriggerScaleUp', `pod didn't trigger scale-up: ${why}`)
    }
  }

  async #scaleDown(now: readonly GroupNow[], turn: Turn): Promise<ScaleDownPlan | undefined> {
    if (!this.#options.scaleDownEnabled) return undefined
    const plan = this.#planDown(now)
    const nowMs = this.#tools.clock.monotonic()
    const names = new Set(plan.removable.map(({ node }) => node.metadata.name))
    for (const name of this.#unneededSince.keys()) if (!names.has(name)) this.#unneededSince.delete(name)
    for (const name of names) if (!this.#unneededSince.has(name)) this.#unneededSince.set(name, nowMs)
    this.#tellNodes(plan)
    const due = this.#inCooldownMs() > 0 ? [] : plan.removable.filter((one) => this.#leftMs(one) <= 0)
    for (const one of this.#within(due)) await this.#remove(one, turn)
    await this.#markCandidates(now, turn)
    return plan
  }

  #planDown(now: readonly GroupNow[]): ScaleDownPlan {
    const candidates: CandidateNode[] = []
    const spare = new Map<string, number>()
    for (const { group, nodes: own, starting, missing } of now) {
      const going = own.filter((node) => isGoing(node) || this.#removals.has(node.metadata.name))
      spare.set(group.id, own.length + missing - going.length - group.minSize)
      const up = own.filter((node) => !going.includes(node) && !starting.includes(node))
      candidates.push(...up.map((node) => ({ node, group: group.id })))
    }
    return planScaleDown({
      ...{ trial: this.#trial, candidates, spare, options: this.#options, nowMs: this.#tools.clock.now() },
      podsOn: (name) => this.#podsOn(name),
      budgets: this.#tools.cached(podDisruptionBudgets).list(),
      unneededSince: (name) => this.#unneededSince.get(name),
    })
  }

  /** How long a node must stay unneeded before it goes. */
  #leftMs({ node }: RemovableNode): number {
    const { scaleDownUnneededMs, scaleDownUnreadyMs } = this.#options
    const since = this.#unneededSince.get(node.metadata.name) ?? this.#tools.clock.monotonic()
    return since + (isReady(node) ? scaleDownUnneededMs : scaleDownUnreadyMs) - this.#tools.clock.monotonic()
  }
  #inCooldownMs(): number {
    const { scaleDownDelayAfterAddMs, scaleDownDelayAfterDeleteMs, scaleDownDelayAfterFailureMs } = this.#options
    const until = Math.max(
      this.#addedMs + scaleDownDelayAfterAddMs,
      this.#deletedMs + scaleDownDelayAfterDeleteMs,
      this.#failedMs + scaleDownDelayAfterFailureMs,
    )
    return until - this.#tools.clock.monotonic()
  }

  /** As many of the nodes as may go at once: empty ones first. */
  #within(due: readonly RemovableNode[]): readonly RemovableNode[] {
    const { maxScaleDownParallelism, maxDrainParallelism } = this.#options
    const room = maxScaleDownParallelism - this.#removals.size
    const empty = due.filter(({ moves }) => moves.length === 0).slice(0, Math.max(0, room))
    const drains = Math.min(room - empty.length, maxDrainParallelism - this.#removals.draining)
    return [...empty, ...due.filter(({ moves }) => moves.length > 0).slice(0, Math.max(0, drains))]
  }

  async #remove(one: RemovableNode, turn: Turn): Promise<void> {
    const { name } = one.node.metadata
    await this.#removals.start(one, turn)
    this.#unneededSince.delete(name)
    const names = one.moves.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ')
    const [reason, text] =
      one.moves.length === 0
        ? ['ScaleDownEmpty', `Scale-down: removing empty node ${JSON.stringify(name)}`]
        : ['ScaleDown', `Scale-down: removing node ${name}, pods to reschedule: ${names}`]
    this.#tools.record(this.#statusObject(), 'Normal', reason, text)
    turn.because(text)
  }

  /** Tells nodes why they stay, once until the reason is another. */
  #tellNodes({ kept, removable }: ScaleDownPlan): void {
    for (const { node } of removable) this.#toldNodes.delete(node.metadata.name)
    for (const { node, reason, text } of kept) {
      if (this.#toldNodes.get(node.metadata.name) === reason) continue
      this.#toldNodes.set(node.metadata.name, reason)
      this.#tools.record(node, 'Normal', 'NoScaleDown', `node isn't removed: ${text}`)
    }
  }

  async #markCandidates(now: readonly GroupNow[], turn: Turn): Promise<void> {
    let left = marksAtOnceMax
    for (const { nodes: own } of now)
      for (const node of own) {
        const { name } = node.metadata
        if (left === 0) return
        if (isGoing(node) || this.#removals.has(name)) continue
        const before = node.spec.taints?.length
        await markCandidate(node, this.#unneededSince.has(name), this.#tools.clock.now(), turn)
        if (before !== node.spec.taints?.length) left--
      }
  }

  async #tellStatus(now: readonly GroupNow[], pending: boolean, turn: Turn): Promise<void> {
    const nowMs = this.#tools.clock.now()
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
    const going = own.filter((node) => isGoing(node) || this.#removals.has(node.metadata.name))
    const up = own.filter((node) => !going.includes(node) && !starting.includes(node))
    const blocked = this.#blocked(group.id) !== undefined
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
      backoff: this.#failures.get(group.id) ?? '',
      candidates: own.map(({ metadata }) => metadata.name).filter((name) => this.#unneededSince.has(name)),
    }
  }

  /** What events about no pod and no node are about. */
  #statusObject() {
    const known = this.#tools.cached(configMaps).get(statusName)
    return (
      known ??
      ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...statusName, uid: '', resourceVersion: '' } } as never)
    )
  }

  /** When something comes to its end by itself. */
  #nextMs(now: readonly GroupNow[], down: ScaleDownPlan | undefined): number | undefined {
    const { clock } = this.#tools
    const nowMs = clock.monotonic()
    const times: number[] = []
    if (this.#removals.size > 0) times.push(this.#options.scanIntervalMs)
    for (const one of down?.removable ?? []) times.push(Math.max(this.#leftMs(one), this.#inCooldownMs()))
    for (const { group, starting } of now) {
      const waits = this.#backoff.remaining(group.id, nowMs)
      if (waits > 0) times.push(waits)
      const since = this.#missingSince.get(group.id)
      if (since !== undefined && !this.#failures.has(group.id))
        times.push(since + this.#options.maxNodeProvisionMs - nowMs)
      for (const { metadata } of starting)
        times.push(msOf(metadata.creationTimestamp) + this.#options.maxNodeProvisionMs - clock.now())
    }
    const next = Math.min(...times.filter((ms) => ms > 0))
    return Number.isFinite(next) ? next : times.length > 0 ? this.#options.scanIntervalMs : undefined
  }
}

/** Kubernetes: what the DaemonSet controller lets its pods tolerate. */
const daemonTolerations = [
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
  'node.kubernetes.io/disk-pressure',
  'node.kubernetes.io/memory-pressure',
  'node.kubernetes.io/pid-pressure',
  'node.kubernetes.io/unschedulable',
].map((key) => ({ key, operator: 'Exists' }))

function podOfDaemonSet({ metadata, spec }: DaemonSet): Pod {
  const { template } = spec
  const name = `${metadata.name}-expected`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name, namespace: metadata.namespace ?? '', uid: `${metadata.uid}-expected` },
    spec: { ...template.spec, tolerations: [...(template.spec?.tolerations ?? []), ...daemonTolerations] },
    status: {},
  } as unknown as Pod
}
