import type { Turn } from '../controllers/index.ts'
import { Backoff, msOf } from '../machinery/index.ts'
import { type DaemonSet, daemonSets, type Node, type Pod, type ResourceSlice } from '../resources/index.ts'
import { slicesLike } from './plan/devices.ts'
import { addDaemonPods, asNode, isReady } from './plan/nodes.ts'
import { type GroupView, type Growth, planScaleUp, type ScaleUpPlan } from './plan/scale-up.ts'
import { type GroupNow, statusObject, type World } from './world.ts'

/** Kubernetes: how long a group that could not grow is left alone. */
const backoffLimits = { initialMs: 5 * 60_000, maxMs: 30 * 60_000, resetMs: 3 * 60 * 60_000 }
const inBackoff = 'in backoff after failed scale-up'
/** Pods looked at in one turn; the rest has its turn after them. */
const podsAtOnceMax = 500

/** The growing of groups, and what is remembered for it. */
export class Growing {
  readonly #world: World
  readonly #backoff = new Backoff<string>(backoffLimits)
  /** What went wrong with a group, while it is left alone. */
  readonly #failures = new Map<string, string>()
  /** Since when nodes of a group are missing. */
  readonly #missingSince = new Map<string, number>()
  /** What drivers offered last on a node of each group. */
  readonly #slices = new Map<string, readonly ResourceSlice[]>()
  /** What each waiting pod was told last. */
  readonly #toldPods = new Map<string, string>()
  /** When a group grew last. */
  grewMs = Number.NEGATIVE_INFINITY

  constructor(world: World) {
    this.#world = world
  }

