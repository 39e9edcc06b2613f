import type { Metrics, Series } from '../machinery/index.ts'
import type { ClusterChange } from './framework/framework.ts'

/** Where a pod waits, as measures name it. */
export type QueueName = 'active' | 'backoff' | 'unschedulable' | 'gated'

/** What a scheduler tells of its work. */
export interface SchedulerMeasures {
  /** A pod came into a queue. */
  queued(queue: QueueName, event: string): void
  /** How one try at placing a pod went; `seconds` only where it was placed. */
  attempted(result: 'scheduled' | 'unschedulable' | 'error', profile: string, seconds?: number): void
  /** How long it took to find a node. */
  searched(seconds: number): void
  /** A pod is bound: at which try, how long after it was first seen, and whether it waited too long for a change. */
  scheduled(attempts: number, seconds: number, wasFlushed: boolean): void
  /** How long plugins held a pod back, and how that ended. */
  heldBack(result: 'Success' | 'Unschedulable' | 'Error', seconds: number): void
  /** How one try at placing a group of pods went. */
  attemptedGroup(
    result: 'scheduled' | 'unschedulable' | 'waiting_on_preemption' | 'error',
    profile: string,
    seconds: number,
  ): void
  searchedGroup(seconds: number): void
  /** How long it took to take in something that happened. */
  handled(change: ClusterChange, seconds: number): void
  /** What a plugin said of something that happened, and how long it took to say so. */
  hinted(plugin: string, change: ClusterChange, helps: boolean, seconds: number): void
  /** How long it took to have victims evicted. */
  evicted(result: 'success' | 'error', seconds: number): void
  preempting(): void
  victims(count: number): void
}

const doubling = (first: number, count: number) => Array.from({ length: count }, (_, index) => first * 2 ** index)
/** Kubernetes: more tries than this are counted together. */
const attemptsMax = 15

/** A change of the cluster as Kubernetes' scheduler labels it. */
export function eventLabel(change: ClusterChange): string {
  const [resource = '', action = ''] = change.split('/')
  return resource === 'Node' && action.startsWith('Update')
    ? `NodeUpdateNode${action.slice('Update'.length)}`
    : `${resource}${action}`
}

/** What is counted when it is asked for. */
export interface SchedulerReadings {
  queues(): Readonly<Record<QueueName, number>>
  /** Each waiting pod's profile, and the plugins that refused it. */
  refused(): Iterable<{ readonly profile: string; readonly by: ReadonlySet<string> }>
  cache(): { readonly nodes: number; readonly pods: number; readonly assumed_pods: number }
  /** Bindings under way. */
  bindings(): number
}

/** Series by two of their labels, each found once: what is told of every pod must cost little. */
function seriesBy<T>(find: (one: string, other: string) => T): (one: string, other: string) => T {
  const known = new Map<string, Map<string, T>>()
  return (one, other) => {
    let among = known.get(one)
    if (among === undefined) known.set(one, (among = new Map()))
    let series = among.get(other)
    if (series === undefined) among.set(other, (series = find(one, other)))
    return series
  }
}

