import type { Clock } from '../../machinery/index.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../resources/index.ts'
import { mandatoryLevels, mandatorySchemas } from './bootstrap-objects.ts'
import { type Asked, distinguisherOf, inOrder, type ReadySchema, readySchema } from './classify.ts'
import { Level, levelSettings } from './level.ts'
import { lendSeats, nextDemand, seatLimits, widestRequest } from './seats.ts'
import type { Turn, Width } from './turn.ts'

/** A request's turn, and by which schema and level it came to it. */
export interface Seating {
  readonly turn: Turn
  readonly schema: ReadySchema
  readonly level: Level
}

/** Kubernetes: seats are lent anew this often. */
export const lendingPeriodMs = 10_000

/**
 * API priority and fairness: which requests run now, which wait, and which are turned away. Promises:
 * 1. Every request belongs to one flow schema and by it to one priority level, also while there are no objects of either kind.
 * 2. Seats that a level does not use are lent to levels that could use them, and come back within a period.
 * 3. A level that is no longer configured goes when its last request has gone.
 */
export class FlowControl {
  readonly seats: number
  readonly #levels = new Map<string, Level>()
  #fairFraction = 0
  #capacity = { waiting: 1, executing: 1 }
  readonly #clock: Clock
  #schemas: readonly ReadySchema[] = []
  #named: ReadonlySet<string> = new Set()
  #configured: {
    readonly levels: readonly PriorityLevelConfiguration[]
    readonly schemas: readonly FlowSchema[]
  } = { levels: [], schemas: [] }
  /** Before anybody has asked, nothing waits for what is configured: it is put into effect at the first question. */
  #isAsked = false

  constructor(parts: { readonly clock: Clock; readonly seats: number }) {
    this.#clock = parts.clock
    this.seats = parts.seats
  }

  get levels(): ReadonlyMap<string, Level> {
    this.#ask()
    return this.#levels
  }
  /** What part of its demand each level got when seats were lent last. */
  get fairFraction(): number {
    this.#ask()
    return this.#fairFraction
  }
  /** How many requests may wait and run altogether, as configured. */
  get capacity(): { readonly waiting: number; readonly executing: number } {
    this.#ask()
    return this.#capacity
  }

  /** Puts the objects into effect; mandatory ones that are missing are supplied. */
  configure(levels: readonly PriorityLevelConfiguration[], schemas: readonly FlowSchema[]): void {
    this.#configured = { levels, schemas }
    if (this.#isAsked) this.#putIntoEffect()
  }

  #ask(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    this.#putIntoEffect()
  }

  #putIntoEffect(): void {
    const { levels, schemas } = this.#configured
    const wanted = levels.map(levelSettings).filter((one) => one !== undefined)
    const names = new Set(wanted.map(({ name }) => name))
    this.#named = new Set(names)
    const usable = inOrder(schemas).filter(({ spec }) => names.has(spec?.priorityLevelConfiguration.name ?? ''))
    const [exempt, catchAll] = mandatorySchemas()
    const has = (schema: FlowSchema) => usable.some(({ metadata }) => metadata.name === schema.metadata.name)
    const complete = [...(has(exempt) ? [] : [exempt]), ...usable, ...(has(catchAll) ? [] : [catchAll])]
    this.#schemas = complete.map(readySchema)
    for (const level of mandatoryLevels()) {
      if (names.has(level.metadata.name)) continue
      const known = this.#levels.get(level.metadata.name)
      wanted.push(known?.settings ?? levelSettings(level)!)
      names.add(level.metadata.name)
    }
    for (const settings of wanted) {
      const level = this.#levels.get(settings.name)
      if (level === undefined) this.#levels.set(settings.name, new Level(settings, this.#clock))
      else Object.assign(level, { settings, quiescing: false })
    }
    for (const [name, level] of this.#levels) {
      if (names.has(name)) continue
      if (level.queues.isIdle) this.#levels.delete(name)
      else level.quiescing = true
    }
    this.#divide()
  }

  /** Whether a schema that names the level has somewhere to go. */
  hasLevel(name: string): boolean {
    this.#ask()
    return this.#named.has(name)
  }

  /** Where a request belongs. */
  classify(asked: Asked): { readonly schema: ReadySchema; readonly level: Level } {
    this.#ask()
    // Kubernetes: what no schema matches is treated as what the last one is for.
    const schema = this.#schemas.find((one) => one.matches(asked)) ?? this.#schemas.at(-1)!
    return { schema, level: this.#levels.get(schema.level)! }
  }

  /** Begins a request: it runs, waits or is turned away, as the state of its turn says. */
  start(asked: Asked, widthOf: (level: Level, schema: ReadySchema) => Width): Seating {
    const { schema, level } = this.classify(asked)
    const { queuing } = level.settings
    const flow = queuing.type === 'queue' && queuing.queues > 1 ? distinguisherOf(schema, asked) : ''
    return { turn: level.queues.start(asked, schema.name, flow, widthOf(level, schema)), schema, level }
  }

  /** Resolves with whether the request is served, at the latest after the given time; at once where that is known. */
  served(turn: Turn, waitMs: number, signal: AbortSignal): boolean | Promise<boolean> {
    if (turn.state !== 'waiting') return turn.state === 'executing'
    return new Promise<boolean>((resolve) => {
      const giveUp = () => turn.level.cancel(turn)
      const timer = this.#clock.after(Math.max(0, waitMs), giveUp)
      turn.onDecided = (served) => {
        timer[Symbol.dispose]()
        signal.removeEventListener('abort', giveUp)
        resolve(served)
      }
      if (signal.aborted) giveUp()
      else signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** The request has been served. */
  finish({ turn, level }: Seating): void {
    turn.level.finish(turn)
    if (level.quiescing && level.queues.isIdle) this.configure(this.#configured.levels, this.#configured.schemas)
  }

  /** Lends seats anew by what was wanted since the last time. */
  lend(): void {
    const nowMs = this.#clock.monotonic()
    const levels = [...this.levels.values()]
    for (const level of levels) level.demand = nextDemand(level.demand, level.queues.demand.reset(nowMs))
    const { bids, fraction } = lendSeats(
      levels.map(({ settings, limits, demand, current }) => ({
        exempt: settings.queuing.type === 'exempt',
        limits,
        demand,
        current: current ?? limits.nominal,
      })),
    )
    this.#fairFraction = fraction
    for (const [index, level] of levels.entries()) {
      const { seats, target } = bids[index]!
      level.target = target
      level.apply(seats, this.seats, nowMs)
    }
  }

  /** Kubernetes: the server's seats are divided by shares over all levels, those that are going away too. */
  #divide(): void {
    const levels = [...this.#levels.values()]
    const sum = levels.reduce((shares, { settings }) => shares + settings.shares, 0)
    let waiting = 0
    for (const level of levels) {
      const { queuing } = level.settings
      level.limits = seatLimits(this.seats, sum, level.settings)
      level.widest = queuing.type === 'queue' ? widestRequest(level.limits.nominal, queuing.handSize) : 0
      if (queuing.type === 'queue') waiting += queuing.queues * queuing.queueLengthLimit
      level.current ??= level.limits.nominal - Math.floor((level.limits.nominal - level.limits.min) / 2)
    }
    const executing = levels.reduce((all, { limits }) => all + limits.nominal, 0)
    this.#capacity = { waiting: Math.max(1, waiting), executing: Math.max(1, executing) }
    this.lend()
  }
}
