import { seatsOf, type Turn, type Width } from './turn.ts'

/** Kubernetes: how long a request is expected to run, in seconds, before it has. */
export const expectedSeconds = 0.003

/** The work of a request in seat-seconds, as far as it is known beforehand. */
export function workOf({ initialSeats, finalSeats, lingerMs }: Width): number {
  return initialSeats * expectedSeconds + (finalSeats * lingerMs) / 1000
}

/** One of a level's queues: requests that wait, and those out of it that run. */
export class Queue {
  index: number
  /** When, in virtual time, its next request begins. */
  nextR = 0
  seatsInUse = 0
  waitingWork = 0
  readonly waiting = new Set<Turn>()
  readonly executing = new Set<Turn>()

  constructor(index: number) {
    this.index = index
  }

  get oldest(): Turn | undefined {
    return this.waiting.values().next().value
  }
  get isIdle(): boolean {
    return this.waiting.size === 0 && this.executing.size === 0
  }

  add(turn: Turn): void {
    this.waiting.add(turn)
    this.waitingWork += workOf(turn.width)
  }
  remove(turn: Turn): void {
    this.waiting.delete(turn)
    this.waitingWork = this.waiting.size === 0 ? 0 : this.waitingWork - workOf(turn.width)
  }

  /** Kubernetes: nothing is dispatched, in virtual time, before it came; else a slow queue would save up claims. */
  notBeforeArrival(): void {
    const { oldest } = this
    if (oldest !== undefined && this.nextR < oldest.arrivedR) this.nextR = oldest.arrivedR
  }

  /** What waits, in sums that the debug pages show. */
  sums(): { readonly initialSeats: number; readonly maxSeats: number; readonly work: number } {
    let initialSeats = 0
    let maxSeats = 0
    for (const { width } of this.waiting) {
      initialSeats += width.initialSeats
      maxSeats += seatsOf(width)
    }
    return { initialSeats, maxSeats, work: this.waitingWork }
  }
}
