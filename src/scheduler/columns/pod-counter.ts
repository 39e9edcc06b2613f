import type { Topology } from './topology.ts'

/**
 * How many of certain pods each domain of a topology holds, kept true by whoever adds and removes pods and nodes.
 * Only nodes that `counts` accepts take part; a domain takes part while one of its nodes does.
 */
export class PodCounter {
  readonly topology: Topology
  readonly #counts: (place: number) => boolean
  /** By place: the pods on the node, whether it takes part or not. */
  onPlace: Int32Array
  /** By place: the domain the node's pods are counted in; -1: none. */
  #within: Int32Array
  #pods: Int32Array = new Int32Array(16)
  #nodes: Int32Array = new Int32Array(16)
  /** How many domains that take part hold so many pods. */
  readonly #domainsWith: number[] = []
  #least = 0
  /** Pods counted in all domains. */
  total = 0
  /** Domains that take part. */
  domains = 0

  constructor(topology: Topology, capacity: number, counts: (place: number) => boolean) {
    this.topology = topology
    this.#counts = counts
    this.onPlace = new Int32Array(capacity)
    this.#within = new Int32Array(capacity).fill(-1)
  }

  grow(capacity: number): void {
    const onPlace = new Int32Array(capacity)
    onPlace.set(this.onPlace)
    this.onPlace = onPlace
    const within = new Int32Array(capacity).fill(-1)
    within.set(this.#within)
    this.#within = within
  }

  /** Pods in the domain of a place; 0 where it has none. */
  of(place: number): number {
    return this.in(this.topology.of[place]!)
  }

  /** Pods in a domain; 0 where it is none. */
  in(domain: number): number {
    return domain < 0 || domain >= this.#pods.length ? 0 : this.#pods[domain]!
  }

  /** The fewest pods that a domain holds; 0 when fewer domains than asked for take part. */
  least(domainsMin: number): number {
    return this.domains < domainsMin || this.domains === 0 ? 0 : this.#least
  }

  add(place: number, by: number): void {
    this.onPlace[place]! += by
    const domain = this.#within[place]!
    if (domain >= 0) this.#move(domain, by)
  }

  /** Looks at a node's labels again; what its pods count for may have changed. */
  lookAt(place: number): void {
    const domain = this.topology.of[place]!
    const next = domain >= 0 && this.#counts(place) ? domain : -1
    this.leave(place)
    if (next < 0) return
    if (next >= this.#pods.length) this.#widen(next)
    this.#within[place] = next
    if (this.#nodes[next]!++ === 0) {
      this.domains++
      this.#note(this.#pods[next]!, 1)
    }
    this.#move(next, this.onPlace[place]!)
  }

  /** Takes a node out of its domain, before its labels change or it goes. */
  leave(place: number): void {
    const domain = this.#within[place]!
    if (domain < 0) return
    this.#move(domain, -this.onPlace[place]!)
    this.#within[place] = -1
    if (--this.#nodes[domain]! === 0) {
      this.domains--
      this.#note(this.#pods[domain]!, -1)
    }
  }

  #move(domain: number, by: number): void {
    if (by === 0) return
    const before = this.#pods[domain]!
    this.#pods[domain] = before + by
    this.total += by
    this.#note(before + by, 1)
    this.#note(before, -1)
  }

  /** Keeps the least true: domains come to hold a number of pods, or hold it no longer. */
  #note(pods: number, by: number): void {
    this.#domainsWith[pods] = (this.#domainsWith[pods] ?? 0) + by
    if (by > 0 && (pods < this.#least || this.domains === 1)) this.#least = pods
    while (this.#least < this.#domainsWith.length - 1 && (this.#domainsWith[this.#least] ?? 0) === 0) this.#least++
  }

  #widen(domain: number): void {
    const size = Math.max(domain + 1, this.#pods.length * 2)
    const pods = new Int32Array(size)
    pods.set(this.#pods)
    this.#pods = pods
    const nodes = new Int32Array(size)
    nodes.set(this.#nodes)
    this.#nodes = nodes
  }
}