/** The measures under Kubernetes' names. */
export function schedulerMeasures(metrics: Metrics, readings: SchedulerReadings): SchedulerMeasures {
  metrics.readings(
    'scheduler_pending_pods',
    'gauge',
    "Number of pending pods, by the queue type. 'active' means number of pods in activeQ; 'backoff' means number of pods in backoffQ; 'unschedulable' means number of pods in unschedulablePods that the scheduler attempted to schedule and failed; 'gated' is the number of unschedulable pods that the scheduler never attempted to schedule because they are gated.",
    () => Object.entries(readings.queues()).map(([queue, value]) => ({ labels: { queue }, value })),
  )
  metrics.readings(
    'scheduler_unschedulable_pods',
    'gauge',
    'The number of unschedulable pods broken down by plugin name. A pod will increment the gauge for all plugins that caused it to not schedule and so this metric have meaning only when broken down by plugin.',
    () => {
      const counts = new Map<string, number>()
      for (const { profile, by } of readings.refused())
        for (const plugin of by) {
          const key = JSON.stringify({ plugin, profile })
          counts.set(key, (counts.get(key) ?? 0) + 1)
        }
      return [...counts].map(([key, value]) => ({ labels: JSON.parse(key), value }))
    },
  )
  metrics.readings(
    'scheduler_cache_size',
    'gauge',
    'Number of nodes, pods, and assumed (bound) pods in the scheduler cache.',
    () => Object.entries(readings.cache()).map(([type, value]) => ({ labels: { type }, value })),
  )
  metrics.readings(
    'scheduler_goroutines',
    'gauge',
    'Number of running goroutines split by the work they do such as binding.',
    () => [{ labels: { operation: 'binding' }, value: readings.bindings() }],
  )
  const searchSeconds = metrics.histogram(
    'scheduler_scheduling_algorithm_duration_seconds',
    'Scheduling algorithm latency in seconds',
    doubling(0.001, 15),
  )
  const flushed = metrics.counter(
    'scheduler_pod_scheduled_after_flush_total',
    'Number of pods that were successfully scheduled after being flushed from unschedulablePods due to timeout. This metric helps detect potential queueing hint misconfigurations or event handling issues.',
  )
  const permitSeconds = metrics.histogram(
    'scheduler_permit_wait_duration_seconds',
    'Duration of waiting on permit.',
    doubling(0.001, 15),
  )
  const eventSeconds = metrics.histogram(
    'scheduler_event_handling_duration_seconds',
    'Event handling latency in seconds.',
    doubling(0.0001, 12),
  )
  const eventSeries = new Map<ClusterChange, Series>()
  const hintSeconds = metrics.histogram(
    'scheduler_queueing_hint_execution_duration_seconds',
    'Duration for running a queueing hint function of a plugin.',
    Array.from({ length: 20 }, (_, index) => 0.00001 * 1.5 ** index),
  )
  const evictionSeconds = metrics.histogram(
    'scheduler_preemption_goroutines_duration_seconds',
    'Duration in seconds for running goroutines for the preemption.',
    doubling(0.01, 20),
  )
  const evictions = metrics.counter(
    'scheduler_preemption_goroutines_execution_total',
    'Number of preemption goroutines executed.',
  )
  const groupAttempts = metrics.counter(
    'scheduler_podgroup_schedule_attempts_total',
    "Number of attempts to schedule pod group, by the result. 'unschedulable' means a pod group could not be scheduled, while 'error' means an internal scheduler problem.",
  )
  const groupSeconds = metrics.histogram(
    'scheduler_podgroup_scheduling_attempt_duration_seconds',
    'Pod group scheduling attempt latency in seconds (scheduling algorithm + binding)',
    doubling(0.001, 15),
  )
  const groupSearchSeconds = metrics.histogram(
    'scheduler_podgroup_scheduling_algorithm_duration_seconds',
    'Pod group scheduling algorithm latency in seconds',
    doubling(0.001, 15),
  )
  const incoming = metrics.counter(
    'scheduler_queue_incoming_pods_total',
    'Number of pods added to scheduling queues by event and queue type.',
  )
  const attempts = metrics.counter(
    'scheduler_schedule_attempts_total',
    "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
  )
  const attemptSeconds = metrics.histogram(
    'scheduler_scheduling_attempt_duration_seconds',
    'Scheduling attempt latency in seconds (scheduling algorithm + binding)',
    doubling(0.001, 15),
  )
  const podAttempts = metrics.histogram(
    'scheduler_pod_scheduling_attempts',
    'Number of attempts to successfully schedule a pod.',
    doubling(1, 5),
  )
  const podSeconds = metrics.histogram(
    'scheduler_pod_scheduling_sli_duration_seconds',
    'E2e latency for a pod being scheduled, from the time the pod enters the scheduling queue and might involve multiple scheduling attempts.',
    doubling(0.01, 20),
  )
  const preemptions = metrics.counter(
    'scheduler_preemption_attempts_total',
    'Total preemption attempts in the cluster till now',
  )
  const preempted = metrics.histogram(
    'scheduler_preemption_victims',
    'Number of selected preemption victims',
    doubling(1, 7),
  )
  const incomingOf = seriesBy((queue: string, event: string) => incoming.series({ queue, event }))
  const attemptsOf = seriesBy((result: string, profile: string) => attempts.series({ result, profile }))
  const attemptSecondsOf = seriesBy((result: string, profile: string) => attemptSeconds.series({ result, profile }))
  const podSecondsOf = seriesBy((count: string, _: string) => podSeconds.series({ attempts: count }))
  const [searchedSeries, podAttemptsSeries] = [
    seriesBy(() => searchSeconds.series({})),
    seriesBy(() => podAttempts.series({})),
  ]
  return {
    queued: (queue, event) => incomingOf(queue === 'gated' ? 'unschedulable' : queue, event).inc(),
    attempted(result, profile, seconds) {
      attemptsOf(result, profile).inc()
      if (seconds !== undefined) attemptSecondsOf(result, profile).observe(seconds)
    },
    searched: (seconds) => searchedSeries('', '').observe(seconds),
    heldBack: (result, seconds) => permitSeconds.observe(seconds, { result }),
    attemptedGroup(result, profile, seconds) {
      groupAttempts.inc({ result, profile })
      groupSeconds.observe(seconds, { result, profile })
    },
    searchedGroup: (seconds) => groupSearchSeconds.observe(seconds),
    scheduled(count, seconds, wasFlushed) {
      if (wasFlushed) flushed.inc()
      podAttemptsSeries('', '').observe(count)
      podSecondsOf(count >= attemptsMax ? `${attemptsMax}+` : String(count), '').observe(seconds)
    },
    handled(change, seconds) {
      let series = eventSeries.get(change)
      if (series === undefined) eventSeries.set(change, (series = eventSeconds.series({ event: eventLabel(change) })))
      series.observe(seconds)
    },
    hinted: (plugin, change, helps, seconds) =>
      hintSeconds.observe(seconds, { plugin, event: eventLabel(change), hint: helps ? 'Queue' : 'QueueSkip' }),
    evicted(result, seconds) {
      evictions.inc({ result })
      evictionSeconds.observe(seconds, { result })
    },
    preempting: () => preemptions.inc(),
    victims: (count) => preempted.observe(count),
  }
}
