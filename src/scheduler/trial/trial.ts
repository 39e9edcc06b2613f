import type { Informers } from '../../client/index.ts'
import { type Clock, isTerminal, Metrics, type Random, sameJson } from '../../machinery/index.ts'
import {
  type FeatureGates,
  type Node,
  namespaces,
  nodes,
  type Pod,
  pods,
  type ResourceSlice,
} from '../../resources/index.ts'
import { NodeColumns } from '../columns/node-columns.ts'
import { Placer } from '../cycle/place.ts'
import { DeviceBook } from '../devices/device-book.ts'
import { alikeSelectors } from '../framework/alike.ts'
import type { SchedulerPlugin } from '../framework/framework.ts'
import { factsOf, type PodFacts } from '../framework/pod-facts.ts'
import type { Profile } from '../profile/profile.ts'
import { StorageBook } from '../storage/storage-book.ts'

/**
 * A copy of the cluster in which pods can be placed with the scheduler's own plugins, to see what would come of it. Nothing is
 * told to anybody. What is tried is undone by `undo`, in reverse order.
 */
export class Trial {
  readonly #columns = new NodeColumns()
  /** By the name that pods give in schedulerName. */
  readonly #placers: ReadonlyMap<string, Placer>
  /** What takes devices, by the same names. */
  readonly #takers: ReadonlyMap<string, SchedulerPlugin | undefined>
  readonly #random: Random
  #devices: DeviceBook | undefined
  readonly #undo: (() => void)[] = []
  #isTrying = false

