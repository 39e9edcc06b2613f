import type { Asked } from './classify.ts'
import type { LevelQueues } from './level-queues.ts'
import type { Queue } from './queue.ts'

/** How much of a level one request is thought to take: seats while it runs, and seats that its events keep busy after it. */
export interface Width {
  readonly initialSeats: number
  readonly finalSeats: number
  readonly lingerMs: number
}
export const narrow: Width = { initialSeats: 1, finalSeats: 0, lingerMs: 0 }
export function seatsOf({ initialSeats, finalSeats }: Width): number {
  return Math.max(initialSeats, finalSeats)
}

/** What is counted of one flow schema's requests at one level. */
export interface Tally {
  readonly schema: string
  waiting: number
  waitingSeats: number
  executing: number
  seatsInUse: number
  dispatched: number
  noAccommodation: number
  readonly rejected: Record<'queue-full' | 'concurrency-limit' | 'time-out', number>
}
export function newTally(schema: string): Tally {
  return {
    schema,
    waiting: 0,
    waitingSeats: 0,
    executing: 0,
    seatsInUse: 0,
    dispatched: 0,
    noAccommodation: 0,
    rejected: { 'queue-full': 0, 'concurrency-limit': 0, 'time-out': 0 },
  }
}

/** One request at a priority level, from its arrival until its seats are free again. */
export class Turn {
  readonly level: LevelQueues
  readonly asked: Asked
  readonly tally: Tally
  readonly distinguisher: string
  /** None where the level has no queues. */
  readonly queue: Queue | undefined
  readonly arrivedMs: number
  readonly arrivedR: number
  width: Width
  startedMs = 0
  state: 'waiting' | 'executing' | 'rejected' | 'finished' = 'waiting'
  /** Called once it is known whether the request is served. */
  onDecided: ((served: boolean) => void) | undefined

  constructor(level: LevelQueues, of: TurnParts) {
    this.level = level
    this.asked = of.asked
    this.tally = of.tally
    this.distinguisher = of.distinguisher
    this.queue = of.queue
    this.width = of.width
    this.arrivedMs = of.nowMs
    this.arrivedR = of.virtualTime
  }

  get seats(): number {
    return seatsOf(this.width)
  }
}
interface TurnParts {
  readonly asked: Asked
  readonly tally: Tally
  readonly distinguisher: string
  readonly queue: Queue | undefined
  readonly width: Width
  readonly nowMs: number
  readonly virtualTime: number
}
