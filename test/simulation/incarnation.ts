/** One life of one component: its own client and clock, which fail it, lag behind it, and are taken from it when it dies. */
import {
  type ApiCall,
  type ApiReply,
  type Clock,
  type Random,
  StatusError,
  sleepOn,
  type Transport,
  type WatchEvent,
} from '../../src/machinery/index.ts'

/** How badly the world treats a component; all of it ends when `until` is reached. */
export interface Faults {
  /** How far the wall clock of its machine is ahead; timers know nothing of that. */
  readonly skewMs?: () => number
  /** The part of calls that fail, half of them after having been done. */
  readonly failing: number
  readonly latencyMsMax: number
  readonly watchLagMsMax: number
  /** The part of watch batches after which the watch breaks. */
  readonly breaking: number
  readonly until: (nowMs: number) => boolean
}

export interface Incarnation {
  readonly clock: Clock
  readonly transport: (transport: Transport) => Transport
  readonly signal: AbortSignal
  /** A crash: calls that are under way never come back, timers never fire, and nothing is said to anybody. */
  revoke(): void
  /** A crash some moments from now: before a call, between a call and its answer, as a timer fires, as news come. */
  revokeAfter(moments: number): void
}

export function createIncarnation(clock: Clock, random: Random, faults: Faults): Incarnation {
  let dead = false
  let momentsLeft = Number.POSITIVE_INFINITY
  const stop = new AbortController()
  const never = new Promise<never>(() => {})
  const revoke = () => {
    dead = true
    // Only frees what the simulator itself holds for it; nothing of it runs any more.
    stop.abort(new Error('crashed'))
  }
  /** Whether it lives through this moment. */
  const survives = () => {
    if (!dead && momentsLeft-- <= 0) revoke()
    return !dead
  }
  const after: Clock['after'] = (delayMs, fire) =>
    clock.after(delayMs, () => {
      if (survives()) fire()
    })
  const own: Clock = {
    now: () => clock.now() + (faults.skewMs?.() ?? 0),
    monotonic: () => clock.monotonic(),
    after,
    sleep: (delayMs, signal) => (dead ? never : sleepOn(after, delayMs, signal)),
  }
  const troubled = (part: number) => faults.until(clock.now()) && random.next() < part
  const wait = (msMax: number) =>
    faults.until(clock.now()) ? own.sleep(Math.floor(random.next() * msMax)) : Promise.resolve()

  async function call(inner: Transport, request: ApiCall, signal: AbortSignal | undefined): Promise<ApiReply> {
    if (!survives()) return never
    await wait(faults.latencyMsMax)
    if (troubled(faults.failing / 2)) throw new StatusError(503, 'ServiceUnavailable', 'simulated: the call was lost')
    const reply = await inner(request, signal)
    if (!survives()) return never
    if ('events' in reply) return { ...reply, events: lagging(reply.events) }
    await wait(faults.latencyMsMax)
    if (troubled(faults.failing / 2)) throw new StatusError(504, 'Timeout', 'simulated: the answer was lost')
    return dead ? never : reply
  }

  async function* lagging(events: AsyncIterable<readonly WatchEvent[]>): AsyncIterable<readonly WatchEvent[]> {
    for await (const batch of events) {
      await wait(faults.watchLagMsMax)
      if (!survives()) await never
      if (troubled(faults.breaking)) throw new StatusError(500, 'InternalError', 'simulated: the watch broke')
      yield batch
    }
  }

  return {
    clock: own,
    signal: stop.signal,
    transport: (inner) => (request, signal) => call(inner, request, signal),
    revoke,
    revokeAfter: (moments) => void (momentsLeft = moments),
  }
}
