import type { Clock } from '../../machinery/index.ts'
import type { Asked } from './classify.ts'
import { deal, flowHash } from './dealing.ts'
import { Integrator } from './integrator.ts'
import { expectedSeconds, Queue, workOf } from './queue.ts'
import { newTally, type Tally, Turn, type Width } from './turn.ts'

/** How a level treats what it has no seats for: `exempt` has no limit, `reject` no queues. */
export type Queuing =
  | { readonly type: 'exempt' | 'reject' }
  | {
      readonly type: 'queue'
      readonly queues: number
      readonly handSize: number
      readonly queueLengthLimit: number
    }

/** Told of every change of how many requests wait or run, for measures over time. */
export type OnChange = (level: LevelQueues, nowMs: number) => void

/** Hands that were dealt before are remembered for this many flows. */
const handsMax = 4096

/**
 * Fair queuing for one priority level. Promises:
 * 1. A request runs at once when seats are free and nobody waits; it costs a few additions then.
 * 2. Otherwise it waits in the emptiest queue of its flow's hand; queues share the seats evenly over virtual time.
 * 3. Seats in use never exceed the limit, except for one request alone that is wider than it.
 */
export class LevelQueues {
  readonly name: string
  readonly #clock: Clock
  readonly #onChange: OnChange
  readonly demand: Integrator
  readonly tallies = new Map<string, Tally>()
  /** Requests that run without having been in a queue. */
  readonly loose = new Set<Turn>()
  readonly counts = { dispatched: 0, rejected: 0, cancelled: 0 }
  queuing: Queuing = { type: 'reject' }
  limit = 0
  queues: Queue[] = []
  waiting = 0
  waitingSeats = 0
  executing = 0
  seatsInUse = 0
  /** Seat-seconds that each busy queue could have had since the start: the level's virtual time. */
  virtualTime = 0
  #queuedSeats = 0
  #busy = 0
  readonly #nonEmpty = new Set<Queue>()
  readonly #hands = new Map<string, readonly number[]>()
  #lastMs: number
  #robin = 0
  #enqueued = 0

  constructor(name: string, clock: Clock, onChange: OnChange = () => {}) {
    this.name = name
    this.#clock = clock
    this.#onChange = onChange
    this.#lastMs = clock.monotonic()
    this.demand = new Integrator(this.#lastMs)
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.executing === 0
  }

  /** More seats or queues count at once; queues too many go when they are empty. */
  configure(queuing: Queuing, limit: number): void {
    this.#sync()
    if (queuing.type === 'queue') {
      const known = this.queuing.type === 'queue' ? this.queuing : undefined
      if (known?.queues !== queuing.queues || known.handSize !== queuing.handSize) this.#hands.clear()
      while (this.queues.length < queuing.queues) this.queues.push(new Queue(this.queues.length))
    }
    this.queuing = queuing
    this.limit = limit
    this.#dispatchAll()
  }

  /** A new request: it runs, waits or is rejected, as its state says. */
  start(asked: Asked, schema: string, distinguisher: string, width: Width): Turn {
    const nowMs = this.#sync()
    const tally = this.tallyOf(schema)
    const of = { asked, tally, distinguisher, width, nowMs, virtualTime: this.virtualTime }
    if (this.queuing.type !== 'queue') {
      const turn = new Turn(this, { ...of, queue: undefined })
      if (this.#fits(turn.seats)) this.#run(turn)
      else this.#reject(turn, 'concurrency-limit')
      return turn
    }
    const queue = this.#queueFor(schema, distinguisher)
    const turn = new Turn(this, { ...of, queue })
    if (this.seatsInUse >= this.limit && queue.waiting.size >= this.queuing.queueLengthLimit) {
      this.#reject(turn, 'queue-full')
      return turn
    }
    if (queue.isIdle) {
      queue.nextR = this.virtualTime
      this.#busy++
    }
    queue.add(turn)
    this.#nonEmpty.add(queue)
    this.#count(turn, 1)
    queue.notBeforeArrival()
    this.#dispatchAll()
    if (turn.state === 'waiting') this.#onChange(this, nowMs)
    return turn
  }

  /** A request that still waits is not served: its time or its caller is gone. */
  cancel(turn: Turn): void {
    if (turn.state !== 'waiting' || turn.queue === undefined) return
    const nowMs = this.#sync()
    this.#takeOut(turn, turn.queue)
    turn.queue.notBeforeArrival()
    if (turn.queue.isIdle) this.#busy--
    this.counts.cancelled++
    this.#reject(turn, 'time-out')
    this.#onChange(this, nowMs)
  }

  /** A request has been served: its seats are free, at once or when its events have been sent. */
  finish(turn: Turn): void {
    if (turn.state !== 'executing') return
    const nowMs = this.#sync()
    turn.state = 'finished'
    this.executing--
    turn.tally.executing--
    const { queue, width } = turn
    if (queue === undefined) this.loose.delete(turn)
    else {
      queue.executing.delete(turn)
      // What was expected was charged beforehand; the difference to what it took is made good.
      queue.nextR -= width.initialSeats * (expectedSeconds - (nowMs - turn.startedMs) / 1000)
      queue.notBeforeArrival()
      if (queue.isIdle) this.#busy--
    }
    if (width.lingerMs <= 0) this.#release(turn)
    else
      this.#clock.after(width.lingerMs, () => {
        this.#sync()
        this.#release(turn)
        this.#dispatchAll()
        this.#onChange(this, this.#lastMs)
      })
    this.#dispatchAll()
    this.#onChange(this, nowMs)
  }

