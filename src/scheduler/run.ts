import { isActive, type PodVerdicts, sameJson } from '../machinery/index.ts'
import { defaultGates, namespaces, nodes, podDisruptionBudgets, pods } from '../resources/index.ts'
import { dispatchedCalls } from './calls/dispatcher.ts'
import { directCalls } from './calls/pod-calls.ts'
import { NodeColumns } from './columns/node-columns.ts'
import { isRefused, type Placement } from './cycle/explain.ts'
import { Placer } from './cycle/place.ts'
import { Settling, settlingPlugins } from './cycle/settling.ts'
import { followDevices } from './devices/changes.ts'
import { DeviceBook } from './devices/device-book.ts'
import type { Extender } from './extenders/extender.ts'
import { agreedCandidates, placeWithExtenders } from './extenders/place.ts'
import { alikeSelectors } from './framework/alike.ts'
import { FilterError } from './framework/framework.ts'
import { factsOf, type PodFacts } from './framework/pod-facts.ts'
import { GroupAttempts } from './gang/attempt.ts'
import { groupNameOf, PodGroups } from './gang/pod-groups.ts'
import { Binder } from './loop/binder.ts'
import { ClusterChanges } from './loop/cluster-changes.ts'
import { Outcomes } from './loop/outcomes.ts'
import { Room } from './loop/room.ts'
import { nameOfProfile, type Placing, type SchedulerParts, type Shared } from './loop/shared.ts'
import { schedulerMeasures } from './measures.ts'
import { PluginMeasures } from './plugin-measures.ts'
import { Nominations } from './preemption/nominations.ts'
import { leastLoss } from './preemption/plan.ts'
import { profileOf } from './profile/profile.ts'
import { SchedulingQueue, type Waiting } from './queue/scheduling-queue.ts'
import { followStorage } from './storage/changes.ts'
import { StorageBook } from './storage/storage-book.ts'

/** A turn of placing yields to other work after this many pods, or this long. */
const podsPerTurn = 64
const turnMsMax = 4

/** Places pods until the signal aborts. A decision counts at once; binding follows beside it. */
export async function runScheduler(parts: SchedulerParts, signal: AbortSignal): Promise<void> {
  await new Scheduler(parts).run(signal)
}

class Scheduler {
  readonly #shared: Shared
  readonly #room: Room
  readonly #binder: Binder
  readonly #outcomes: Outcomes
  readonly #groups: GroupAttempts
  #wake = () => {}
  #endTurn = () => {}

