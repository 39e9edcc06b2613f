import type { Metrics } from '../machinery/index.ts'

/** Told of what a proxy does. Times are in seconds. */
export interface ProxyMeasures {
  /** A service or some of its endpoints changed. */
  changed(of: 'service' | 'endpoints', nowMs: number): void
  /** Rules are about to be written for all that has changed. */
  began(): void
  /** Rules are in place, for changes that were made at these times. */
  synced(nowMs: number, seconds: number, isWhole: boolean, changedAtMs: readonly number[]): void
  failed(): void
}
/** How many services take only their node's own endpoints for a kind of traffic, and have none. */
export interface WithoutLocal {
  readonly internal: number
  readonly external: number
}

const syncBuckets = Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power)
const programmingBuckets = [
  0.25,
  0.5,
  ...Array.from({ length: 60 }, (_, second) => second + 1),
  ...Array.from({ length: 12 }, (_, step) => 65 + 5 * step),
  ...Array.from({ length: 6 }, (_, step) => 150 + 30 * step),
]
/** The proxy writes rules of one family. */
const labels = { ip_family: 'IPv4' }

/** Kubernetes' metrics of kube-proxy in its nftables mode; `withoutLocal` is asked when metrics are read. */
export function proxyMeasures(metrics: Metrics, withoutLocal: () => WithoutLocal): ProxyMeasures {
  const histogram = (name: string, help: string, buckets: readonly number[]) =>
    metrics.histogram(`kubeproxy_${name}`, help, buckets)
  const syncs = histogram('sync_proxy_rules_duration_seconds', 'SyncProxyRules latency in seconds', syncBuckets)
  const full = histogram(
    'sync_full_proxy_rules_duration_seconds',
    'SyncProxyRules latency in seconds for full resyncs',
    syncBuckets,
  )
  const partial = histogram(
    'sync_partial_proxy_rules_duration_seconds',
    'SyncProxyRules latency in seconds for partial resyncs',
    syncBuckets,
  )
  const programming = histogram(
    'network_programming_duration_seconds',
    'In Cluster Network Programming Latency in seconds',
    programmingBuckets,
  )
  const last = metrics.gauge(
    'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    'The last time proxy rules were successfully synced',
  )
  const queued = metrics.gauge(
    'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds',
    'The last time a sync of proxy rules was queued',
  )
  const failures = metrics.counter(
    'kubeproxy_sync_proxy_rules_nftables_sync_failures_total',
    'Cumulative proxy nftables sync failures',
  )
  const changes = {
    service: metrics.counter(
      'kubeproxy_sync_proxy_rules_service_changes_total',
      'Cumulative proxy rules Service changes',
    ),
    endpoints: metrics.counter(
      'kubeproxy_sync_proxy_rules_endpoint_changes_total',
      'Cumulative proxy rules Endpoint changes',
    ),
  }
  const pending = { service: 0, endpoints: 0 }
  metrics.gaugeOf(
    'kubeproxy_sync_proxy_rules_service_changes_pending',
    'Pending proxy rules Service changes',
    () => pending.service,
  )
  metrics.gaugeOf(
    'kubeproxy_sync_proxy_rules_endpoint_changes_pending',
    'Pending proxy rules Endpoint changes',
    () => pending.endpoints,
  )
  metrics.readings(
    'kubeproxy_sync_proxy_rules_no_local_endpoints_total',
    'gauge',
    'Number of services with a Local traffic policy and no endpoints',
    () =>
      Object.entries(withoutLocal()).map(([traffic_policy, value]) => ({
        labels: { ...labels, traffic_policy },
        value,
      })),
  )
  return {
    changed(of, nowMs) {
      changes[of].inc()
      pending[of]++
      queued.set(nowMs / 1000, labels)
    },
    began() {
      pending.service = pending.endpoints = 0
    },
    synced(nowMs, seconds, isWhole, changedAtMs) {
      syncs.observe(seconds, labels)
      if (isWhole) full.observe(seconds, labels)
      else partial.observe(seconds, labels)
      for (const atMs of changedAtMs) programming.observe(Math.max(0, nowMs - atMs) / 1000, labels)
      last.set(nowMs / 1000, labels)
    },
    failed: () => failures.inc(labels),
  }
}
