import type { Clock } from '../../machinery/index.ts'

interface Entry {
  readonly atMs: number
  readonly order: number
  readonly work: () => void
}

/** Work to be done at its time, in order, on one timer for all of it. */
export class Agenda {
  readonly #clock: Clock
  readonly #heap: Entry[] = []
  #order = 0
  #timer: Disposable | undefined
  #armedForMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  after(delayMs: number, work: () => void): void {
    this.#push({ atMs: this.#clock.monotonic() + delayMs, order: this.#order++, work })
    this.#arm()
  }
  clear(): void {
    this.#heap.length = 0
    this.#timer?.[Symbol.dispose]()
    this.#armedForMs = Number.POSITIVE_INFINITY
  }

  #arm(): void {
    const next = this.#heap[0]
    if (next === undefined || next.atMs >= this.#armedForMs) return
    this.#timer?.[Symbol.dispose]()
    this.#armedForMs = next.atMs
    // Whole milliseconds: a wait too small for the clock to show would be over at once, again and again.
    const waitMs = Math.max(0, Math.ceil(next.atMs - this.#clock.monotonic()))
    this.#timer = this.#clock.after(waitMs, () => this.#run())
  }
  #run(): void {
    this.#armedForMs = Number.POSITIVE_INFINITY
    const nowMs = this.#clock.monotonic()
    while (this.#heap.length > 0 && this.#heap[0]!.atMs <= nowMs) this.#pop().work()
    this.#arm()
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0 && before(entry, heap[(at - 1) >> 1]!)) {
      heap[at] = heap[(at - 1) >> 1]!
      at = (at - 1) >> 1
    }
    heap[at] = entry
  }
  #pop(): Entry {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}
const before = (a: Entry, b: Entry) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
