import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../machinery/index.ts'
import { planSlices } from '../endpointslice/plan.ts'
import { mirrorMeasures } from './measures.ts'
import { mirroredGroups } from './plan.ts'

const name = { namespace: 'default', name: 'out' }
const endpointsOf = (...ips: string[]) =>
  ({
    metadata: { ...name, resourceVersion: '1' },
    subsets: [{ addresses: ips.map((ip) => ({ ip })), ports: [{ port: 80 }] }],
  }) as never

test('addresses that are none are left out, and so is what is above the limit of a subset', () => {
  const { groups, skipped, invalid } = mirroredGroups(endpointsOf('10.0.0.1', 'x', '10.0.0.2', '10.0.0.3'), 2)
  assert.deepEqual(
    groups.map(({ endpoints }) => endpoints?.map(({ addresses }) => addresses[0])),
    [['10.0.0.1', '10.0.0.2']],
  )
  assert.deepEqual([skipped, invalid], [2, 1])
})

test('what is mirrored is measured under the names of Kubernetes', () => {
  const metrics = new Metrics()
  const measures = mirrorMeasures(metrics, 2)
  const mirrored = mirroredGroups(endpointsOf('10.0.0.1', '10.0.0.2', '10.0.0.3'), 2)
  const existing = [
    {
      metadata: { name: 'out-x' },
      addressType: 'IPv4',
      ports: mirrored.groups[0]!.ports,
      endpoints: [
        { addresses: ['10.0.0.1'], conditions: { ready: false } },
        { addresses: ['10.0.0.9'], conditions: { ready: true } },
      ],
    },
  ] as never
  const plan = planSlices([], mirrored.groups, existing, 2)
  measures.synced(name, mirrored.groups, existing, { ...plan, skipped: mirrored.skipped })
  measures.changed('update')
  measures.ended(0.003)
  const shown = (wanted: string) =>
    metrics
      .text()
      .split('\n')
      .find((line) => line.startsWith(`endpoint_slice_mirroring_controller_${wanted} `))
      ?.split(' ')[1]
  assert.deepEqual(
    ['endpoints_desired', 'num_endpoint_slices', 'desired_endpoint_slices', 'changes{operation="update"}'].map(shown),
    ['2', '1', '1', '1'],
  )
  const sums = ['endpoints_added', 'endpoints_updated', 'endpoints_removed', 'addresses_skipped']
  assert.deepEqual(
    sums.map((one) => shown(`${one}_per_sync_sum`)),
    ['1', '1', '1', '1'],
  )
  assert.equal(shown('endpoints_sync_duration_count'), '1')
  measures.forget(name)
  assert.equal(shown('endpoints_desired'), '0')
})