  /** Kubernetes: nodes that do not come in time are given up, and their group is left alone for a while. */
  noteMissing(now: readonly GroupNow[]): void {
    const nowMs = this.#world.tools.clock.monotonic()
    for (const { group, missing } of now) {
      if (missing === 0) {
        this.#missingSince.delete(group.id)
        continue
      }
      const since = this.#missingSince.get(group.id) ?? nowMs
      this.#missingSince.set(group.id, since)
      if (nowMs - since < this.#world.options.maxNodeProvisionMs || this.#failures.has(group.id)) continue
      const minutes = Math.round(this.#world.options.maxNodeProvisionMs / 60_000)
      const text = `Nodes added to group ${group.id} failed to register within ${minutes}m0s`
      this.#world.tools.record(statusObject(this.#world.tools), 'Warning', 'ScaleUpTimedOut', text)
      this.#world.measures.failedScaleUp('timeout')
      this.#leaveAlone(group.id, text)
    }
  }

  #leaveAlone(group: string, why: string): void {
    this.#backoff.next(group, this.#world.tools.clock.monotonic())
    this.#failures.set(group, why)
  }

  /** What keeps a group from growing now. */
  blocked(group: string): string | undefined {
    if (this.#backoff.remaining(group, this.#world.tools.clock.monotonic()) > 0) return inBackoff
    this.#failures.delete(group)
    return undefined
  }

  /** Which groups are to grow. */
  plan(now: readonly GroupNow[], waiting: readonly Pod[], count: number): ScaleUpPlan {
    const { trial, options } = this.#world
    const groups: readonly GroupView[] = now.map(({ group }) => {
      const blocked = this.blocked(group.id)
      return blocked === undefined ? group : { ...group, blocked }
    })
    for (const one of now) this.#noteSlices(one)
    const missing = now.reduce((sum, one) => sum + one.missing, 0)
    const { maxNodesTotal } = options
    const nodesLeft = maxNodesTotal === 0 ? Number.POSITIVE_INFINITY : Math.max(0, maxNodesTotal - count - missing)
    return trial.try(() => {
      this.#addUpcoming(now)
      const asking = this.#untoldFirst(waiting)
        .slice(0, podsAtOnceMax)
        .filter((pod) => {
          // Room is being made for it already.
          const nominated = pod.status.nominatedNodeName ?? ''
          if (nominated === '' || trial.nodeNamed(nominated) === undefined) return true
          trial.addPod(pod, nominated)
          return false
        })
      const { balanceSimilarNodeGroups, balancingIgnoredLabels: ignoredLabels } = options
      const balanced = balanceSimilarNodeGroups ? { balanced: { ignoredLabels } } : {}
      const slicesFor = (group: string, nodeName: string) => this.#slicesFor(group, nodeName)
      const daemonPods = this.#daemonPods()
      return planScaleUp({ trial, groups, pods: asking, daemonPods, nodesLeft, slicesFor, ...balanced })
    })
  }

  /** Puts the nodes that are on their way into the trial, as they will be. */
  #addUpcoming(now: readonly GroupNow[]): void {
    const daemonPods = this.#daemonPods()
    for (const { group, nodes, starting, missing } of now) {
      if (this.blocked(group.id) !== undefined) continue
      for (const { metadata } of starting) this.#world.trial.setNode(asNode(group.template, metadata.name))
      // Drivers come up after their node.
      for (const node of nodes)
        if (this.#isYoung(node) && this.#world.slicesOn(node.metadata.name).length === 0)
          this.#world.trial.offer(this.#slicesFor(group.id, node.metadata.name))
      for (let index = 0; index < missing; index++) {
        const node = asNode(group.template, `upcoming-${group.id}-${index}`)
        this.#world.trial.setNode(node)
        this.#world.trial.offer(this.#slicesFor(group.id, node.metadata.name))
        addDaemonPods(this.#world.trial, daemonPods, node.metadata.name)
      }
    }
  }

  /** Remembers what devices the nodes of a group have: the next one will have the like. */
  #noteSlices({ group, nodes }: GroupNow): void {
    if (group.resourceSlices !== undefined) {
      this.#slices.set(group.id, group.resourceSlices)
      return
    }
    const most = nodes
      .filter(isReady)
      .map(({ metadata }) => this.#world.slicesOn(metadata.name))
      .toSorted((a, b) => b.length - a.length)[0]
    if (most !== undefined && most.length > 0) this.#slices.set(group.id, most)
  }

  #slicesFor(group: string, nodeName: string): readonly ResourceSlice[] {
    return slicesLike(this.#slices.get(group) ?? [], nodeName)
  }

  #isYoung({ metadata }: Node): boolean {
    const { tools, options } = this.#world
    return tools.clock.now() - msOf(metadata.creationTimestamp) < options.maxNodeProvisionMs
  }

  #daemonPods(): readonly Pod[] {
    return this.#world.tools.cached(daemonSets).list().map(podOfDaemonSet)
  }

  /** Has groups grow and tells pods; resolves with whether any did. */
  async act({ grow, helped }: ScaleUpPlan, turn: Turn): Promise<boolean> {
    const done: Growth[] = []
    for (const growth of grow) if (await this.#grow(growth, turn)) done.push(growth)
    if (done.length === 0) return false
    this.grewMs = this.#world.tools.clock.monotonic()
    for (const [pod, group] of helped) {
      const own = done.filter((one) => one.group === group)
      if (own.length === 0) continue
      const text = `pod triggered scale-up: [${own.map(({ group: id, from, to, max }) => `{${id} ${from}->${to} (max: ${max})}`).join(' ')}]`
      this.#world.tools.record(pod, 'Normal', 'TriggeredScaleUp', text)
    }
    return true
  }

  async #grow({ group, from, to, max }: Growth, turn: Turn): Promise<boolean> {
    const { record } = this.#world.tools
    const about = statusObject(this.#world.tools)
    const sizes = `instead of ${from} (max: ${max})`
    record(about, 'Normal', 'ScaledUpGroup', `Scale-up: setting group ${group} size to ${to} ${sizes}`)
    try {
      await this.#world.provider.grow(group, to - from)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      record(about, 'Warning', 'FailedToScaleUpGroup', `Scale-up failed for group ${group}: ${why}`)
      turn.because(`group ${group} could not grow: ${why}`)
      this.#world.measures.failedScaleUp('cloudProviderError')
      this.#leaveAlone(group, why)
      return false
    }
    record(about, 'Normal', 'ScaledUpGroup', `Scale-up: group ${group} size set to ${to} ${sizes}`)
    turn.because(`group ${group} grew from ${from} to ${to}`)
    this.#world.measures.scaledUp(to - from)
    return true
  }

  /** Tells pods that no group helps why not, once until that changes. */
  tell({ unhelped }: ScaleUpPlan, waiting: readonly Pod[]): void {
    const uids = new Set(waiting.map(({ metadata }) => metadata.uid))
    for (const uid of this.#toldPods.keys()) if (!uids.has(uid)) this.#toldPods.delete(uid)
    for (const [pod, why] of unhelped) {
      if (this.#toldPods.get(pod.metadata.uid) === why) continue
      this.#toldPods.set(pod.metadata.uid, why)
      this.#world.tools.record(pod, 'Normal', 'NotTriggerScaleUp', `pod didn't trigger scale-up: ${why}`)
    }
  }

  /** Those that have been told nothing yet have their turn before others are looked at again. */
  #untoldFirst(waiting: readonly Pod[]): readonly Pod[] {
    if (waiting.length <= podsAtOnceMax) return waiting
    const isTold = (pod: Pod) => this.#toldPods.has(pod.metadata.uid)
    return [...waiting.filter((pod) => !isTold(pod)), ...waiting.filter(isTold)]
  }

  /** When something of a group comes to its end by itself: how many ms from now. */
  due({ group, starting }: GroupNow): readonly number[] {
    const { tools, options } = this.#world
    const nowMs = tools.clock.monotonic()
    const waits = this.#backoff.remaining(group.id, nowMs)
    const since = this.#missingSince.get(group.id)
    return [
      ...(waits > 0 ? [waits] : []),
      ...(since === undefined || this.#failures.has(group.id) ? [] : [since + options.maxNodeProvisionMs - nowMs]),
      ...starting.map(
        ({ metadata }) => msOf(metadata.creationTimestamp) + options.maxNodeProvisionMs - tools.clock.now(),
      ),
    ]
  }
  /** What went wrong with a group that is left alone; empty: nothing. */
  failureOf(group: string): string {
    return this.#failures.get(group) ?? ''
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
