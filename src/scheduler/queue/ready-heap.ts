/** What knows where in a heap it is; -1: nowhere. */
export interface Placed {
  heapAt: number
}

/** Items in order of `comesBefore`, the first always at hand: adding and taking cost the logarithm of how many there are. */
export class ReadyHeap<T extends Placed> {
  readonly #items: T[] = []
  readonly #comesBefore: (a: T, b: T) => boolean

  constructor(comesBefore: (a: T, b: T) => boolean) {
    this.#comesBefore = comesBefore
  }

  get size(): number {
    return this.#items.length
  }

  add(item: T): void {
    item.heapAt = this.#items.length
    this.#items.push(item)
    this.#up(item.heapAt)
  }

  take(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.delete(first)
    return first
  }

  delete(item: T): void {
    const place = item.heapAt
    if (place < 0) return
    item.heapAt = -1
    const last = this.#items.pop()!
    if (last === item) return
    this.#items[place] = last
    last.heapAt = place
    this.#up(place)
    this.#down(last.heapAt)
  }

  clear(): void {
    for (const item of this.#items) item.heapAt = -1
    this.#items.length = 0
  }

  #up(from: number): void {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#comesBefore(this.#items[place]!, this.#items[parent]!)) return
      this.#swap(place, parent)
      place = parent
    }
  }

  #down(from: number): void {
    let place = from
    for (;;) {
      let least = place
      for (const child of [2 * place + 1, 2 * place + 2])
        if (child < this.#items.length && this.#comesBefore(this.#items[child]!, this.#items[least]!)) least = child
      if (least === place) return
      this.#swap(place, least)
      place = least
    }
  }

  #swap(a: number, b: number): void {
    const [left, right] = [this.#items[a]!, this.#items[b]!]
    this.#items[a] = right
    this.#items[b] = left
    right.heapAt = a
    left.heapAt = b
  }
}
