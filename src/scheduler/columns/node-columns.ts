import { type HostPort, milliValueOf, parseQuantity, sameJson, wholeValueOf } from '../../machinery/index.ts'
import type { Node, Pod } from '../../resources/index.ts'
import type { DeviceBook } from '../devices/device-book.ts'
import type { PodFacts } from '../framework/pod-facts.ts'
import type { PodGroups } from '../gang/pod-groups.ts'
import type { StorageBook } from '../storage/storage-book.ts'
import { noStorage, type StorageView } from '../storage/storage-view.ts'
import { PlacedTerms } from './placed-terms.ts'
import { PodCounters } from './pod-counters.ts'

/** Nodes known by their place; grows by doubling. */
const capacityAtFirst = 64

/**
 * All nodes as columns of numbers: what they have, what is taken, one place per node. Invariants:
 * 1. A place holds one node until it is removed; free places are used again.
 * 2. Taken amounts, counters and placed terms are the sums over exactly the pods in #pods of that node.
 * 3. `changed` of a place moves with every change of its node, and `version` with that and with every change of its pods, so
 *    that answers about a place hold while the one they depend on stays.
 */
export class NodeColumns {
  /** 1 where a node is. */
  alive = new Uint8Array(capacityAtFirst)
  cpuMilli = new Float64Array(capacityAtFirst)
  memoryBytes = new Float64Array(capacityAtFirst)
  ephemeralBytes = new Float64Array(capacityAtFirst)
  podsMax = new Float64Array(capacityAtFirst)
  cpuTaken = new Float64Array(capacityAtFirst)
  memoryTaken = new Float64Array(capacityAtFirst)
  ephemeralTaken = new Float64Array(capacityAtFirst)
  podsTaken = new Float64Array(capacityAtFirst)
  scoredCpuTaken = new Float64Array(capacityAtFirst)
  scoredMemoryTaken = new Float64Array(capacityAtFirst)
  readonly nodes: (Node | undefined)[] = []
  readonly others: (Map<string, number> | undefined)[] = []
  readonly othersTaken: (Map<string, number> | undefined)[] = []
  readonly ports: (HostPort[] | undefined)[] = []
  readonly images: (Map<string, number> | undefined)[] = []
  /** How many nodes have an image. */
  readonly imageSpread = new Map<string, number>()
  /** Nodes with taints that only count against them. */
  preferences = 0
  /** When the node of a place changed last. */
  changed = new Float64Array(capacityAtFirst)
  /** When anything about a place changed last. */
  version = new Float64Array(capacityAtFirst)
  #generation = 0
  /** Moves when images or the number of nodes do: what compares nodes by them holds until then. */
  imagesGeneration = 0
  readonly #places = new Map<string, number>()
  readonly #free: number[] = []
  readonly #pods = new Map<string, { readonly place: number; readonly facts: PodFacts }>()
  readonly #reserved = new Map<string, { readonly place: number; readonly facts: PodFacts }>()
  readonly #podsAt: (Set<PodFacts> | undefined)[] = []
  /** One more than the highest place in use. */
  size = 0
  /** Labels of a namespace, for selectors of namespaces; set by whoever keeps them. */
  namespaceLabels: (namespace: string) => Readonly<Record<string, string>> = () => ({})
  /** What selects the pods that are like a pod (those of its Services and its owner), if anything; set by whoever keeps them. */
  selectorOfAlike: (pod: Pod) => object | undefined = () => undefined
  /** The cluster's storage; set by whoever keeps it. */
  storage: StorageView = noStorage
  /** The same, where decisions about it are kept. */
  book: StorageBook | undefined
  /** The cluster's devices and the claims on them; set by whoever keeps them. */
  devices: DeviceBook | undefined
  /** Groups of pods that are placed together; set by whoever keeps them, where there are such. */
  podGroups: PodGroups | undefined
  readonly counters: PodCounters
  readonly terms: PlacedTerms

  constructor() {
    const columns = this
    this.counters = new PodCounters({
      get capacity() {
        return columns.alive.length
      },
      get size() {
        return columns.size
      },
      labelsAt: (place) => {
        const node = this.nodes[place]
        return node === undefined ? undefined : (node.metadata.labels ?? {})
      },
    })
    this.terms = new PlacedTerms(this.counters, (namespace) => this.namespaceLabels(namespace))
  }

  /** How many places there is room for. */
  get capacity(): number {
    return this.alive.length
  }

  get count(): number {
    return this.#places.size
  }