  tallyOf(schema: string): Tally {
    let tally = this.tallies.get(schema)
    if (tally === undefined) this.tallies.set(schema, (tally = newTally(schema)))
    return tally
  }

  /** Virtual time passes as fast as a busy queue could work. */
  #sync(): number {
    const nowMs = this.#clock.monotonic()
    if (this.#busy > 0) {
      const wanted = this.#queuedSeats + this.waitingSeats
      this.virtualTime += (((nowMs - this.#lastMs) / 1000) * Math.min(wanted, this.limit)) / this.#busy
    }
    this.#lastMs = nowMs
    return nowMs
  }

  #queueFor(schema: string, distinguisher: string): Queue {
    const hand = this.#handOf(schema, distinguisher)
    const offset = this.#enqueued++ % hand.length
    let best: Queue | undefined
    for (let at = 0; at < hand.length; at++) {
      const queue = this.queues[hand[(offset + at) % hand.length]!]!
      if (best === undefined || queue.waitingWork < best.waitingWork) best = queue
    }
    return best!
  }

  #handOf(schema: string, distinguisher: string): readonly number[] {
    const { queues, handSize } = this.queuing as Queuing & { type: 'queue' }
    const flow = `${schema}\0${distinguisher}`
    let hand = this.#hands.get(flow)
    if (hand === undefined) {
      if (this.#hands.size >= handsMax) this.#hands.clear()
      hand = deal(flowHash(schema, distinguisher), queues, handSize)
      this.#hands.set(flow, hand)
    }
    return hand
  }

  #fits(seats: number): boolean {
    if (this.queuing.type === 'exempt') return true
    // Kubernetes: what is wider than all seats together runs alone.
    if (seats > this.limit) return this.executing === 0
    return this.seatsInUse + seats <= this.limit
  }

  #dispatchAll(): void {
    while (this.waiting > 0 && this.seatsInUse < this.limit && this.#dispatchOne());
  }

  #dispatchOne(): boolean {
    const queue = this.#nextQueue()
    const turn = queue?.oldest
    if (queue === undefined || turn === undefined) return false
    if (!this.#fits(turn.seats)) {
      turn.tally.noAccommodation++
      return false
    }
    this.#takeOut(turn, queue)
    const { width } = turn
    const work = workOf(width)
    if (width.finalSeats > this.limit) {
      const lingerMs = (width.finalSeats * width.lingerMs) / this.limit
      turn.width = { ...width, finalSeats: this.limit, lingerMs }
    }
    this.#robin = queue.index
    queue.executing.add(turn)
    queue.seatsInUse += turn.seats
    this.#queuedSeats += turn.seats
    queue.nextR += work
    queue.notBeforeArrival()
    this.#run(turn)
    return true
  }

  /** The queue whose oldest request would end first in virtual time; of equals, the next after the last one served. */
  #nextQueue(): Queue | undefined {
    if (this.#nonEmpty.size === 1) return this.#nonEmpty.values().next().value
    let best: Queue | undefined
    let bestEnd = Number.POSITIVE_INFINITY
    let bestDistance = 0
    const count = this.queues.length
    for (const queue of this.#nonEmpty) {
      const end = queue.nextR + workOf(queue.oldest!.width)
      const distance = (queue.index - this.#robin - 1 + 2 * count) % count
      if (end < bestEnd || (end === bestEnd && distance < bestDistance)) {
        best = queue
        bestEnd = end
        bestDistance = distance
      }
    }
    return best
  }

  #run(turn: Turn): void {
    turn.state = 'executing'
    turn.startedMs = this.#lastMs
    if (turn.queue === undefined) this.loose.add(turn)
    this.executing++
    this.seatsInUse += turn.seats
    turn.tally.executing++
    turn.tally.seatsInUse += turn.seats
    turn.tally.dispatched++
    this.counts.dispatched++
    this.demand.set(this.seatsInUse + this.waitingSeats, this.#lastMs)
    this.#onChange(this, this.#lastMs)
    turn.onDecided?.(true)
  }

  #reject(turn: Turn, why: keyof Tally['rejected']): void {
    turn.state = 'rejected'
    turn.tally.rejected[why]++
    this.counts.rejected++
    turn.onDecided?.(false)
  }

  #takeOut(turn: Turn, queue: Queue): void {
    queue.remove(turn)
    if (queue.waiting.size === 0) this.#nonEmpty.delete(queue)
    this.#count(turn, -1)
  }

  /** One request more or less that waits. */
  #count(turn: Turn, change: 1 | -1): void {
    const seats = change * turn.seats
    this.waiting += change
    this.waitingSeats += seats
    turn.tally.waiting += change
    turn.tally.waitingSeats += seats
    this.demand.set(this.seatsInUse + this.waitingSeats, this.#lastMs)
  }

  #release(turn: Turn): void {
    const { seats, queue } = turn
    this.seatsInUse -= seats
    turn.tally.seatsInUse -= seats
    this.demand.set(this.seatsInUse + this.waitingSeats, this.#lastMs)
    if (queue === undefined) return
    queue.seatsInUse -= seats
    this.#queuedSeats -= seats
    const wanted = this.queuing.type === 'queue' ? this.queuing.queues : 0
    if (this.queues.length <= wanted || !queue.isIdle || this.queues[queue.index] !== queue) return
    this.queues.splice(queue.index, 1)
    for (let at = queue.index; at < this.queues.length; at++) this.queues[at]!.index = at
    if (this.#robin >= queue.index) this.#robin--
  }
}
