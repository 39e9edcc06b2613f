import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../machinery/index.ts'
import { sliceMeasures } from './measures.ts'

const group = (...addresses: readonly string[]): any => ({
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 80 }],
  endpoints: addresses.map((address) => ({ addresses: [address] })),
})
const service = (name: string, spec: object = {}): any => ({ metadata: { namespace: 'default', name }, spec })

test('what changed of slices is counted, and how many there are', () => {
  const metrics = new Metrics()
  const measures = sliceMeasures(metrics, 100)
  const plan = { create: [group('10.0.0.2')], update: [], remove: [], added: 2, removed: 1 }
  measures.synced(
    service('web', { trafficDistribution: 'PreferClose' }),
    [group('10.0.0.1', '10.0.0.2', '10.0.0.3')],
    [group('10.0.0.1', '10.0.0.9')],
    plan as never,
  )
  measures.synced(service('empty'), [group()], [group()], {
    ...{ create: [], update: [], remove: [], added: 0, removed: 0 },
  })
  measures.synced(service('gone'), [group('10.0.0.5')], [], { ...plan, added: 1, removed: 0 } as never)
  measures.forget({ namespace: 'default', name: 'gone' })
  const text = metrics.text()
  for (const line of [
    'endpoint_slice_controller_endpoints_desired 3',
    'endpoint_slice_controller_num_endpoint_slices 3',
    'endpoint_slice_controller_desired_endpoint_slices 2',
    'endpoint_slice_controller_services_count_by_traffic_distribution{traffic_distribution="PreferClose"} 1',
    'endpoint_slice_controller_endpoints_added_per_sync_sum 3',
    'endpoint_slice_controller_endpoints_removed_per_sync_sum 1',
  ])
    assert.ok(text.includes(`${line}\n`), line)
})