  /** Pods of a scheduler that none of the profiles is are placed as the first one would. */
  constructor(profiles: readonly [Profile, ...Profile[]], random: Random) {
    this.#random = random
    this.#placers = new Map(profiles.map(({ name, plugins }) => [name, new Placer(plugins, random)]))
    this.#takers = new Map(
      profiles.map(({ name, plugins }) => [name, plugins.find((plugin) => plugin.name === 'DynamicResources')]),
    )
  }

  #placerOf({ spec }: Pod): Placer {
    return this.#placers.get(spec.schedulerName ?? '') ?? this.#placers.values().next().value!
  }

  /** Sees storage, namespaces and what owns pods as the informers have them. */
  lookAround(informers: Informers): void {
    const book = new StorageBook(informers)
    this.#columns.storage = this.#columns.book = book
    const namespaceCache = informers.of(namespaces)
    this.#columns.namespaceLabels = (name) => namespaceCache.get({ name })?.metadata.labels ?? {}
    this.#columns.selectorOfAlike = alikeSelectors(informers)
  }

  /** Keeps nodes and pods as the informers have them, until disposed. What changes while something is tried is seen afterwards. */
  follow(informers: Informers): Disposable {
    const podCache = informers.of(pods)
    const nodeCache = informers.of(nodes)
    podCache.addIndex('node', ({ spec }) => [spec.nodeName ?? ''])
    const subscriptions = [
      informers.of(namespaces).subscribe((next, previous) => {
        if (!sameJson(next?.metadata.labels, previous?.metadata.labels)) this.#columns.namespacesChanged()
      }),
      nodeCache.subscribe((next, previous) => {
        if (next === undefined) this.#columns.removeNode(previous!.metadata.name)
        else {
          const isNew = this.#columns.placeOf(next.metadata.name) === undefined
          this.#columns.setNode(next)
          if (isNew) for (const pod of podCache.by('node', next.metadata.name)) this.#podChanged(pod)
        }
      }),
      podCache.subscribe((next, previous) => {
        if (previous !== undefined && next?.metadata.uid !== previous.metadata.uid)
          this.#columns.removePod(previous.metadata.uid)
        if (next !== undefined) this.#podChanged(next)
      }),
    ]
    return {
      [Symbol.dispose]: () => {
        for (const one of subscriptions) one[Symbol.dispose]()
      },
    }
  }

  /** Follows devices and claims on them until disposed. They count from when `devicesReady` has resolved first. */
  followDevices(
    informers: Informers,
    parts: { readonly clock: Clock; readonly gates: Pick<FeatureGates, 'enabled'> },
  ): Disposable {
    // What is tried is no search of the scheduler's.
    this.#devices = new DeviceBook({ ...parts, informers, random: this.#random, metrics: new Metrics() })
    return this.#devices.follow(() => this.#columns.answersChanged())
  }

  /** Resolves once pods are asked for the devices that they want; what it takes is loaded only then. */
  async devicesReady(signal: AbortSignal): Promise<void> {
    if (this.#devices === undefined || this.#columns.devices !== undefined) return
    await this.#devices.ready(signal)
    this.#columns.devices = this.#devices
    this.#columns.answersChanged()
  }

  #podChanged(pod: Pod): void {
    const { nodeName = '' } = pod.spec
    if (nodeName === '' || isTerminal(pod)) this.#columns.removePod(pod.metadata.uid)
    else this.#columns.addPod(factsOf(pod), nodeName)
  }

  /** Tries something: whatever it changes is undone when it is through. Nothing may be awaited meanwhile. */
  try<T>(work: () => T): T {
    const mark = this.#undo.length
    const outer = this.#isTrying
    this.#isTrying = true
    try {
      return work()
    } finally {
      this.#isTrying = outer
      this.undo(mark)
    }
  }

  /** How much has been tried and not undone: a mark for `undo`. */
  get mark(): number {
    return this.#undo.length
  }
  /** Takes back what was tried since the mark. */
  undo(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()!()
  }

  /** Adds a node, or has one be as given. */
  setNode(node: Node): void {
    const { name } = node.metadata
    const before = this.nodeNamed(name)
    this.#columns.setNode(node)
    this.#later(() => (before === undefined ? this.#columns.removeNode(name) : this.#columns.setNode(before)))
  }

  /** Has drivers offer devices besides those they do. */
  offer(slices: readonly ResourceSlice[]): void {
    const lent = slices.length === 0 ? undefined : this.#columns.devices?.lend(slices)
    if (lent !== undefined) this.#later(() => lent[Symbol.dispose]())
  }

  /** Takes a node away, with all that is on it. */
  removeNode(name: string): void {
    const place = this.#columns.placeOf(name)
    if (place === undefined) return
    const node = this.#columns.nodes[place]!
    const facts = [...this.#columns.podsAt(place)]
    this.#columns.removeNode(name)
    this.#later(() => {
      this.#columns.setNode(node)
      for (const one of facts) this.#columns.addPod(one, name)
    })
  }

  /** Puts a pod on a node, whether it fits or not. */
  addPod(pod: Pod, nodeName: string): void {
    this.#add(factsOf(withoutNode(pod)), nodeName)
  }

  /** Puts a pod where the scheduler would; undefined when it goes nowhere. */
  place(pod: Pod): string | undefined {
    const facts = factsOf(withoutNode(pod))
    const { nodeName } = this.#placerOf(pod).place(facts, this.#columns)
    if (nodeName !== undefined) this.#add(facts, nodeName)
    return nodeName
  }

  /** Why a node does not take a pod, in the scheduler's words; undefined when it does. */
  refusal(pod: Pod, nodeName: string): string | undefined {
    const place = this.#columns.placeOf(nodeName)
    if (place === undefined) return 'node(s) not found'
    return this.#placerOf(pod).refusals(factsOf(withoutNode(pod)), this.#columns)(place)?.verdict.reason
  }

  nodeNamed(name: string): Node | undefined {
    const place = this.#columns.placeOf(name)
    return place === undefined ? undefined : this.#columns.nodes[place]
  }

  #add(facts: PodFacts, nodeName: string): void {
    const { uid } = facts.pod.metadata
    this.#columns.addPod(facts, nodeName)
    this.#later(() => this.#columns.removePod(uid))
    if (this.#columns.devices === undefined) return
    const taken = this.#takeDevices(facts, nodeName)
    if (taken !== undefined) this.#later(() => taken[Symbol.dispose]())
  }
  #takeDevices(facts: PodFacts, nodeName: string): Disposable | undefined {
    const name = facts.pod.spec.schedulerName ?? ''
    const taker = this.#takers.has(name) ? this.#takers.get(name) : this.#takers.values().next().value
    if (taker?.skips?.(facts) !== false) return undefined
    try {
      return taker.reserve?.(facts, nodeName, this.#columns)
    } catch {
      // It is there whether it fits or not.
      return undefined
    }
  }
  #later(undo: () => void): void {
    if (this.#isTrying) this.#undo.push(undo)
  }
}

/** The pod as it was before it had a node. */
function withoutNode(pod: Pod): Pod {
  if ((pod.spec.nodeName ?? '') === '') return pod
  const { nodeName: _, ...spec } = pod.spec
  return { ...pod, spec }
}