  /** How many pods are counted on nodes. */
  get podCount(): number {
    return this.#pods.size
  }

  placeOf(name: string): number | undefined {
    return this.#places.get(name)
  }

  /** Adds a node or takes in its new state. */
  setNode(node: Node): void {
    const { name } = node.metadata
    let place = this.#places.get(name)
    if (place === undefined) {
      place = this.#free.pop() ?? this.size++
      if (place >= this.alive.length) this.#grow()
      this.#places.set(name, place)
      this.alive[place] = 1
    }
    const before = this.nodes[place]
    this.#setImages(place, node, before)
    this.nodes[place] = node
    const allocatable = node.status?.allocatable ?? {}
    this.cpuMilli[place] = allocatable.cpu === undefined ? 0 : milliValueOf(parseQuantity(allocatable.cpu))
    this.memoryBytes[place] = amountOf(allocatable.memory)
    this.ephemeralBytes[place] = amountOf(allocatable['ephemeral-storage'])
    this.podsMax[place] = amountOf(allocatable.pods)
    const others = new Map<string, number>()
    for (const [key, value] of Object.entries(allocatable))
      if (!plainResources.has(key)) others.set(key, amountOf(value))
    this.others[place] = others
    this.preferences += Number(hasPreference(node)) - Number(hasPreference(before))
    this.changed[place] = this.version[place] = ++this.#generation
    if (before === undefined) this.imagesGeneration++
    if (before === undefined || !sameJson(before.metadata.labels, node.metadata.labels) || !sameSpec(before, node))
      this.counters.nodeChanged(place)
  }

  removeNode(name: string): void {
    const place = this.#places.get(name)
    if (place === undefined) return
    this.#places.delete(name)
    this.#free.push(place)
    for (const { pod } of [...(this.#podsAt[place] ?? [])]) this.removePod(pod.metadata.uid)
    for (const [uid, held] of this.#reserved) if (held.place === place) this.#reserved.delete(uid)
    this.#forgetImages(place)
    this.imagesGeneration++
    this.alive[place] = 0
    this.preferences -= Number(hasPreference(this.nodes[place]))
    this.nodes[place] = undefined
    this.changed[place] = this.version[place] = ++this.#generation
    this.counters.nodeChanged(place)
    for (const column of [
      this.cpuTaken,
      this.memoryTaken,
      this.ephemeralTaken,
      this.podsTaken,
      this.scoredCpuTaken,
      this.scoredMemoryTaken,
    ])
      column[place] = 0
    this.othersTaken[place] = undefined
    this.ports[place] = undefined
  }

  /** Counts a pod on its node; one that is counted already moves or takes its new size. */
  addPod(facts: PodFacts, nodeName: string): void {
    const { uid } = facts.pod.metadata
    this.removePod(uid)
    const place = this.#places.get(nodeName)
    if (place === undefined) return
    this.#pods.set(uid, { place, facts })
    this.#count(place, facts, 1)
  }

  removePod(uid: string): void {
    const held = this.#pods.get(uid)
    if (held === undefined) return
    this.#pods.delete(uid)
    this.#count(held.place, held.facts, -1)
  }

  /** Keeps room for a pod that is not there yet; one that has some already moves. Nobody counts it as a pod. */
  reserve(facts: PodFacts, nodeName: string): void {
    const { uid } = facts.pod.metadata
    this.unreserve(uid)
    const place = this.#places.get(nodeName)
    if (place === undefined) return
    this.#reserved.set(uid, { place, facts })
    this.#countAmounts(place, facts, 1)
  }

  unreserve(uid: string): void {
    const held = this.#reserved.get(uid)
    if (held === undefined) return
    this.#reserved.delete(uid)
    this.#countAmounts(held.place, held.facts, -1)
  }

  /** Takes in a pod that is counted and whose size and labels are as they were, so that what it was is not kept. */
  renewPod(pod: Pod): void {
    const held = this.#pods.get(pod.metadata.uid)
    if (held !== undefined) held.facts.pod = pod
  }

  /** What is known of a pod that is counted. */
  factsOfPod(uid: string): PodFacts | undefined {
    return this.#pods.get(uid)?.facts
  }

  nodeNameOfPod(uid: string): string | undefined {
    const held = this.#pods.get(uid)
    return held === undefined ? undefined : this.nodes[held.place]?.metadata.name
  }

  /** The counted pods of a place. */
  podsAt(place: number): Iterable<PodFacts> {
    return this.#podsAt[place] ?? []
  }

  /** Labels of a namespace changed: what goes by them is found out again. */
  namespacesChanged(): void {
    this.counters.clear()
    this.terms.forgetMatches()
  }

  /** Nodes may answer otherwise now, though nothing about them changed. */
  answersChanged(): void {
    for (let place = 0; place < this.size; place++) this.version[place] = ++this.#generation
  }

  #count(place: number, facts: PodFacts, sign: 1 | -1): void {
    const podsHere = this.#podsAt[place] ?? new Set()
    this.#podsAt[place] = podsHere
    if (sign === 1) podsHere.add(facts)
    else podsHere.delete(facts)
    this.counters.add(facts.kind, place, sign)
    if (facts.terms !== undefined) this.terms.add(facts.terms, place, sign)
    this.#countAmounts(place, facts, sign)
  }

  #countAmounts(place: number, facts: PodFacts, sign: 1 | -1): void {
    this.version[place] = ++this.#generation
    this.cpuTaken[place]! += sign * facts.cpuMilli
    this.memoryTaken[place]! += sign * facts.memoryBytes
    this.ephemeralTaken[place]! += sign * facts.ephemeralBytes
    this.podsTaken[place]! += sign
    this.scoredCpuTaken[place]! += sign * facts.scoredCpuMilli
    this.scoredMemoryTaken[place]! += sign * facts.scoredMemoryBytes
    if (facts.others.size > 0) {
      const taken = this.othersTaken[place] ?? new Map<string, number>()
      this.othersTaken[place] = taken
      for (const [name, amount] of facts.others) taken.set(name, (taken.get(name) ?? 0) + sign * amount)
    }
    if (facts.ports.length === 0) return
    const ports = this.ports[place] ?? []
    this.ports[place] = ports
    for (const port of facts.ports) {
      if (sign === 1) ports.push(port)
      else
        ports.splice(
          ports.findIndex((one) => one.port === port.port && one.protocol === port.protocol && one.ip === port.ip),
          1,
        )
    }
  }

  #setImages(place: number, node: Node, before: Node | undefined): void {
    if (before !== undefined && sameJson(before.status?.images, node.status?.images)) return
    this.imagesGeneration++
    this.#forgetImages(place)
    const images = new Map<string, number>()
    for (const { names, sizeBytes } of node.status?.images ?? []) {
      for (const name of names ?? []) {
        if (!images.has(name)) this.imageSpread.set(name, (this.imageSpread.get(name) ?? 0) + 1)
        images.set(name, sizeBytes ?? 0)
      }
    }
    this.images[place] = images
  }

  #forgetImages(place: number): void {
    for (const name of this.images[place]?.keys() ?? []) {
      const spread = (this.imageSpread.get(name) ?? 1) - 1
      if (spread === 0) this.imageSpread.delete(name)
      else this.imageSpread.set(name, spread)
    }
    this.images[place] = undefined
  }

