import type { Metrics } from '../machinery/index.ts'

/** What is measured of the autoscaler. */
export interface AutoscalerMeasures {
  scaledUp(nodes: number): void
  failedScaleUp(reason: string): void
  scaledDown(reason: 'empty' | 'underutilized' | 'unready'): void
  evicted(worked: boolean): void
  unschedulable(count: number): void
  unneeded(count: number): void
  groups(count: number): void
}

const prefix = 'cluster_autoscaler'

/** The measures under cluster-autoscaler's names. */
export function autoscalerMeasures(metrics: Metrics): AutoscalerMeasures {
  const scaledUp = metrics.counter(`${prefix}_scaled_up_nodes_total`, 'Number of nodes added by CA.')
  const failed = metrics.counter(`${prefix}_failed_scale_ups_total`, 'Number of times scale-up operation has failed.')
  const scaledDown = metrics.counter(`${prefix}_scaled_down_nodes_total`, 'Number of nodes removed by CA.')
  const evicted = metrics.counter(`${prefix}_evicted_pods_total`, 'Number of pods evicted by CA')
  const pods = metrics.gauge(`${prefix}_unschedulable_pods_count`, 'Number of unschedulable pods in the cluster.')
  const unneeded = metrics.gauge(
    `${prefix}_unneeded_nodes_count`,
    'Number of nodes currently considered unneeded by CA.',
  )
  const groups = metrics.gauge(`${prefix}_node_groups_count`, 'Number of node groups managed by CA.')
  return {
    scaledUp: (nodes) => scaledUp.inc({}, nodes),
    failedScaleUp: (reason) => failed.inc({ reason }),
    scaledDown: (reason) => scaledDown.inc({ reason }),
    evicted: (worked) => evicted.inc({ eviction_result: worked ? 'succeeded' : 'failed' }),
    unschedulable: (count) => pods.set(count, { type: 'unschedulable' }),
    unneeded: (count) => unneeded.set(count, {}),
    groups: (count) => groups.set(count, { node_group_type: 'autoscaled' }),
  }
}
