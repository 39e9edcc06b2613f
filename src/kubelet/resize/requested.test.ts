import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../machinery/index.ts'
import { allocationOf } from './allocation.ts'
import { resizeMeasures } from './measures.ts'
import { decideResize } from './plan.ts'
import { asksLess, requestedResizes } from './requested.ts'

const podOf = (requests: object, limits: object = {}, initial: object = {}) =>
  ({
    metadata: { name: 'p', uid: 'u' },
    spec: {
      containers: [{ name: 'main', resources: { requests, limits } }],
      initContainers: [
        { name: 'init', resources: { requests: initial } },
        { name: 'side', restartPolicy: 'Always', resources: { requests: initial } },
      ],
    },
    status: {},
  }) as never

test('what a changed spec asks for otherwise is counted by amount, and containers that do not stay are not', () => {
  const before = podOf({ cpu: '1', memory: '1Gi' }, { cpu: '2' }, { cpu: '100m' })
  const after = podOf({ cpu: '1500m' }, { cpu: '2000m', memory: '2Gi' }, { cpu: '50m' })
  assert.deepEqual(
    requestedResizes(before, after).map(({ resource, requirement, operation }) => [resource, requirement, operation]),
    [
      ['cpu', 'requests', 'decrease'],
      ['cpu', 'requests', 'increase'],
      ['memory', 'requests', 'remove'],
      ['memory', 'limits', 'add'],
    ],
  )
  assert.deepEqual(requestedResizes(before, before), [])
  assert.deepEqual([asksLess(after, before), asksLess(before, before)], [true, false])
})

test('resizes are told under the names of Kubernetes', () => {
  const metrics = new Metrics()
  const measures = resizeMeasures(metrics)
  measures.resizeRequested(podOf({ cpu: '1' }), podOf({ cpu: '2' }))
  measures.deferredAccepted('pods_removed')
  measures.resized(60, true)
  const text = metrics.text()
  for (const line of [
    'kubelet_container_requested_resizes_total{operation="increase",requirement="requests",resource="cpu"} 1',
    'kubelet_pod_deferred_accepted_resizes_total{retry_trigger="pods_removed"} 1',
    'kubelet_pod_resize_duration_milliseconds_bucket{success="true",le="50"} 0',
    'kubelet_pod_resize_duration_milliseconds_bucket{success="true",le="100"} 1',
  ])
    assert.ok(text.includes(`${line}\n`), line)
})

test('a size that waits for room is granted when there is some', () => {
  const before = podOf({ cpu: '1' })
  const pod = podOf({ cpu: '3' })
  const allocation = allocationOf(before)
  const other = podOf({ cpu: '2' })
  const allocatable = { cpu: '4', memory: '8Gi' }
  const waiting = decideResize({ pod, allocation, allocatable, others: [other] })
  assert.equal(waiting.pending?.reason, 'Deferred')
  assert.equal(waiting.allocation, allocation)
  const granted = decideResize({ pod, allocation, allocatable, others: [] })
  assert.deepEqual([granted.pending, granted.allocation.containers.get('main')?.requests], [undefined, { cpu: '3' }])
})
