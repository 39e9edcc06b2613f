import { type HostPort, milliValueOf, parseQuantity, wholeValueOf } from '../../machinery/index.ts'
import type { Node } from '../../resources/index.ts'
import type { PodFacts } from '../framework/pod-facts.ts'

/** Nodes known by their place; grows by doubling. */
const capacityAtFirst = 64

/**
 * All nodes as columns of numbers: what they have, what is taken, one place per node. Invariants:
 * 1. A place holds one node until it is removed; free places are used again.
 * 2. Taken amounts are the sums over exactly the pods in #pods of that node.
 * 3. `generation` grows with every change of a node's labels, taints or schedulability.
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
  /** When a node's labels, taints or schedulability changed last, by place. */
  changed = new Float64Array(capacityAtFirst)
  generation = 0
  readonly #places = new Map<string, number>()
  readonly #free: number[] = []
  readonly #pods = new Map<string, { readonly place: number; readonly facts: PodFacts }>()
  /** One more than the highest place in use. */
  size = 0

  get count(): number {
    return this.#places.size
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
    this.#setImages(place, node)
    if (before === undefined || before.metadata.labels !== node.metadata.labels || before.spec !== node.spec)
      this.changed[place] = ++this.generation
  }

  removeNode(name: string): void {
    const place = this.#places.get(name)
    if (place === undefined) return
    this.#places.delete(name)
    this.#free.push(place)
    this.#forgetImages(place)
    this.alive[place] = 0
    this.nodes[place] = undefined
    this.changed[place] = ++this.generation
    for (const [uid, held] of this.#pods) {
      if (held.place !== place) continue
      this.#pods.delete(uid)
      if (hasAffinity(held.facts)) this.podsWithAffinity--
    }
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

  nodeNameOfPod(uid: string): string | undefined {
    const held = this.#pods.get(uid)
    return held === undefined ? undefined : this.nodes[held.place]?.metadata.name
  }

  /** How many counted pods have affinity of their own, which may concern others. */
  podsWithAffinity = 0
  /** Labels of a namespace, for selectors of namespaces; set by whoever keeps them. */
  namespaceLabels: (namespace: string) => Readonly<Record<string, string>> = () => ({})

  /** Every counted pod with its place. */
  placed(): Iterable<{ readonly place: number; readonly facts: PodFacts }> {
    return this.#pods.values()
  }

  #count(place: number, facts: PodFacts, sign: 1 | -1): void {
    if (hasAffinity(facts)) this.podsWithAffinity += sign
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

  #setImages(place: number, node: Node): void {
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
  }
}

function hasAffinity({ pod }: PodFacts): boolean {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
  return podAffinity !== undefined || podAntiAffinity !== undefined
}

const plainResources = new Set(['cpu', 'memory', 'ephemeral-storage', 'pods'])

function amountOf(text: string | undefined): number {
  return text === undefined ? 0 : wholeValueOf(parseQuantity(text))
}
