import type { Client, Informers, RecordAction } from '../client/index.ts'
import {
  type Clock,
  type DecisionJournal,
  isActive,
  isConflict,
  isNotFound,
  isTerminal,
  type Log,
  type Metrics,
  type PodVerdicts,
  type Random,
  sameJson,
} from '../machinery/index.ts'
import { type Node, namespaces, nodes, type Pod, podDisruptionBudgets, pods } from '../resources/index.ts'
import { NodeColumns } from './columns/node-columns.ts'
import { type Placement, Placer } from './cycle/place.ts'
import { reportRefusal } from './cycle/refusal.ts'
import { Settling, SettlingError, settlingPlugins } from './cycle/settling.ts'
import { alikeSelectors } from './framework/alike.ts'
import type { ClusterChange, SchedulerPlugin } from './framework/framework.ts'
import { factsOf, type PodFacts } from './framework/pod-facts.ts'
import { type SchedulerMeasures, schedulerMeasures } from './measures.ts'
import { defaultPlugins } from './plugins/index.ts'
import { clearNominations, evictVictims } from './preemption/act.ts'
import { Nominations } from './preemption/nominations.ts'
import { mayNotPreempt, type Preemption, planPreemption, priorityOf } from './preemption/plan.ts'
import { defaultSchedulerName, type Profile, profileOf } from './profile/profile.ts'
import { type QueueBackoff, SchedulingQueue, type Waiting } from './queue/scheduling-queue.ts'
import { followStorage } from './storage/changes.ts'
import { StorageBook } from './storage/storage-book.ts'

export interface SchedulerParts {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly random: Random
  readonly record: RecordAction
  readonly log: Log
  readonly journal: DecisionJournal
  readonly metrics: Metrics
  /** One per scheduler name; pods that name another scheduler are left alone. Default: the default profile. */
  readonly profiles?: readonly Profile[]
  readonly backoff?: QueueBackoff
}

/** Bindings under way at once; a slow API slows placing down rather than piling up work. */
const bindingsMax = 256
/** A turn of placing yields to other work after this many pods, or this long. */
const podsPerTurn = 64
const turnMsMax = 4

/** Places pods until the signal aborts. A decision counts at once; binding follows beside it. */
export async function runScheduler(parts: SchedulerParts, signal: AbortSignal): Promise<void> {
  const scheduler = new Scheduler(parts)
  await scheduler.run(signal)
}

