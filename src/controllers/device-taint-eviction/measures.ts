import type { Metrics } from '../../machinery/index.ts'

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 120, 180, 240]

/** The measures under Kubernetes' names. */
export function evictionMeasures(metrics: Metrics) {
  const total = metrics.counter(
    'device_taint_eviction_controller_pod_deletions_total',
    'Total number of Pods deleted by DeviceTaintEvictionController since its start.',
  )
  const latency = metrics.histogram(
    'device_taint_eviction_controller_pod_deletion_duration_seconds',
    "Latency, in seconds, between the time when a device taint effect has been activated and a Pod's deletion via DeviceTaintEvictionController.",
    buckets,
  )
  return {
    evicted(afterSeconds: number) {
      total.inc()
      latency.observe(afterSeconds)
    },
  }
}
