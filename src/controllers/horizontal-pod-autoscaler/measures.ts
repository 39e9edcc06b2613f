import type { Metrics, ObjectName } from '../../machinery/index.ts'
import type { NoProposal, Proposal } from './proposals.ts'

type Action = 'scale_up' | 'scale_down' | 'none'
type Fault = 'spec' | 'internal' | 'none'

/** What is measured of autoscalers and their metrics. */
export interface Measures {
  reconciled(action: Action, error: Fault, seconds: number): void
  computed(type: string, outcome: Proposal | NoProposal, current: number, seconds: number): void
  desired(name: Partial<ObjectName>, replicas: number): void
  forget(name: Partial<ObjectName>): void
  /** Says how many autoscalers there are, whenever it is asked. */
  counts(read: () => number): void
}

const prefix = 'horizontal_pod_autoscaler_controller'
const buckets = Array.from({ length: 15 }, (_, index) => 0.001 * 2 ** index)
const actionText = "The label 'action' should be either 'scale_down', 'scale_up', or 'none'."
const errorText =
  "Also, the label 'error' should be either 'spec', 'internal', or 'none'. Note that if both spec and internal errors happen during a reconciliation, the first one to occur is reported in `error` label."
const computeText = "The label 'metric_type' corresponds to HPA.spec.metrics[*].type"

/** The measures under Kubernetes' names. */
export function measuresOf(metrics: Metrics): Measures {
  const total = metrics.counter(
    `${prefix}_reconciliations_total`,
    `Number of reconciliations of HPA controller. ${actionText} ${errorText}`,
  )
  const duration = metrics.histogram(
    `${prefix}_reconciliation_duration_seconds`,
    `The time(seconds) that the HPA controller takes to reconcile once. ${actionText} ${errorText}`,
    buckets,
  )
  const computations = metrics.counter(
    `${prefix}_metric_computation_total`,
    `Number of metric computations. ${actionText} Also, the label 'error' should be either 'spec', 'internal', or 'none'. ${computeText}`,
  )
  const computation = metrics.histogram(
    `${prefix}_metric_computation_duration_seconds`,
    `The time(seconds) that the HPA controller takes to calculate one metric. ${actionText} The label 'error' should be either 'spec', 'internal', or 'none'. ${computeText}`,
    buckets,
  )
  const desired = metrics.gauge(`${prefix}_desired_replicas`, 'Current desired replica count for HPA objects.')
  const labelsOf = ({ namespace = '', name = '' }: Partial<ObjectName>) => ({ namespace, hpa_name: name })
  return {
    reconciled(action, error, seconds) {
      total.inc({ action, error })
      duration.observe(seconds, { action, error })
    },
    computed(type, outcome, current, seconds) {
      const failed = 'error' in outcome
      const action = failed
        ? 'none'
        : outcome.replicas > current
          ? 'scale_up'
          : outcome.replicas < current
            ? 'scale_down'
            : 'none'
      const error = failed ? (outcome.bySpec ? 'spec' : 'internal') : 'none'
      const labels = { action, error, metric_type: type }
      computations.inc(labels)
      computation.observe(seconds, labels)
    },
    desired: (name, replicas) => desired.set(replicas, labelsOf(name)),
    forget: (name) => desired.remove(labelsOf(name)),
    counts: (read) =>
      metrics.gaugeOf(`${prefix}_num_horizontal_pod_autoscalers`, 'Current number of controlled HPA objects.', read),
  }
}
