/**
 * One topology key over all nodes: each value it has is a domain with a number. Numbers of values that no node has any more
 * are used again.
 */
export class Topology {
  readonly key: string
  /** The domain of a place; -1 where the node has no such label. */
  of: Int32Array
  readonly #numbers = new Map<string, number>()
  readonly #values: (string | undefined)[] = []
  readonly #nodesIn: number[] = []
  readonly #free: number[] = []

  constructor(key: string, capacity: number) {
    this.key = key
    this.of = new Int32Array(capacity).fill(-1)
  }

  /** One more than the highest domain number in use. */
  get size(): number {
    return this.#values.length
  }

  grow(capacity: number): void {
    const wider = new Int32Array(capacity).fill(-1)
    wider.set(this.of)
    this.of = wider
  }

  /** Takes in a node's labels; undefined when the node is gone. */
  set(place: number, labels: Readonly<Record<string, string>> | undefined): void {
    const value = labels?.[this.key]
    const before = this.of[place]!
    if (before >= 0) {
      if (this.#values[before] === value) return
      if (--this.#nodesIn[before]! === 0) {
        this.#numbers.delete(this.#values[before]!)
        this.#values[before] = undefined
        this.#free.push(before)
      }
    }
    this.of[place] = value === undefined ? -1 : this.#numberOf(value)
  }

  #numberOf(value: string): number {
    let number = this.#numbers.get(value)
    if (number === undefined) {
      number = this.#free.pop() ?? this.#values.length
      this.#numbers.set(value, number)
      this.#values[number] = value
      this.#nodesIn[number] = 0
    }
    this.#nodesIn[number]!++
    return number
  }
}
