import type { PodKind, PodMatcher } from '../framework/pod-kind.ts'
import { PodCounter } from './pod-counter.ts'
import { Topology } from './topology.ts'

/** The nodes as counters see them. */
export interface Places {
  readonly capacity: number
  /** One more than the highest place in use. */
  readonly size: number
  labelsAt(place: number): Readonly<Record<string, string>> | undefined
}
interface Kind {
  readonly kind: PodKind
  /** How many pods of the kind are on each place. */
  readonly onPlace: Map<number, number>
  counters: Counting[]
}
interface Counting {
  readonly counter: PodCounter
  readonly matcher: PodMatcher
  usedAt: number
  isDropped: boolean
}
/** Counters that nobody asked for longest make room for new ones: of all together there are so many numbers, and so many of them at least. */
const placesMax = 1 << 24
const countersMin = 512

/**
 * Counts of pods by domain, for whoever asks: a counter is made from all pods when first asked for, and from then on follows
 * every pod and node. Costs of a change: the counters it concerns, not the cluster.
 */
export class PodCounters {
  readonly #places: Places
  readonly #topologies = new Map<string, Topology>()
  readonly #kinds = new Map<string, Kind>()
  readonly #counters = new Map<string, Counting>()
  /** Those of #counters, and those that their owners keep. */
  readonly #all = new Set<PodCounter>()
  #uses = 0

  constructor(places: Places) {
    this.#places = places
  }

  /**
   * The counter of pods that match, by the domains of a topology key. `nodes` says which nodes take part, under a key of its
   * own; without it all that have the label do.
   */
  counter(
    topologyKey: string,
    matcher: PodMatcher,
    nodes?: { readonly key: string; readonly counts: (place: number) => boolean },
  ): PodCounter {
    const key = `${topologyKey}|${matcher.key}|${nodes?.key ?? ''}`
    let counting = this.#counters.get(key)
    if (counting === undefined) {
      counting = this.#made(topologyKey, matcher, nodes?.counts ?? always)
      if (this.#counters.size >= Math.max(countersMin, placesMax / this.#places.capacity)) this.#dropOldest()
      this.#counters.set(key, counting)
    }
    counting.usedAt = ++this.#uses
    return counting.counter
  }

  /** A counter that only its owner adds to, until it is released. */
  own(topologyKey: string): PodCounter {
    return this.#counterFor(this.topology(topologyKey), always)
  }

  release(counter: PodCounter): void {
    this.#all.delete(counter)
  }

  topology(key: string): Topology {
    const known = this.#topologies.get(key)
    if (known !== undefined) return known
    const topology = new Topology(key, this.#places.capacity)
    for (let place = 0; place < this.#places.size; place++) topology.set(place, this.#places.labelsAt(place))
    this.#topologies.set(key, topology)
    return topology
  }

  grow(capacity: number): void {
    for (const topology of this.#topologies.values()) topology.grow(capacity)
    for (const counter of this.#all) counter.grow(capacity)
  }

  /** A node came, changed or went. */
  nodeChanged(place: number): void {
    for (const counter of this.#all) counter.leave(place)
    const labels = this.#places.labelsAt(place)
    for (const topology of this.#topologies.values()) topology.set(place, labels)
    for (const counter of this.#all) counter.lookAt(place)
  }

  add(kind: PodKind, place: number, by: 1 | -1): void {
    let known = this.#kinds.get(kind.key)
    if (known === undefined) {
      const counters = [...this.#counters.values()].filter(({ matcher }) => matcher.matches(kind))
      known = { kind, onPlace: new Map(), counters }
      this.#kinds.set(kind.key, known)
    }
    const pods = (known.onPlace.get(place) ?? 0) + by
    if (pods === 0) known.onPlace.delete(place)
    else known.onPlace.set(place, pods)
    let hasDropped = false
    for (const { counter, isDropped } of known.counters) {
      if (isDropped) hasDropped = true
      else counter.add(place, by)
    }
    if (hasDropped) known.counters = known.counters.filter(({ isDropped }) => !isDropped)
    if (known.onPlace.size === 0) this.#kinds.delete(kind.key)
  }

  /** Forgets all counters: what their matchers go by changed. */
  clear(): void {
    for (const [key, counting] of this.#counters) this.#drop(key, counting)
  }

  #made(topologyKey: string, matcher: PodMatcher, counts: (place: number) => boolean): Counting {
    const counter = this.#counterFor(this.topology(topologyKey), counts)
    const counting: Counting = { counter, matcher, usedAt: 0, isDropped: false }
    for (const known of this.#kinds.values()) {
      if (!matcher.matches(known.kind)) continue
      known.counters.push(counting)
      for (const [place, pods] of known.onPlace) counter.add(place, pods)
    }
    return counting
  }

  #counterFor(topology: Topology, counts: (place: number) => boolean): PodCounter {
    const counter = new PodCounter(topology, this.#places.capacity, counts)
    for (let place = 0; place < this.#places.size; place++) counter.lookAt(place)
    this.#all.add(counter)
    return counter
  }

  #dropOldest(): void {
    let oldest: [string, Counting] | undefined
    for (const one of this.#counters) if (oldest === undefined || one[1].usedAt < oldest[1].usedAt) oldest = one
    if (oldest !== undefined) this.#drop(...oldest)
  }

  #drop(key: string, counting: Counting): void {
    counting.isDropped = true
    this.#counters.delete(key)
    this.#all.delete(counting.counter)
  }
}

const always = () => true
