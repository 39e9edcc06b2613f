import type { Clock } from '../../machinery/index.ts'
import type { PriorityLevelConfiguration } from '../../resources/index.ts'
import { entropyBits } from './dealing.ts'
import { TimedRatio } from './integrator.ts'
import { LevelQueues, type Queuing } from './level-queues.ts'
import { type Demand, noDemand, type SeatLimits, type Shares } from './seats.ts'

/** What a PriorityLevelConfiguration comes to. */
export interface LevelSettings extends Shares {
  readonly name: string
  readonly uid: string
  readonly queuing: Queuing
}

/** Kubernetes: the only level without a limit, and the one for whatever else has none. */
export const exemptLevel = 'exempt'
const entropyBitsMax = 60

/** The settings of a level; undefined for one that contradicts itself, which counts as not being there. */
export function levelSettings({ metadata, spec }: PriorityLevelConfiguration): LevelSettings | undefined {
  const { type, limited, exempt } = spec
  const about = { name: metadata.name, uid: metadata.uid ?? '' }
  if ((type === 'Exempt') !== (metadata.name === exemptLevel)) return undefined
  if ((type === 'Limited') !== (limited !== undefined) || (type === 'Exempt') !== (exempt !== undefined))
    return undefined
  const { nominalConcurrencyShares: shares = 0, lendablePercent = 0 } = limited ?? exempt ?? {}
  const common = { ...about, shares, lendablePercent, borrowingLimitPercent: limited?.borrowingLimitPercent }
  if (limited === undefined) return { ...common, borrowingLimitPercent: undefined, queuing: { type: 'exempt' } }
  const { type: response, queuing } = limited.limitResponse ?? {}
  if ((response === 'Reject') !== (queuing === undefined)) return undefined
  if (queuing === undefined) return { ...common, queuing: { type: 'reject' } }
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing
  if (queues <= 0 || handSize <= 0 || handSize > queues || entropyBits(queues, handSize) > entropyBitsMax)
    return undefined
  return { ...common, queuing: { type: 'queue', queues, handSize, queueLengthLimit } }
}

// Kubernetes' buckets of the measures over time.
export const requestBuckets = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1]
export const seatBuckets = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]
export const demandBuckets = [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6]

/** A priority level in effect: its queues, and what it has and wants of the server's seats. */
export class Level {
  readonly queues: LevelQueues
  readonly requestsWaiting: TimedRatio
  readonly requestsExecuting: TimedRatio
  readonly seatsExecuting: TimedRatio
  readonly seatsWanted: TimedRatio
  settings: LevelSettings
  limits: SeatLimits = { nominal: 0, min: 0, max: 0 }
  demand: Demand = noDemand
  target = 0
  current: number | undefined
  /** The widest that a request may be estimated; 0 where the level does not say. */
  widest = 0
  /** No longer wanted, and not yet empty. */
  quiescing = false

  constructor(settings: LevelSettings, clock: Clock) {
    this.settings = settings
    const nowMs = clock.monotonic()
    this.requestsWaiting = new TimedRatio(requestBuckets, nowMs)
    this.requestsExecuting = new TimedRatio(requestBuckets, nowMs)
    this.seatsExecuting = new TimedRatio(seatBuckets, nowMs)
    this.seatsWanted = new TimedRatio(demandBuckets, nowMs)
    this.queues = new LevelQueues(settings.name, clock, (queues, atMs) => {
      this.requestsWaiting.set(queues.waiting, atMs)
      this.requestsExecuting.set(queues.executing, atMs)
      this.seatsExecuting.set(queues.seatsInUse, atMs)
      this.seatsWanted.set(queues.seatsInUse + queues.waitingSeats, atMs)
    })
  }

  /** Puts the settings and a number of seats into effect; `whole` is what the server has altogether. */
  apply(seats: number, whole: number, nowMs: number): void {
    const { queuing } = this.settings
    this.current = seats
    const places = queuing.type === 'queue' ? queuing.queues * Math.max(1, queuing.queueLengthLimit) : 1
    const denominator = seats > 0 ? seats : Math.max(1, Math.round(whole / 10))
    this.requestsWaiting.setDenominator(places, nowMs)
    this.requestsExecuting.setDenominator(denominator, nowMs)
    this.seatsExecuting.setDenominator(denominator, nowMs)
    this.seatsWanted.setDenominator(denominator, nowMs)
    this.queues.configure(queuing, seats)
  }
}
