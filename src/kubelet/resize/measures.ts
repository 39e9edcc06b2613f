import type { Metrics } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { requestedResizes } from './requested.ts'

/** What set off the look in which a resize was granted that had been put off. */
export type RetryTrigger =
  | 'pod_resized'
  | 'pod_updated'
  | 'pods_added'
  | 'pods_removed'
  | 'pod_terminated'
  | 'periodic_retry'

/** Told of pods that change their size while they run. */
export interface ResizeMeasures {
  /** A pod's spec was changed: what it asks for now beside what it asked for. */
  resizeRequested(before: Pod, after: Pod): void
  /** A resize that the node had put off is granted. */
  deferredAccepted(trigger: RetryTrigger): void
  /** The running containers of a pod were brought to their new size, or could not be. */
  resized(ms: number, isWell: boolean): void
}
const durationBuckets = [10, 50, 100, 500, 1000, 2000, 5000, 10000, 20000, 30000, 60000, 120000, 300000, 600000]

/** Kubernetes' metrics of pods that are resized in place. */
export function resizeMeasures(metrics: Metrics): ResizeMeasures {
  const requested = metrics.counter(
    'kubelet_container_requested_resizes_total',
    "Number of requested resizes, counted at the container level. Different resources on the same container are counted separately. The 'requirement' label refers to 'memory' or 'limits'; the 'operation' label can be one of 'add', 'remove', 'increase' or 'decrease'.",
  )
  // Kubernetes: what is infeasible for want of room is not counted, only what gates, swap and static policies forbid.
  metrics.counter('kubelet_pod_infeasible_resizes_total', 'Number of infeasible resizes for pods.')
  const accepted = metrics.counter(
    'kubelet_pod_deferred_accepted_resizes_total',
    'Cumulative number of resizes that were accepted after being deferred.',
  )
  const durations = metrics.histogram(
    'kubelet_pod_resize_duration_milliseconds',
    'Duration in milliseconds to actuate a pod resize',
    durationBuckets,
  )
  return {
    resizeRequested(before, after) {
      for (const { resource, requirement, operation } of requestedResizes(before, after))
        requested.inc({ operation, requirement, resource })
    },
    deferredAccepted: (retry_trigger) => accepted.inc({ retry_trigger }),
    resized: (ms, isWell) => durations.observe(ms, { success: String(isWell) }),
  }
}
