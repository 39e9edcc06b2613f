import type { Clock, HistogramReading, LabelValues, Metrics, Reading, Series } from '../../machinery/index.ts'
import type { FlowControl } from './flow-control.ts'
import { TimedRatio } from './integrator.ts'
import { demandBuckets, type Level, requestBuckets, seatBuckets } from './level.ts'
import type { Tally, Turn } from './turn.ts'
import { Watermark } from './watermark.ts'

/** Kubernetes: requests in flight are counted apart by whether they change anything. */
export type RequestKind = 'readOnly' | 'mutating'
const kinds: readonly RequestKind[] = ['mutating', 'readOnly']

/** Told what happens to requests; everything else is read from the levels when metrics are. */
export interface FlowMeasures {
  estimated(turn: Turn, seats: number): void
  enqueued(turn: Turn, length: number): void
  waited(turn: Turn, served: boolean, seconds: number): void
  executed(turn: Turn, isWatch: boolean, seconds: number): void
  watched(turn: Turn, watchers: number): void
  waits(kind: RequestKind, change: 1 | -1): void
  runs(kind: RequestKind, change: 1 | -1): void
}

const prefix = 'apiserver_flowcontrol'
const secondsBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
const lengthBuckets = [0, 10, 25, 50, 100, 250, 500, 1000]
const widthBuckets = [1, 2, 4, 8, 16, 32, 64, 100]
const watcherBuckets = [0, 1, 10, 100, 1000, 10_000]
const readWriteBuckets = [0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]

/** Everything that Kubernetes measures of API priority and fairness, under its names. */
export function flowMeasures(flow: FlowControl, clock: Clock, metrics: Metrics): FlowMeasures {
  tallyReadings(flow, metrics)
  levelReadings(flow, metrics)
  timedReadings(flow, clock, metrics)
  const inFlight = inFlightMeasures(flow, clock, metrics)
  // Looked up by the tally, of which there is one for each level and schema: nothing is put together on a call.
  const histogram = (name: string, help: string, buckets: readonly number[], more: LabelValues = {}) => {
    const family = metrics.histogram(`${prefix}_${name}`, help, buckets)
    const known = new Map<Tally, Series>()
    return ({ tally, level }: Turn, value: number) => {
      let series = known.get(tally)
      if (series === undefined) {
        series = family.series({ flow_schema: tally.schema, priority_level: level.name, ...more })
        known.set(tally, series)
      }
      series.observe(value)
    }
  }
  const width = histogram(
    'work_estimated_seats',
    'Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness',
    widthBuckets,
  )
  const length = histogram(
    'request_queue_length_after_enqueue',
    'Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued',
    lengthBuckets,
  )
  const wait = (execute: string) =>
    histogram('request_wait_duration_seconds', 'Length of time a request spent waiting in its queue', secondsBuckets, {
      execute,
    })
  const execution = (type: string) =>
    histogram(
      'request_execution_seconds',
      'Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem',
      secondsBuckets,
      { type },
    )
  const waits = { served: wait('true'), not: wait('false') }
  const executions = { watch: execution('watch'), regular: execution('regular') }
  const watchers = histogram(
    'watch_count_samples',
    'count of watchers for mutating requests in API Priority and Fairness',
    watcherBuckets,
  )
  return {
    ...inFlight,
    estimated: width,
    enqueued: length,
    watched: watchers,
    waited: (turn, wasServed, seconds) => (wasServed ? waits.served : waits.not)(turn, seconds),
    executed: (turn, isWatch, seconds) => (isWatch ? executions.watch : executions.regular)(turn, seconds),
  }
}

/** What is counted by level and schema. */
function tallyReadings(flow: FlowControl, metrics: Metrics): void {
  const of = (type: 'counter' | 'gauge', name: string, help: string, read: (tally: Tally) => number, zeros = false) =>
    metrics.readings(`${prefix}_${name}`, type, help, function* (): Iterable<Reading> {
      for (const level of flow.levels.values()) {
        for (const tally of level.queues.tallies.values()) {
          const value = read(tally)
          if (value === 0 && !zeros) continue
          yield { labels: { flow_schema: tally.schema, priority_level: level.settings.name }, value }
        }
      }
    })
  const dispatched = 'Number of requests executed by API Priority and Fairness subsystem'
  of('counter', 'dispatched_requests_total', dispatched, (tally) => tally.dispatched)
  const unfit = 'Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats'
  of('counter', 'request_dispatch_no_accommodation_total', unfit, (tally) => tally.noAccommodation)
  const waiting = 'Number of requests currently pending in queues of the API Priority and Fairness subsystem'
  of('gauge', 'current_inqueue_requests', waiting, (tally) => tally.waiting, true)
  const waitingSeats = 'Number of seats currently pending in queues of the API Priority and Fairness subsystem'
  of('gauge', 'current_inqueue_seats', waitingSeats, (tally) => tally.waitingSeats, true)
  const executing =
    'Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem'
  of('gauge', 'current_executing_requests', executing, (tally) => tally.executing, true)
  const seats =
    'Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem'
  of('gauge', 'current_executing_seats', seats, (tally) => tally.seatsInUse, true)
  metrics.readings(
    `${prefix}_rejected_requests_total`,
    'counter',
    'Number of requests rejected by API Priority and Fairness subsystem',
    function* () {
      for (const level of flow.levels.values()) {
        for (const { schema, rejected } of level.queues.tallies.values()) {
          for (const [reason, value] of Object.entries(rejected)) {
            if (value === 0) continue
            yield { labels: { flow_schema: schema, priority_level: level.settings.name, reason }, value }
          }
        }
      }
    },
  )
}

