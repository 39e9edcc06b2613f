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
import {
  defaultGates,
  type FeatureGates,
  type Node,
  namespaces,
  nodes,
  type Pod,
  podDisruptionBudgets,
  pods,
} from '../resources/index.ts'
import { NodeColumns } from './columns/node-columns.ts'
import { isRefused, type Placement, Placer, type RefusedPlacement } from './cycle/place.ts'
import { reportRefusal } from './cycle/refusal.ts'
import { type Reserved, Settling, SettlingError, settlingPlugins } from './cycle/settling.ts'
import { followDevices } from './devices/changes.ts'
import { DeviceBook } from './devices/device-book.ts'
import type { Extender } from './extenders/extender.ts'
import { agreedCandidates, placeWithExtenders } from './extenders/place.ts'
import { alikeSelectors } from './framework/alike.ts'
import { type BindTools, type ClusterChange, FilterError, type SchedulerPlugin } from './framework/framework.ts'
import { factsOf, type PodFacts } from './framework/pod-facts.ts'
import { reportGroup } from './gang/condition.ts'
import {
  byPriorityAndAge,
  type GroupVerdict,
  gangOf,
  groupTexts,
  groupVerdict,
  type Member,
  mixedSchedulers,
  waitsWithGroup,
} from './gang/plan.ts'
import { groupNameOf, PodGroups } from './gang/pod-groups.ts'
import { type SchedulerMeasures, schedulerMeasures } from './measures.ts'
import { clearNominations, evictVictims } from './preemption/act.ts'
import { Nominations } from './preemption/nominations.ts'
import { leastLoss, mayNotPreempt, type Preemption, preemptionCandidates, priorityOf } from './preemption/plan.ts'
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
  /** Programs outside that have a say in where pods go, of whatever profile. */
  readonly extenders?: readonly Extender[]
  /** Which features are on; the defaults unless given. */
  readonly gates?: FeatureGates
}

