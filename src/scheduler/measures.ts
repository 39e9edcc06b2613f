import type { Metrics } from '../machinery/index.ts'
import type { ClusterChange } from './framework/framework.ts'

/** Where a pod waits, as measures name it. */
export type QueueName = 'active' | 'backoff' | 'unschedulable' | 'gated'

/** What a scheduler tells of its work. */
export interface SchedulerMeasures {
  /** A pod came into a queue. */
  queued(queue: QueueName, event: string): void
  /** How one try at placing a pod went; `seconds` only where it was placed. */
  attempted(result: 'scheduled' | 'unschedulable' | 'error', profile: string, seconds?: number): void
  /** A pod is bound: at which try, and how long after it was first seen. */
  scheduled(attempts: number, seconds: number): void
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

/** The measures under Kubernetes' names. */
export function schedulerMeasures(
  metrics: Metrics,
  counts: () => Readonly<Record<QueueName, number>>,
): SchedulerMeasures {
  metrics.readings(
    'scheduler_pending_pods',
    'gauge',
    "Number of pending pods, by the queue type. 'active' means number of pods in activeQ; 'backoff' means number of pods in backoffQ; 'unschedulable' means number of pods in unschedulablePods that the scheduler attempted to schedule and failed; 'gated' is the number of unschedulable pods that the scheduler never attempted to schedule because they are gated.",
    () => Object.entries(counts()).map(([queue, value]) => ({ labels: { queue }, value })),
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
  return {
    queued: (queue, event) => incoming.inc({ queue: queue === 'gated' ? 'unschedulable' : queue, event }),
    attempted(result, profile, seconds) {
      attempts.inc({ result, profile })
      if (seconds !== undefined) attemptSeconds.observe(seconds, { result, profile })
    },
    scheduled(count, seconds) {
      podAttempts.observe(count)
      podSeconds.observe(seconds, { attempts: count >= attemptsMax ? `${attemptsMax}+` : String(count) })
    },
    preempting: () => preemptions.inc(),
    victims: (count) => preempted.observe(count),
  }
}
