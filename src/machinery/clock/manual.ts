import { type Clock, type Random, suffixAlphabet } from './clock.ts'

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly fire: () => void
  live: boolean
}

/** A clock that moves only when told to; timers fire in order of time, then of registration. */
export interface ManualClock extends Clock {
  /** Moves time on, firing every timer that falls due on the way, each at its own time. */
  advance(ms: number): void
  /** When the next timer is due, in the clock's own ms; undefined when none is set. */
  nextDueMs(): number | undefined
}

export function manualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs
  let order = 0
  const heap: Timer[] = []
  const before = (a: Timer, b: Timer) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

  function push(timer: Timer): void {
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(timer, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = timer
  }
  function pop(): void {
    const last = heap.pop()!
    if (heap.length === 0) return
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
  }
  /** The next live timer, with cancelled ones dropped on the way. */
  function peek(): Timer | undefined {
    while (heap.length > 0 && !heap[0]!.live) pop()
    return heap[0]
  }
  const after = (delayMs: number, fire: () => void): Disposable => {
    const timer: Timer = { atMs: nowMs + Math.max(0, delayMs), order: order++, fire, live: true }
    push(timer)
    return { [Symbol.dispose]: () => void (timer.live = false) }
  }
  return {
    now: () => nowMs,
    monotonic: () => nowMs - startMs,
    after,
    sleep: (delayMs, signal) => sleepOn(after, delayMs, signal),
    nextDueMs: () => peek()?.atMs,
    advance(ms) {
      const endMs = nowMs + ms
      for (let next = peek(); next !== undefined && next.atMs <= endMs; next = peek()) {
        pop()
        nowMs = Math.max(nowMs, next.atMs)
        next.fire()
      }
      nowMs = endMs
    },
  }
}

/** Sleep built on any `after`; shared by every clock. */
export function sleepOn(after: Clock['after'], delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      timer[Symbol.dispose]()
      reject(signal!.reason)
    }
    const timer = after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Chance that repeats: the same seed gives the same numbers, names and identifiers. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  /** Mulberry32: 32 bits of state, every bit of the result well mixed. */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const word = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join('')
  const hex = (length: number) => word('0123456789abcdef', length)
  return {
    next,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${word('89ab', 1)}${hex(3)}-${hex(12)}`,
    suffix: (length) => word(suffixAlphabet, length),
  }
}