/** A profile with what places its pods. */
type Placing = Profile & { readonly placer: Placer; readonly settling: readonly SchedulerPlugin[] }

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
  readonly #profiles: ReadonlyMap<string, Placing>
  readonly #columns = new NodeColumns()
  readonly #queue: SchedulingQueue
  readonly #binding = new Set<Promise<void>>()
  readonly #tools: BindTools
  /** Pods that wait between decision and binding. */
  readonly #settling: Settling
  /** Pods decided but not yet seen bound, by uid. */
  readonly #assumed = new Map<string, PodFacts>()
  /** Pods for which room is being made: others of lower priority must leave it to them. */
  readonly #nominations = new Nominations(this.#columns)
  #bindingEnded = () => {}
  #devicesReady: () => Promise<void> = async () => {}
  #wake = () => {}
  readonly #measures: SchedulerMeasures

  constructor(parts: SchedulerParts) {
    this.#parts = parts
    const profiles = parts.profiles ?? [profileOf({})]
    this.#profiles = new Map(
      profiles.map((profile) => [
        profile.name,
        {
          ...profile,
          placer: new Placer(profile.plugins, parts.random, profile.percentageOfNodesToScore, profile.postFilters),
          settling: settlingPlugins(profile.plugins),
        },
      ]),
    )
    const { client, clock, record } = parts
    this.#tools = { client, clock, record, columns: this.#columns }
    this.#settling = new Settling(this.#tools)
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
    const devices = new DeviceBook({ ...this.#parts, gates: this.#parts.gates ?? defaultGates })
    this.#columns.devices = devices
    const gates = this.#parts.gates ?? defaultGates
    const groups = gates.enabled('GenericWorkload') ? new PodGroups(informers) : undefined
    this.#columns.podGroups = groups
    using _groups = groups?.follow((pod) => this.#reconsider(pod))
    this.#devicesReady = () => devices.ready(signal)
    using _devices = devices.follow()
    using _claims = followDevices(
      informers,
      (change, concerns) => this.#queue.wake(change, concerns),
      (pod) => this.#reconsider(pod),
    )
    using _storage = followStorage(informers, (change, concerns) => this.#queue.wake(change, concerns))
    this.#columns.namespaceLabels = (name) => namespaceCache.get({ name })?.metadata.labels ?? {}
    this.#columns.selectorOfAlike = alikeSelectors(informers)
    using _namespaces = namespaceCache.subscribe((next, previous) => {
      if (!sameJson(next?.metadata.labels, previous?.metadata.labels)) this.#columns.namespacesChanged()
    })
    using _nodes = nodeCache.subscribe((next, previous) => this.#nodeChanged(next, previous))
    using _pods = podCache.subscribe((next, previous) => this.#podChanged(next, previous))
    using _verdicts = this.#parts.journal.provideVerdicts((namespace, name) => this.#verdictsOf(namespace, name))
    signal.addEventListener('abort', () => this.#wake(), { once: true })
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
        if (this.#queue.ready > 0 || signal.aborted) resolve()
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
      const outside = this.#attempt(waiting)
      // One pod at a time: who is placed next has to see what became of this one.
      if (outside !== undefined) await outside
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
    const known: Omit<PodVerdicts, 'nodes'> = {
      schedulerName: profile.name,
      waits: waiting?.place ?? 'unknown',
      attempts: waiting?.attempts ?? 0,
    }
    // What keeps it from the queue keeps it from every node.
    for (const plugin of profile.plugins) {
      const verdict = plugin.preEnqueue?.(pod, this.#columns)
      if (verdict === undefined || verdict.fits) continue
      const { name: by } = plugin
      const all = this.#parts.informers.of(nodes).list()
      const says = { plugin: by, reason: verdict.reason, remedy: '', preemption: 'does not help' as const }
      return { ...known, nodes: all.map(({ metadata }) => ({ node: metadata.name, ...says })) }
    }
    using _room = this.#nominations.without(facts)
    return { ...known, nodes: profile.placer.verdicts(facts, this.#columns) }
  }

  /** Places a pod at once, or in the time that extenders take. */
  #attempt(waiting: Waiting): Promise<void> | undefined {
    const startedMs = this.#parts.clock.monotonic()
    const facts = factsOf(waiting.pod)
    const profile = this.#profiles.get(nameOfProfile(waiting.pod))!
    const { extenders = [] } = this.#parts
    const group = this.#columns.podGroups === undefined ? undefined : groupNameOf(facts.pod)
    if (group !== undefined) return this.#attemptGroup(waiting, group, startedMs)
    const concerned = extenders.length === 0 ? [] : extenders.filter((one) => one.concerns(facts.pod))
    if (concerned.length > 0) return this.#attemptWith(concerned, waiting, facts, profile, startedMs)
    try {
      this.#attemptNow(waiting, facts, profile, startedMs)
    } catch (error) {
      if (!(error instanceof FilterError)) throw error
      this.#attemptFailed(waiting, profile, error)
    }
    return undefined
  }

  #attemptNow(waiting: Waiting, facts: PodFacts, profile: Placing, startedMs: number): void {
    const placement = this.#place(facts, profile.placer)
    if (!isRefused(placement)) {
      this.#placed(waiting, facts, profile, placement, startedMs)
      return
    }
    const why = this.#mayMakeRoom(facts, profile)
    const candidates = why === undefined ? this.#candidates(facts, profile) : []
    this.#refused(waiting, facts, profile, placement, why, leastLoss(candidates, this.#columns))
  }

  #attemptFailed({ pod }: Waiting, profile: Placing, error: unknown): void {
    const { uid } = pod.metadata
    const message = error instanceof Error ? error.message : String(error)
    this.#measures.attempted('error', profile.name)
    this.#queue.failed(uid, new Set(), true)
    if (this.#queue.has(uid)) void reportRefusal(this.#parts, pod, message, undefined, 'SchedulerError')
  }

  async #attemptWith(
    extenders: readonly Extender[],
    waiting: Waiting,
    facts: PodFacts,
    profile: Placing,
    startedMs: number,
  ): Promise<void> {
    const { uid } = waiting.pod.metadata
    try {
      let placement: Placement
      {
        using _room = this.#nominations.without(facts)
        placement = await placeWithExtenders(
          extenders,
          facts,
          this.#columns,
          profile.placer,
          this.#nominations.nodeOf(uid),
        )
      }
      // The pod may have gone, or been bound by somebody else, while extenders were asked.
      if (!this.#queue.has(uid)) return
      if (!isRefused(placement)) {
        this.#placed(waiting, facts, profile, placement, startedMs)
        return
      }
      const why = this.#mayMakeRoom(facts, profile)
      const candidates =
        why === undefined
          ? await agreedCandidates(extenders, facts, this.#columns, this.#candidates(facts, profile))
          : []
      if (this.#queue.has(uid))
        this.#refused(waiting, facts, profile, placement, why, leastLoss(candidates, this.#columns))
    } catch (error) {
      this.#attemptFailed(waiting, profile, error)
    }
  }

  /** Places the pods of a group that wait, all that it needs of them or none. */
  async #attemptGroup(first: Waiting, name: string, startedMs: number): Promise<void> {
    const { namespace = '' } = first.pod.metadata
    const groups = this.#columns.podGroups!
    const all = groups.podsOf(namespace, name)
    const hasNode = ({ metadata, spec }: Pod) =>
      (spec?.nodeName ?? '') !== '' || this.#columns.nodeNameOfPod(metadata.uid) !== undefined
    const others = all.flatMap(({ metadata }) => this.#queue.takeNamed(metadata.uid) ?? [])
    const waiting = [first, ...others].sort(byPriorityAndAge)
    const profile = this.#profiles.get(nameOfProfile(first.pod))!
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
      for (const one of waiting) this.#attemptFailed(one, profile, error)
      const message = error instanceof Error ? error.message : String(error)
      if (known !== undefined)
        void reportGroup(this.#parts, known, { status: 'False', reason: 'SchedulerError', message })
      return
    }
    const verdict = groupVerdict(members, isGang ? gangOf(known) : undefined, scheduled)
    for (const member of members) this.#submit(member, verdict, members, profile, startedMs)
    if (known === undefined) return
    const report =
      verdict === 'placed'
        ? ({ status: 'True', reason: 'Scheduled', message: '' } as const)
        : ({
            status: 'False',
            reason: 'Unschedulable',
            message: verdict === 'unschedulable' ? groupTexts.unschedulable : groupTexts.waitsForRoom,
          } as const)
    void reportGroup(this.#parts, known, report)
  }

  /** Finds a node for a pod of a group, and counts the pod there for those that come after it. */
  async #placeMember(waiting: Waiting, profile: Placing): Promise<Member & { readonly reserved?: Reserved }> {
    const facts = factsOf(waiting.pod)
    const { uid } = waiting.pod.metadata
    const { extenders = [] } = this.#parts
    const concerned = extenders.filter((one) => one.concerns(facts.pod))
    const nominated = this.#nominations.nodeOf(uid)
    const placement =
      concerned.length === 0
        ? this.#place(facts, profile.placer)
        : await placeWithExtenders(concerned, facts, this.#columns, profile.placer, nominated)
    if (!isRefused(placement)) {
      this.#columns.addPod(facts, placement.nodeName)
      const reserved = this.#settling.reserve(profile.settling, facts, placement.nodeName)
      return { waiting, facts, placement, preemption: undefined, reserved }
    }
    const candidates = this.#mayMakeRoom(facts, profile) === undefined ? this.#candidates(facts, profile) : []
    const agreed = await agreedCandidates(concerned, facts, this.#columns, candidates)
    const preemption = leastLoss(agreed, this.#columns)
    // The room it gets is not there for the others.
    if (preemption !== undefined) this.#columns.addPod(facts, preemption.nodeName)
    return { waiting, facts, placement, preemption }
  }

  #revert({ waiting, reserved }: Member & { readonly reserved?: Reserved }): void {
    reserved?.[Symbol.dispose]()
    this.#columns.removePod(waiting.pod.metadata.uid)
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
      this.#placed(waiting, facts, profile, placement, startedMs, reserved)
      return
    }
    this.#revert(member)
    if (!this.#queue.has(waiting.pod.metadata.uid)) return
    if (isRefused(placement)) {
      // Nobody is evicted for a group that would not fit even then.
      this.#refused(waiting, facts, profile, placement, undefined, verdict === 'unschedulable' ? undefined : preemption)
      return
    }
    const refused = members.flatMap((one) => (isRefused(one.placement) ? [one.placement] : []))
    const text = verdict === 'unschedulable' ? groupTexts.waitsForOthers : groupTexts.waitsForRoom
    if (verdict === 'waits for preemption') this.#nominations.set(facts, placement.nodeName)
    this.#refused(waiting, facts, profile, waitsWithGroup(text, refused), undefined, undefined)
  }

  #decision({ metadata }: Pod) {
    return {
      atMs: this.#parts.clock.now(),
      component: 'scheduler',
      object: `Pod/${metadata.namespace}/${metadata.name}`,
      seenRevision: metadata.resourceVersion,
      writtenRevision: '',
    }
  }

  #placed(
    waiting: Waiting,
    facts: PodFacts,
    { name, settling }: Placing,
    { nodeName, feasible, evaluated }: Exclude<Placement, RefusedPlacement>,
    startedMs: number,
    reserved?: Reserved,
  ): void {
    const { clock, journal } = this.#parts
    const { uid } = waiting.pod.metadata
    const decision = this.#decision(waiting.pod)
    this.#nominations.delete(uid)
    this.#columns.addPod(facts, nodeName)
    this.#assumed.set(uid, facts)
    const settled = this.#settling.begin(settling, facts, nodeName, reserved)
    const told = () =>
      this.#track(
        this.#bind(waiting, nodeName).then(
          (revision) => {
            const nowMs = clock.monotonic()
            this.#measures.attempted('scheduled', name, (nowMs - startedMs) / 1000)
            this.#measures.scheduled(waiting.attempts, (nowMs - waiting.addedMs) / 1000)
            journal.record({
              ...decision,
              writtenRevision: revision,
              reason: `placed on ${nodeName}: best of ${feasible} that fit, of ${evaluated} looked at`,
            })
          },
          (error) => this.#bindingFailed(waiting, nodeName, error),
        ),
      )
    if (settled === undefined) told()
    // It may wait long for its volumes: meanwhile others are bound.
    else void settled.then(told, (error) => this.#bindingFailed(waiting, nodeName, error))
  }

  #refused(
    { pod }: Waiting,
    facts: PodFacts,
    profile: Placing,
    placement: RefusedPlacement,
    why: string | undefined,
    preemption: Preemption | undefined,
  ): void {
    const message =
      why !== undefined ? placement.says(why) : preemption === undefined ? placement.message : placement.says(undefined)
    this.#parts.journal.record({ ...this.#decision(pod), reason: message })
    this.#measures.attempted('unschedulable', profile.name)
    this.#queue.failed(pod.metadata.uid, placement.wakeOn, false)
    if (preemption !== undefined) this.#makeRoom(facts, preemption)
    for (const act of placement.acts)
      void act(this.#tools).catch((error) =>
        this.#parts.log.warn('what a refused pod needs could not be done', {
          pod: pod.metadata.name,
          error: String(error),
        }),
      )
    void reportRefusal(this.#parts, pod, message, preemption)
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

  /** Why no room is made for a refused pod; undefined when it may be. */
  #mayMakeRoom({ pod }: PodFacts, { preemption }: Placing): string | undefined {
    // Without that plugin nothing is said of it either.
    if (preemption === undefined) return ''
    const podOf = this.#podOf()
    const nominated = this.#nominations.nodeOf(pod.metadata.uid)
    const place = nominated === undefined ? undefined : this.#columns.placeOf(nominated)
    const others = place === undefined ? [] : [...this.#columns.podsAt(place)].map((one) => podOf(one.pod))
    return mayNotPreempt(pod, nominated, others)
  }

  /** Where pods of lower priority could make room. */
  #candidates(facts: PodFacts, { placer, preemption }: Placing) {
    this.#measures.preempting()
    return preemptionCandidates({
      facts,
      columns: this.#columns,
      placer,
      random: this.#parts.random,
      budgets: this.#parts.informers.of(podDisruptionBudgets).list(),
      podOf: this.#podOf(),
      ...(preemption === undefined ? {} : { choice: preemption }),
    })
  }

  #podOf(): (pod: Pod) => Pod {
    const podCache = this.#parts.informers.of(pods)
    return (one) => podCache.get({ name: one.metadata.name, namespace: one.metadata.namespace ?? '' }) ?? one
  }

  /** Has the victims evicted, and the room kept. */
  #makeRoom(facts: PodFacts, preemption: Preemption): void {
    const { pod } = facts
    this.#measures.victims(preemption.victims.length)
    const outranked = this.#nominations.outrankedOn(preemption.nodeName, priorityOf(pod))
    for (const { metadata } of outranked) this.#nominations.delete(metadata.uid)
    this.#nominations.set(facts, preemption.nodeName)
    void Promise.all([evictVictims(this.#parts, pod, preemption), clearNominations(this.#parts, outranked)]).catch(
      (error) => {
        this.#nominations.delete(pod.metadata.uid)
        this.#parts.log.warn('room could not be made for a pod', { pod: pod.metadata.name, error: String(error) })
      },
    )
  }

  async #bind({ pod }: Waiting, nodeName: string): Promise<string> {
    const { client, record } = this.#parts
    const { name, namespace = '', uid } = pod.metadata
    if (!(await this.#boundOutside(pod, nodeName)))
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

  /** Whether an extender has bound the pod. */
  async #boundOutside(pod: Pod, nodeName: string): Promise<boolean> {
    for (const extender of this.#parts.extenders ?? []) {
      if (!extender.binds || !extender.concerns(pod)) continue
      try {
        await extender.bind(pod, nodeName)
        return true
      } catch (error) {
        if (!extender.isIgnorable) throw error
      }
    }
    return false
  }

  #bindingFailed(waiting: Waiting, nodeName: string, error: unknown): void {
    const { pod } = waiting
    const { uid } = pod.metadata
    this.#assumed.delete(uid)
    this.#columns.removePod(uid)
    this.#measures.attempted('error', nameOfProfile(pod))
    this.#takeBack(factsOf(pod), nodeName)
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

  /** What was written for a pod that is not bound after all. */
  #takeBack(facts: PodFacts, nodeName: string): void {
    for (const plugin of this.#profiles.get(nameOfProfile(facts.pod))?.settling ?? [])
      if (plugin.unreserve !== undefined && plugin.skips?.(facts) !== true)
        void plugin.unreserve(facts, nodeName, this.#tools).catch((error) =>
          this.#parts.log.warn('what was reserved for a pod could not be given back', {
            pod: facts.pod.metadata.name,
            error: String(error),
          }),
        )
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
    if ((next.spec?.resourceClaims ?? []).length > 0 && this.#columns.devices?.isReady === false) {
      this.#awaitDevices(next)
      return
    }
    const gated = profile.plugins.some((plugin) => plugin.preEnqueue?.(next, this.#columns).fits === false)
    // Kubernetes: a change of status alone (our own report of the refusal) is no reason to try again.
    if (
      this.#queue.has(uid) &&
      previous !== undefined &&
      sameJson(previous.spec, next.spec) &&
      sameJson(previous.metadata.labels, next.metadata.labels) &&
      sameJson(previous.status?.resourceClaimStatuses, next.status?.resourceClaimStatuses)
    )
      return
    this.#queue.add(next, gated)
    const group = previous === undefined && this.#columns.podGroups !== undefined ? groupNameOf(next) : undefined
    if (group === undefined) return
    // With it the group may be complete.
    for (const other of this.#columns.podGroups!.podsOf(next.metadata.namespace ?? '', group)) this.#reconsider(other)
    const isOfGroup = (pod: Pod) => pod.metadata.namespace === next.metadata.namespace && groupNameOf(pod) === group
    this.#queue.wake('UnscheduledPod/Add', isOfGroup)
  }

  /** A pod that asks for devices is queued once everything about them is known. */
  #awaitDevices({ metadata }: Pod): void {
    const { namespace = '', name, uid } = metadata
    void this.#devicesReady().then(
      () => {
        const pod = this.#parts.informers.of(pods).get({ namespace, name })
        if (pod?.metadata.uid === uid && !this.#queue.has(uid)) this.#podChanged(pod, undefined)
      },
      // The scheduler ends.
      () => {},
    )
  }

  /** A pod that was kept from the queue may be let in now. */
  #reconsider(pod: Pod): void {
    const profile = this.#profiles.get(nameOfProfile(pod))
    if (profile === undefined || this.#queue.of(pod.metadata.uid)?.place !== 'gated') return
    if (profile.plugins.every((plugin) => plugin.preEnqueue?.(pod, this.#columns).fits !== false))
      this.#queue.add(pod, false)
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
  if (!sameJson(next.status?.declaredFeatures, previous.status?.declaredFeatures))
    changes.push('Node/UpdateDeclaredFeature')
  return changes
}