  constructor(parts: SchedulerParts) {
    this.#shared = sharedOf(
      parts,
      () => this.#wake(),
      () => this.#binder.underWay,
    )
    this.#room = new Room(this.#shared)
    this.#binder = new Binder(this.#shared)
    this.#outcomes = new Outcomes(this.#shared, this.#room, this.#binder)
    this.#groups = new GroupAttempts(this.#shared, this.#room, this.#outcomes)
  }

  async run(signal: AbortSignal): Promise<void> {
    const { parts, columns, queue } = this.#shared
    const { informers, gates = defaultGates } = parts
    const nodeCache = informers.of(nodes)
    const podCache = informers.of(pods)
    const namespaceCache = informers.of(namespaces)
    const budgetCache = informers.of(podDisruptionBudgets)
    podCache.addIndex('node', ({ spec }) => [spec?.nodeName ?? ''])
    const book = new StorageBook(informers)
    await Promise.all([
      ...[nodeCache, podCache, namespaceCache, budgetCache].map((cache) => cache.synced(signal)),
      book.synced(signal),
    ])
    columns.storage = columns.book = book
    const devices = new DeviceBook({ ...parts, gates })
    columns.devices = devices
    const changes = new ClusterChanges(this.#shared, this.#room, () => devices.ready(signal))
    const groups = gates.enabled('GenericWorkload') ? new PodGroups(informers) : undefined
    columns.podGroups = groups
    using _groups = groups?.follow((pod) => changes.reconsider(pod))
    using _devices = devices.follow(() => {
      columns.answersChanged()
      queue.wake('DeviceClass/Update')
    })
    using _claims = followDevices(
      informers,
      (change, concerns) => queue.wake(change, concerns),
      (pod) => changes.reconsider(pod),
    )
    using _storage = followStorage(informers, (change, concerns) => queue.wake(change, concerns))
    columns.namespaceLabels = (name) => namespaceCache.get({ name })?.metadata.labels ?? {}
    columns.selectorOfAlike = alikeSelectors(informers)
    using _namespaces = namespaceCache.subscribe((next, previous) => {
      if (!sameJson(next?.metadata.labels, previous?.metadata.labels)) columns.namespacesChanged()
    })
    using _nodes = nodeCache.subscribe((next, previous) => changes.nodeChanged(next, previous))
    using _pods = podCache.subscribe((next, previous) => changes.podChanged(next, previous))
    using _verdicts = parts.journal.provideVerdicts((namespace, name) => this.#verdictsOf(namespace, name))
    signal.addEventListener(
      'abort',
      () => {
        this.#wake()
        this.#endTurn()
      },
      { once: true },
    )
    while (!signal.aborted) {
      const placed = await this.#turn(signal)
      if (placed > 0) {
        // Lets informers, bindings and everything else of the process have their turn.
        await new Promise<void>((resolve) => {
          this.#endTurn = resolve
          parts.clock.after(0, resolve)
        })
        continue
      }
      if (signal.aborted) break
      this.#binder.calm()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        if (queue.ready > 0 || signal.aborted) resolve()
      })
      this.#wake = () => {}
    }
    queue.clear()
    this.#shared.settling.stop(signal.reason)
    await this.#binder.settled()
    this.#binder.calm()
  }

  async #turn(signal: AbortSignal): Promise<number> {
    const { clock } = this.#shared.parts
    const startedMs = clock.monotonic()
    let placed = 0
    for (; placed < podsPerTurn && clock.monotonic() - startedMs < turnMsMax && !signal.aborted; placed++) {
      while (this.#binder.isBusy) await this.#binder.ended()
      const waiting = this.#shared.queue.take()
      if (waiting === undefined) break
      const outside = this.#attempt(waiting)
      // One pod at a time: who is placed next has to see what became of this one.
      if (outside !== undefined) await outside
    }
    return placed
  }

  /** What keeps a pod waiting, node by node. */
  #verdictsOf(namespace: string, name: string): PodVerdicts | undefined {
    const pod = this.#shared.parts.informers.of(pods).get({ namespace, name })
    if (pod === undefined || (pod.spec?.nodeName ?? '') !== '' || !isActive(pod as never)) return undefined
    const profile = this.#shared.profiles.get(nameOfProfile(pod))
    if (profile === undefined) return undefined
    const waiting = this.#shared.queue.of(pod.metadata.uid)
    const facts = factsOf(pod)
    const known: Omit<PodVerdicts, 'nodes'> = {
      schedulerName: profile.name,
      waits: waiting?.place ?? 'unknown',
      attempts: waiting?.attempts ?? 0,
    }
    // What keeps it from the queue keeps it from every node.
    for (const plugin of profile.plugins) {
      const verdict = plugin.preEnqueue?.(pod, this.#shared.columns)
      if (verdict === undefined || verdict.fits) continue
      const { name: by } = plugin
      const all = this.#shared.parts.informers.of(nodes).list()
      const says = { plugin: by, reason: verdict.reason, remedy: '', preemption: 'does not help' as const }
      return { ...known, nodes: all.map(({ metadata }) => ({ node: metadata.name, ...says })) }
    }
    using _room = this.#shared.nominations.without(facts)
    return { ...known, nodes: profile.placer.verdicts(facts, this.#shared.columns) }
  }

  /** Places a pod at once, or in the time that extenders take. */
  #attempt(waiting: Waiting): Promise<void> | undefined {
    const startedMs = this.#shared.parts.clock.monotonic()
    const facts = factsOf(waiting.pod)
    const profile = this.#shared.profiles.get(nameOfProfile(waiting.pod))!
    const { extenders = [] } = this.#shared.parts
    const group = this.#shared.columns.podGroups === undefined ? undefined : groupNameOf(facts.pod)
    if (group !== undefined) return this.#groups.attempt(waiting, group, startedMs)
    const concerned = extenders.length === 0 ? [] : extenders.filter((one) => one.concerns(facts.pod))
    if (concerned.length > 0) return this.#attemptWith(concerned, waiting, facts, profile, startedMs)
    try {
      this.#attemptNow(waiting, facts, profile, startedMs)
    } catch (error) {
      if (!(error instanceof FilterError)) throw error
      this.#outcomes.failed(waiting, profile, error)
    }
    return undefined
  }

  #attemptNow(waiting: Waiting, facts: PodFacts, profile: Placing, startedMs: number): void {
    const placement = this.#room.place(facts, profile.placer)
    this.#searched(startedMs)
    if (!isRefused(placement)) {
      this.#outcomes.placed(waiting, facts, profile, placement, startedMs)
      return
    }
    const why = this.#room.mayMakeRoom(facts, profile)
    const searchedMs = profile.measures.now()
    const candidates = why === undefined ? this.#room.candidates(facts, profile) : []
    profile.measures.point('PostFilter', candidates.length > 0 ? 'Success' : 'Unschedulable', searchedMs)
    this.#outcomes.refused(waiting, facts, profile, placement, why, leastLoss(candidates, this.#shared.columns))
  }

  #searched(startedMs: number): void {
    const { measures, parts } = this.#shared
    measures.searched((parts.clock.monotonic() - startedMs) / 1000)
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
        using _room = this.#shared.nominations.without(facts)
        placement = await placeWithExtenders(
          extenders,
          facts,
          this.#shared.columns,
          profile.placer,
          this.#shared.nominations.nodeOf(uid),
        )
      }
      this.#searched(startedMs)
      // The pod may have gone, or been bound by somebody else, while extenders were asked.
      if (!this.#shared.queue.has(uid)) return
      if (!isRefused(placement)) {
        this.#outcomes.placed(waiting, facts, profile, placement, startedMs)
        return
      }
      const why = this.#room.mayMakeRoom(facts, profile)
      const candidates =
        why === undefined
          ? await agreedCandidates(extenders, facts, this.#shared.columns, this.#room.candidates(facts, profile))
          : []
      if (this.#shared.queue.has(uid))
        this.#outcomes.refused(waiting, facts, profile, placement, why, leastLoss(candidates, this.#shared.columns))
    } catch (error) {
      this.#outcomes.failed(waiting, profile, error)
    }
  }
}

