import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../machinery/index.ts'
import { proxyMeasures } from './measures.ts'

test('changes wait until rules are written, and how long that took is told from when they were made', () => {
  const metrics = new Metrics()
  const measures = proxyMeasures(metrics, () => ({ internal: 2, external: 0 }))
  const value = (name: string) =>
    metrics
      .text()
      .split('\n')
      .find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      ?.split(' ')
      .at(-1)
  measures.changed('service', 1000)
  measures.changed('endpoints', 2000)
  measures.changed('endpoints', 3000)
  assert.equal(value('kubeproxy_sync_proxy_rules_endpoint_changes_pending'), '2')
  measures.began()
  measures.synced(4000, 0.02, false, [1000, 3900])
  measures.failed()
  assert.deepEqual(
    [
      value('kubeproxy_sync_proxy_rules_endpoint_changes_pending'),
      value('kubeproxy_sync_proxy_rules_service_changes_total'),
      value('kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds'),
      value('kubeproxy_sync_proxy_rules_last_timestamp_seconds'),
      value('kubeproxy_sync_partial_proxy_rules_duration_seconds_count'),
      value('kubeproxy_sync_full_proxy_rules_duration_seconds_count'),
      value('kubeproxy_network_programming_duration_seconds_bucket{ip_family="IPv4",le="0.25"}'),
      value('kubeproxy_network_programming_duration_seconds_sum'),
      value('kubeproxy_sync_proxy_rules_nftables_sync_failures_total'),
      value('kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="internal"}'),
    ],
    ['0', '1', '3', '4', '1', undefined, '1', '3.1', '1', '2'],
  )
})