/** What each level has and wants. */
function levelReadings(flow: FlowControl, metrics: Metrics): void {
  const of = (name: string, help: string, read: (level: Level) => number) =>
    metrics.readings(`${prefix}_${name}`, 'gauge', help, () =>
      [...flow.levels.values()].map((level) => ({
        labels: { priority_level: level.settings.name },
        value: read(level),
      })),
    )
  const nominal = 'Nominal number of execution seats configured for each priority level'
  of('nominal_limit_seats', nominal, ({ limits }) => limits.nominal)
  const lower = 'Configured lower bound on number of execution seats available to each priority level'
  of('lower_limit_seats', lower, ({ limits }) => limits.min)
  const upper = 'Configured upper bound on number of execution seats available to each priority level'
  of('upper_limit_seats', upper, ({ limits }) => limits.max)
  const current = 'current derived number of execution seats available to each priority level'
  of('current_limit_seats', current, (level) => level.current ?? 0)
  const high = 'High watermark, over last adjustment period, of demand_seats'
  of('demand_seats_high_watermark', high, ({ demand }) => demand.high)
  const average = 'Time-weighted average, over last adjustment period, of demand_seats'
  of('demand_seats_average', average, ({ demand }) => demand.average)
  const deviation = 'Time-weighted standard deviation, over last adjustment period, of demand_seats'
  of('demand_seats_stdev', deviation, ({ demand }) => demand.deviation)
  of('demand_seats_smoothed', 'Smoothed seat demands', ({ demand }) => demand.smoothed)
  of('target_seats', 'Seat allocation targets', ({ target }) => target)
  of('current_r', 'R(time of last change)', ({ queues }) => queues.virtualTime)
  const fair = "Fair fraction of server's concurrency to allocate to each priority level that can use it"
  metrics.gaugeOf(`${prefix}_seat_fair_frac`, fair, () => flow.fairFraction)
}

/** What is measured over time, each nanosecond counting once. */
function timedReadings(flow: FlowControl, clock: Clock, metrics: Metrics): void {
  const of = (
    name: string,
    help: string,
    buckets: readonly number[],
    ratiosOf: (level: Level) => readonly (readonly [TimedRatio, LabelValues])[],
  ) =>
    metrics.histogramReadings(`${prefix}_${name}`, help, buckets, () =>
      [...flow.levels.values()].flatMap((level) =>
        ratiosOf(level).map(([ratio, labels]) =>
          readingOf(ratio, { ...labels, priority_level: level.settings.name }, clock),
        ),
      ),
    )
  const seats =
    'Observations, at the end of every nanosecond, of utilization of seats for any stage of execution (but only initial stage for WATCHes)'
  of('priority_level_seat_utilization', seats, seatBuckets, (level) => [[level.seatsExecuting, { phase: 'executing' }]])
  const requests =
    'Observations, at the end of every nanosecond, of number of requests (as a fraction of the relevant limit) waiting or in any stage of execution (but only initial stage for WATCHes)'
  of('priority_level_request_utilization', requests, requestBuckets, (level) => [
    [level.requestsExecuting, { phase: 'executing' }],
    [level.requestsWaiting, { phase: 'waiting' }],
  ])
  const demand =
    'Observations, at the end of every nanosecond, of (the number of seats each priority level could use) / (nominal number of seats for that level)'
  of('demand_seats', demand, demandBuckets, (level) => [[level.seatsWanted, {}]])
}

function readingOf(ratio: TimedRatio, labels: LabelValues, clock: Clock): HistogramReading {
  ratio.advance(clock.monotonic())
  return { labels, counts: ratio.counts.map(Math.round), count: ratio.count, sum: ratio.sum }
}

/** How many requests run and wait, by whether they change anything. */
function inFlightMeasures(flow: FlowControl, clock: Clock, metrics: Metrics): Pick<FlowMeasures, 'waits' | 'runs'> {
  const nowMs = clock.monotonic()
  const counted = (['executing', 'waiting'] as const).flatMap((phase) =>
    kinds.map((kind) => ({ phase, kind, mark: new Watermark(), ratio: new TimedRatio(readWriteBuckets, nowMs) })),
  )
  const find = (phase: string, kind: RequestKind) => counted.find((one) => one.phase === phase && one.kind === kind)!
  const change = (phase: 'executing' | 'waiting') => {
    const of = { readOnly: find(phase, 'readOnly'), mutating: find(phase, 'mutating') }
    return (kind: RequestKind, by: 1 | -1) => {
      const atMs = clock.monotonic()
      const { mark, ratio } = of[kind]
      mark.change(by, atMs)
      ratio.setDenominator(flow.capacity[phase], atMs)
      ratio.set(mark.value, atMs)
    }
  }
  metrics.histogramReadings(
    `${prefix}_read_vs_write_current_requests`,
    'Observations, at the end of every nanosecond, of the number of requests (as a fraction of the relevant limit) waiting or in regular stage of execution',
    readWriteBuckets,
    () => counted.map(({ phase, kind, ratio }) => readingOf(ratio, { phase, request_kind: kind }, clock)),
  )
  const marks = (name: string, what: string, phase: string) =>
    metrics.readings(
      `apiserver_current_${name}_requests`,
      'gauge',
      `Maximal number of ${what} of this apiserver per request kind in last second.`,
      () =>
        counted
          .filter((one) => one.phase === phase)
          .map(({ kind, mark }) => ({ labels: { request_kind: kind }, value: mark.read(clock.monotonic()) })),
    )
  marks('inflight', 'currently used inflight request limit', 'executing')
  marks('inqueue', 'queued requests', 'waiting')
  return { waits: change('waiting'), runs: change('executing') }
}