/** What the parts of one scheduler have in common. */
function sharedOf(parts: SchedulerParts, wake: () => void, bindings: () => number): Shared {
  const profiles = (parts.profiles ?? [profileOf({})]).map((profile) => {
    const { name, plugins, percentageOfNodesToScore, postFilters } = profile
    const own = new PluginMeasures(parts.metrics, name, () => parts.clock.monotonic())
    const placer = new Placer(plugins, parts.random, percentageOfNodesToScore, postFilters, own)
    return { ...profile, placer, settling: settlingPlugins(plugins), measures: own }
  })
  const { client, clock, record, metrics, gates = defaultGates } = parts
  const columns = new NodeColumns()
  const tools = { client, clock, record, columns }
  const assumed = new Map<string, PodFacts>()
  const measures = schedulerMeasures(parts.metrics, {
    queues: () => queue.counts,
    refused: () =>
      [...queue.all()]
        .filter(({ place }) => place !== 'taken')
        .map(({ pod, refusedBy }) => ({ profile: nameOfProfile(pod), by: refusedBy })),
    cache: () => ({ nodes: columns.count, pods: columns.podCount, assumed_pods: assumed.size }),
    bindings,
  })
  const queue: SchedulingQueue = new SchedulingQueue(clock, wake, parts.backoff, measures.queued)
  return {
    parts,
    profiles: new Map(profiles.map((profile) => [profile.name, profile])),
    columns,
    queue,
    assumed,
    nominations: new Nominations(columns),
    settling: new Settling(
      tools,
      measures,
      (pod) => profiles.find(({ name }) => name === nameOfProfile(pod))?.measures,
    ),
    tools,
    calls: gates.enabled('SchedulerAsyncAPICalls')
      ? dispatchedCalls(client, clock, metrics)
      : directCalls(client, clock),
    measures,
  }
}