  #grow(): void {
    const wider = (column: Float64Array) => {
      const next = new Float64Array(column.length * 2)
      next.set(column)
      return next
    }
    const alive = new Uint8Array(this.alive.length * 2)
    alive.set(this.alive)
    this.alive = alive
    this.cpuMilli = wider(this.cpuMilli)
    this.memoryBytes = wider(this.memoryBytes)
    this.ephemeralBytes = wider(this.ephemeralBytes)
    this.podsMax = wider(this.podsMax)
    this.cpuTaken = wider(this.cpuTaken)
    this.memoryTaken = wider(this.memoryTaken)
    this.ephemeralTaken = wider(this.ephemeralTaken)
    this.podsTaken = wider(this.podsTaken)
    this.scoredCpuTaken = wider(this.scoredCpuTaken)
    this.scoredMemoryTaken = wider(this.scoredMemoryTaken)
    this.changed = wider(this.changed)
    this.version = wider(this.version)
    this.counters.grow(this.capacity)
  }
}

function hasPreference(node: Node | undefined): boolean {
  return node?.spec?.taints?.some(({ effect }) => effect === 'PreferNoSchedule') === true
}

/** Whether a node's spec says the same of which pods may come. */
function sameSpec(left: Node, right: Node): boolean {
  return left.spec === right.spec || sameJson(left.spec?.taints, right.spec?.taints)
}

const plainResources = new Set(['cpu', 'memory', 'ephemeral-storage', 'pods'])

function amountOf(text: string | undefined): number {
  return text === undefined ? 0 : wholeValueOf(parseQuantity(text))
}