class Scheduler {
  readonly #parts: SchedulerParts
  readonly #profiles: ReadonlyMap<
    string,
    Profile & { readonly placer: Placer; readonly settling: readonly SchedulerPlugin[] }
  >
  readonly #columns = new NodeColumns()
  readonly #queue: SchedulingQueue
  readonly #binding = new Set<Promise<void>>()
  /** Pods that wait between decision and binding. */
  readonly #settling: Settling
  /** Pods decided but not yet seen bound, by uid. */
  readonly #assumed = new Map<string, PodFacts>()
  /** Pods for which room is being made: others of lower priority must leave it to them. */
  readonly #nominations = new Nominations(this.#columns)
  #bindingEnded = () => {}
  #wake = () => {}
  readonly #measures: SchedulerMeasures

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    const profiles = parts.profiles ?? [profileOf({}, defaultPlugins)]
    this.#profiles = new Map(
      profiles.map((profile) => [
        profile.name,
        {
          ...profile,
          placer: new Placer(profile.plugins, parts.random, profile.percentageOfNodesToScore),
          settling: settlingPlugins(profile.plugins),
        },
      ]),
    )
    this.#settling = new Settling({ client: parts.client, clock: parts.clock, columns: this.#columns })
    this.#measures = schedulerMeasures(parts.metrics, () => this.#queue.counts)
    const { queued } = this.#measures
    this.#queue = new SchedulingQueue(parts.clock, () => this.#wake(), parts.backoff, queued)
  }

  async run(signal: AbortSignal): Promise<void> {
    const { informers } = this.#parts
    const nodeCache = informers.of(nodes)
    const podCache = informers.of(pods)
    const namespaceCache = informers.of(namespaces)
    const budgetCache = informers.of(podDisruptionBudgets)
    const book = new StorageBook(informers)
    await Promise.all([
      ...[nodeCache, podCache, namespaceCache, budgetCache].map((cache) => cache.synced(signal)),
      book.synced(signal),
    ])
    this.#columns.storage = this.#columns.book = book
    using _storage = followStorage(informers, (change, concerns) => this.#queue.wake(change, concerns))
    this.#columns.namespaceLabels = (name) => namespaceCache.get({ name })?.metadata.labels ?? {}
    this.#columns.selectorOfAlike = alikeSelectors(informers)
    using _namespaces = namespaceCache.subscribe((next, previous) => {
      if (!sameJson(next?.metadata.labels, previous?.metadata.labels)) this.#columns.namespacesChanged()
    })
    using _nodes = nodeCache.subscribe((next, previous) => this.#nodeChanged(next, previous))
    using _pods = podCache.subscribe((next, previous) => this.#podChanged(next, previous))
    using _verdicts = this.#parts.journal.provideVerdicts((namespace, name) => this.#verdictsOf(namespace, name))
    while (!signal.aborted) {
      const placed = await this.#turn(signal)
      if (placed > 0) {
        // Lets informers, bindings and everything else of the process have their turn.
        await this.#parts.clock.sleep(0, signal).catch(() => {})
        continue
      }
      if (signal.aborted) break
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
        if (this.#queue.ready > 0) resolve()
      })
      this.#wake = () => {}
    }
    this.#queue.clear()
    this.#settling.stop(signal.reason)
    await Promise.allSettled(this.#binding)
  }

  async #turn(signal: AbortSignal): Promise<number> {
    const { clock } = this.#parts
    const startedMs = clock.monotonic()
    let placed = 0
    for (; placed < podsPerTurn && clock.monotonic() - startedMs < turnMsMax && !signal.aborted; placed++) {
      while (this.#binding.size >= bindingsMax)
        await new Promise<void>((resolve) => {
          this.#bindingEnded = resolve
        })
      const waiting = this.#queue.take()
      if (waiting === undefined) break
      this.#attempt(waiting)
    }
    return placed
  }

  /** What keeps a pod waiting, node by node. */
  #verdictsOf(namespace: string, name: string): PodVerdicts | undefined {
    const pod = this.#parts.informers.of(pods).get({ namespace, name })
    if (pod === undefined || (pod.spec?.nodeName ?? '') !== '' || !isActive(pod as never)) return undefined
    const profile = this.#profiles.get(nameOfProfile(pod))
    if (profile === undefined) return undefined
    const waiting = this.#queue.of(pod.metadata.uid)
    const facts = factsOf(pod)
    using _room = this.#nominations.without(facts)
    return {
      schedulerName: profile.name,
      waits: waiting?.place ?? 'unknown',
      attempts: waiting?.attempts ?? 0,
      nodes: profile.placer.verdicts(facts, this.#columns),
    }
  }

  #attempt(waiting: Waiting): void {
    const { clock, journal } = this.#parts
    const startedMs = clock.monotonic()
    const { pod } = waiting
    const facts = factsOf(pod)
    const { uid, name, namespace, resourceVersion } = pod.metadata
    const profile = nameOfProfile(pod)
    const { placer, settling } = this.#profiles.get(profile)!
    const placement = this.#place(facts, placer)
    const decision = {
      atMs: clock.now(),
      component: 'scheduler',
      object: `Pod/${namespace}/${name}`,
      seenRevision: resourceVersion,
      writtenRevision: '',
    }
    if (placement.nodeName === undefined) {
      const { message, preemption } = this.#makeRoom(facts, placement, placer)
      journal.record({ ...decision, reason: message })
      this.#measures.attempted('unschedulable', profile)
      this.#queue.failed(uid, placement.wakeOn, false)
      void reportRefusal(this.#parts, pod, message, preemption)
      return
    }
    const { nodeName } = placement
    this.#nominations.delete(uid)
    this.#columns.addPod(facts, nodeName)
    this.#assumed.set(uid, facts)
    const settled = this.#settling.begin(settling, facts, nodeName)
    const told = () =>
      this.#track(
        this.#bind(waiting, nodeName).then(
          (revision) => {
            const nowMs = clock.monotonic()
            this.#measures.attempted('scheduled', profile, (nowMs - startedMs) / 1000)
            this.#measures.scheduled(waiting.attempts, (nowMs - waiting.addedMs) / 1000)
            journal.record({
              ...decision,
              writtenRevision: revision,
              reason: `placed on ${nodeName}: best of ${placement.feasible} that fit, of ${placement.evaluated} looked at`,
            })
          },
          (error) => this.#bindingFailed(waiting, nodeName, error),
        ),
      )
    if (settled === undefined) told()
    // It may wait long for its volumes: meanwhile others are bound.
    else void settled.then(told, (error) => this.#bindingFailed(waiting, nodeName, error))
  }

  #track(work: Promise<void>): void {
    const binding = work.finally(() => {
      this.#binding.delete(binding)
      this.#bindingEnded()
    })
    this.#binding.add(binding)
  }

  /** Kubernetes: room that is being made for a pod of the same or a higher priority counts as taken; one's own comes first. */
  #place(facts: PodFacts, placer: Placer): Placement {
    const { uid } = facts.pod.metadata
    const own = this.#nominations.nodeOf(uid)
    using _room = this.#nominations.without(facts)
    const place = own === undefined ? undefined : this.#columns.placeOf(own)
    if (own !== undefined && place !== undefined && placer.verdict(facts, this.#columns, place).fits)
      return { nodeName: own, feasible: 1, evaluated: 1 }
    return placer.place(facts, this.#columns)
  }

  /** Looks for pods of lower priority that can make room for a refused one, and has them evicted. */
  #makeRoom(
    facts: PodFacts,
    placement: Extract<Placement, { nodeName: undefined }>,
    placer: Placer,
  ): { readonly message: string; readonly preemption: Preemption | undefined } {
    const { informers, log } = this.#parts
    const podCache = informers.of(pods)
    const { pod } = facts
    const podOf = (one: Pod) =>
      podCache.get({ name: one.metadata.name, namespace: one.metadata.namespace ?? '' }) ?? one
    const nominated = this.#nominations.nodeOf(pod.metadata.uid)
    const place = nominated === undefined ? undefined : this.#columns.placeOf(nominated)
    const others = place === undefined ? [] : [...this.#columns.podsAt(place)].map((one) => podOf(one.pod))
    const why = mayNotPreempt(pod, nominated, others)
    if (why !== undefined) return { message: placement.says(why), preemption: undefined }
    this.#measures.preempting()
    const budgets = informers.of(podDisruptionBudgets).list()
    const preemption = planPreemption({
      facts,
      columns: this.#columns,
      placer,
      random: this.#parts.random,
      budgets,
      podOf,
    })
    if (preemption === undefined) return { message: placement.message, preemption }
    this.#measures.victims(preemption.victims.length)
    const outranked = this.#nominations.outrankedOn(preemption.nodeName, priorityOf(pod))
    for (const { metadata } of outranked) this.#nominations.delete(metadata.uid)
    this.#nominations.set(facts, preemption.nodeName)
    void Promise.all([evictVictims(this.#parts, pod, preemption), clearNominations(this.#parts, outranked)]).catch(
      (error) => {
        this.#nominations.delete(pod.metadata.uid)
        log.warn('room could not be made for a pod', { pod: pod.metadata.name, error: String(error) })
      },
    )
    return { message: placement.says(undefined), preemption }
  }

  async #bind({ pod }: Waiting, nodeName: string): Promise<string> {
    const { client, record } = this.#parts
    const { name, namespace = '', uid } = pod.metadata
    await client.post(pods, { name, namespace }, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    })
    this.#queue.done(uid)
    record(pod, 'Normal', 'Scheduled', 'Binding', `Successfully assigned ${namespace}/${name} to ${nodeName}`)
    return ''
  }

  #bindingFailed(waiting: Waiting, nodeName: string, error: unknown): void {
    const { pod } = waiting
    const { uid } = pod.metadata
    this.#assumed.delete(uid)
    this.#columns.removePod(uid)
    this.#measures.attempted('error', nameOfProfile(pod))
    // Gone or bound by somebody else: what the cache shows next decides.
    if (isNotFound(error)) {
      this.#queue.done(uid)
      return
    }
    this.#queue.failed(uid, new Set(), true)
    // Kubernetes: what others hold back by is told the pod as well.
    if (error instanceof SettlingError && this.#queue.has(uid))
      void reportRefusal(this.#parts, pod, error.message, undefined, 'SchedulerError')
    if (!isConflict(error))
      this.#parts.log.warn('binding failed', {
        pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
        node: nodeName,
        error: String(error),
      })
  }

  #nodeChanged(next: Node | undefined, previous: Node | undefined): void {
    if (next === undefined) {
      if (previous !== undefined) this.#columns.removeNode(previous.metadata.name)
      return
    }
    if (next === previous) return
    const isNew = this.#columns.placeOf(next.metadata.name) === undefined
    this.#columns.setNode(next)
    if (isNew) {
      // Pods that were bound before their node was known are counted now.
      for (const pod of this.#parts.informers.of(pods).list()) {
        if (pod.spec?.nodeName === next.metadata.name && !isTerminal(pod as never))
          this.#columns.addPod(factsOf(pod), next.metadata.name)
      }
      this.#queue.wake('Node/Add')
      return
    }
    for (const change of nodeChanges(next, previous)) this.#queue.wake(change)
  }

  #podChanged(next: Pod | undefined, previous: Pod | undefined): void {
    const uid = (next ?? previous)!.metadata.uid
    if (previous !== undefined && next !== undefined && previous.metadata.uid !== uid) this.#podGone(previous)
    if (next === undefined) {
      this.#podGone(previous!)
      return
    }
    const nodeName = next.spec?.nodeName ?? ''
    if (nodeName !== '') {
      this.#queue.delete(uid)
      this.#assumed.delete(uid)
      this.#nominations.delete(uid)
      if (isTerminal(next as never)) {
        this.#columns.removePod(uid)
        if (previous === undefined || !isTerminal(previous as never)) this.#queue.wake('AssignedPod/Delete')
        return
      }
      const isNew = previous?.spec?.nodeName !== nodeName
      // What a pod asks for moves its generation; its status, which moves most often, is of no concern here.
      const isOther =
        previous?.metadata.generation !== next.metadata.generation ||
        !sameJson(previous?.metadata.labels, next.metadata.labels)
      if (this.#columns.nodeNameOfPod(uid) !== nodeName || isOther) this.#columns.addPod(factsOf(next), nodeName)
      if (isNew) this.#queue.wake('AssignedPod/Add')
      else if (isOther) this.#queue.wake('AssignedPod/Update')
      return
    }
    if (!isActive(next as never)) {
      this.#queue.delete(uid)
      return
    }
    this.#noteNomination(next)
    const profile = this.#profiles.get(nameOfProfile(next))
    if (profile === undefined || this.#assumed.has(uid)) return
    const gated = profile.plugins.some((plugin) => plugin.preEnqueue?.(next).fits === false)
    // Kubernetes: a change of status alone (our own report of the refusal) is no reason to try again.
    if (
      this.#queue.has(uid) &&
      previous !== undefined &&
      sameJson(previous.spec, next.spec) &&
      sameJson(previous.metadata.labels, next.metadata.labels)
    )
      return
    this.#queue.add(next, gated)
  }

  /** Kubernetes: what a pod's status says of the node that is kept for it holds, whoever wrote it. */
  #noteNomination(pod: Pod): void {
    const nodeName = pod.status?.nominatedNodeName ?? ''
    if (nodeName !== '' && this.#profiles.has(nameOfProfile(pod))) this.#nominations.set(factsOf(pod), nodeName)
  }

  #podGone(pod: Pod): void {
    const { uid } = pod.metadata
    this.#nominations.delete(uid)
    this.#settling.end(uid)
    this.#queue.delete(uid)
    this.#assumed.delete(uid)
    const held = this.#columns.nodeNameOfPod(uid) !== undefined
    this.#columns.removePod(uid)
    if (held) this.#queue.wake('AssignedPod/Delete')
  }
}

/** The profile that a pod asks for. */
function nameOfProfile({ spec }: Pod): string {
  return spec?.schedulerName ?? defaultSchedulerName
}

/** What of a node changed, in the terms that refused pods wait for. */
function nodeChanges(next: Node, previous: Node | undefined): readonly ClusterChange[] {
  if (previous === undefined) return ['Node/Add']
  const changes: ClusterChange[] = []
  if (!sameJson(next.status?.allocatable, previous.status?.allocatable)) changes.push('Node/UpdateAllocatable')
  if (!sameJson(next.metadata.labels, previous.metadata.labels)) changes.push('Node/UpdateLabel')
  if (!sameJson(next.spec?.taints, previous.spec?.taints) || next.spec?.unschedulable !== previous.spec?.unschedulable)
    changes.push('Node/UpdateTaint')
  return changes
}
