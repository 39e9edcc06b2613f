/** Items in order of `comesBefore`, the first always at hand: adding and taking cost the logarithm of how many there are. */
export class ReadyHeap<T> {
  readonly #items: T[] = []
  readonly #places = new Map<T, number>()
  readonly #comesBefore: (a: T, b: T) => boolean

  constructor(comesBefore: (a: T, b: T) => boolean) {
    this.#comesBefore = comesBefore
  }

  get size(): number {
    return this.#items.length
  }

  add(item: T): void {
    this.#items.push(item)
    this.#places.set(item, this.#items.length - 1)
    this.#up(this.#items.length - 1)
  }

  take(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.delete(first)
    return first
  }

  delete(item: T): void {
    const place = this.#places.get(item)
    if (place === undefined) return
    this.#places.delete(item)
    const last = this.#items.pop()!
    if (last === item) return
    this.#items[place] = last
    this.#places.set(last, place)
    this.#up(place)
    this.#down(this.#places.get(last)!)
  }

  clear(): void {
    this.#items.length = 0
    this.#places.clear()
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
    this.#places.set(right, a)
    this.#places.set(left, b)
  }
}
