import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantityText } from '../quantity/quantity.ts'
import { matchesNodeAffinity, nodeAffinityWeight } from './node-affinity.ts'
import { availableAtMs, hostPortsConflict, hostPortsOf, isActive, isAvailable } from './pods.ts'
import { podLimits, podRequests, qosClassOf } from './resources.ts'
import type { PodNeeds, ResourceList } from './shapes.ts'
import { toleratedSeconds, untoleratedTaint } from './taints.ts'

const needs = (requests: ResourceList, limits?: ResourceList, more: object = {}) => ({
  resources: { requests, ...(limits === undefined ? {} : { limits }) },
  ...more,
})
const sidecar = { restartPolicy: 'Always' }
const shown = (amounts: ReturnType<typeof podRequests>) =>
  Object.fromEntries([...amounts].map(([name, amount]) => [name, quantityText(amount)]))

test('requests of a pod count what can run at the same time', () => {
  const table: readonly { name: string; spec: PodNeeds; expected: object }[] = [
    {
      name: 'sum',
      spec: { containers: [needs({ cpu: '100m' }), needs({ cpu: '1', memory: '1Gi' })] },
      expected: { cpu: '1100m', memory: '1Gi' },
    },
    {
      name: 'a large init container',
      spec: { containers: [needs({ cpu: '1' })], initContainers: [needs({ cpu: '3' }), needs({ cpu: '2' })] },
      expected: { cpu: '3' },
    },
    {
      name: 'sidecars count with main and with later init containers',
      spec: {
        containers: [needs({ cpu: '1' })],
        initContainers: [needs({ cpu: '3' }), needs({ cpu: '1' }, undefined, sidecar), needs({ cpu: '3' })],
      },
      expected: { cpu: '4' },
    },
    {
      name: 'overhead',
      spec: { containers: [needs({ cpu: '1' })], overhead: { cpu: '250m' } },
      expected: { cpu: '1250m' },
    },
    {
      name: 'stated for the pod',
      spec: { containers: [needs({ cpu: '1', 'example.com/gpu': '1' })], resources: { requests: { cpu: '3' } } },
      expected: { cpu: '3', 'example.com/gpu': '1' },
    },
  ]
  for (const { name, spec, expected } of table) assert.deepEqual(shown(podRequests({ spec })), expected, name)
  const resizing = {
    spec: { containers: [needs({ cpu: '1' }, undefined, { name: 'a' })] },
    status: { containerStatuses: [{ name: 'a', resources: { requests: { cpu: '2' } } }] },
  }
  assert.deepEqual(shown(podRequests(resizing, { useStatus: true })), { cpu: '2' })
  const whole = {
    spec: { containers: [{ name: 'c' }], resources: { requests: { cpu: '1' } } },
    status: { allocatedResources: { cpu: '2' }, resources: { requests: { cpu: '3' } } },
  }
  assert.deepEqual(shown(podRequests(whole, { useStatus: true })), { cpu: '3' })
  assert.deepEqual(shown(podRequests(whole)), { cpu: '1' })
  const never = { type: 'PodResizePending', status: 'True', reason: 'Infeasible' }
  const infeasible = {
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '9' } } }] },
    status: {
      conditions: [never],
      containerStatuses: [{ name: 'c', resources: { requests: { cpu: '1' } }, allocatedResources: { cpu: '1' } }],
    },
  }
  assert.deepEqual(shown(podRequests(infeasible, { useStatus: true })), { cpu: '1' })
  const limited = { containers: [needs({}, { cpu: '1' })], overhead: { cpu: '1', memory: '1Mi' } }
  assert.deepEqual(shown(podLimits({ spec: limited })), { cpu: '2' })
})

test('QoS follows cpu and memory of every container', () => {
  const full = { cpu: '1', memory: '1Gi' }
  const table: readonly [PodNeeds, string][] = [
    [{ containers: [{}] }, 'BestEffort'],
    [{ containers: [needs({ 'example.com/x': '1' })] }, 'BestEffort'],
    [{ containers: [needs(full, full)] }, 'Guaranteed'],
    [{ containers: [needs(full, { cpu: '1000m', memory: '1024Mi' })] }, 'Guaranteed'],
    [{ containers: [needs(full, full), {}] }, 'Burstable'],
    [{ containers: [needs(full, full)], initContainers: [needs({ cpu: '1' })] }, 'Burstable'],
    [{ containers: [needs({ cpu: '1' })] }, 'Burstable'],
    [{ containers: [{}], resources: { requests: full, limits: full } }, 'Guaranteed'],
  ]
  assert.deepEqual(
    table.map(([spec]) => qosClassOf({ spec })),
    table.map(([, expected]) => expected),
  )
})

test('taints are borne by tolerations that fit them', () => {
  const taint = { key: 'a', value: 'b', effect: 'NoSchedule' }
  const table: readonly [object, boolean][] = [
    [{ key: 'a', value: 'b', effect: 'NoSchedule' }, true],
    [{ key: 'a', operator: 'Equal', value: 'c' }, false],
    [{ key: 'a', operator: 'Exists' }, true],
    [{ operator: 'Exists' }, true],
    [{ operator: 'Exists', effect: 'NoExecute' }, false],
    [{ key: 'x', operator: 'Exists' }, false],
  ]
  assert.deepEqual(
    table.map(([toleration]) => untoleratedTaint([taint], [toleration]) === undefined),
    table.map(([, expected]) => expected),
  )
  const gone = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }
  const bearing = { key: gone.key, operator: 'Exists', effect: 'NoExecute' }
  assert.deepEqual(
    [
      toleratedSeconds([gone], []),
      toleratedSeconds([gone], [bearing]),
      toleratedSeconds(
        [gone],
        [
          { ...bearing, tolerationSeconds: 300 },
          { operator: 'Exists', tolerationSeconds: 60 },
        ],
      ),
    ],
    [0, Number.POSITIVE_INFINITY, 60],
  )
})

test('nodes are allowed by selector and by any one term', () => {
  const node = { name: 'n1', labels: { zone: 'a', cores: '8' } }
  const required = (...nodeSelectorTerms: object[]) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  })
  const term = (key: string, operator: string, ...values: string[]) => ({
    matchExpressions: [{ key, operator, values }],
  })
  const table: readonly [object, boolean][] = [
    [{ nodeSelector: { zone: 'a' } }, true],
    [{ nodeSelector: { zone: 'b' } }, false],
    [required(term('zone', 'In', 'b'), term('cores', 'Gt', '4')), true],
    [required(term('cores', 'Lt', '4')), false],
    [required({}), false],
    [required(), false],
    [required({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }), true],
    [required(term('none', 'NotIn', 'x')), true],
  ]
  assert.deepEqual(
    table.map(([spec]) => matchesNodeAffinity(spec, node)),
    table.map(([, expected]) => expected),
  )
  const preferredDuringSchedulingIgnoredDuringExecution = [
    { weight: 5, preference: term('zone', 'Exists') },
    { weight: 7, preference: term('zone', 'In', 'b') },
    { weight: 1, preference: {} },
  ]
  const preferring = { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution } } }
  assert.equal(nodeAffinityWeight(preferring, node), 6)
})

test('pods are available after a quiet time, and conflict where they want the same port', () => {
  const since = '2026-01-01T00:00:00Z'
  const pod = {
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }] },
  }
  const atMs = Date.parse(since)
  assert.deepEqual(
    [isAvailable(pod, 0, atMs), isAvailable(pod, 10, atMs + 9999), isAvailable(pod, 10, atMs + 10_000)],
    [true, false, true],
  )
  assert.equal(availableAtMs(pod, 10, atMs), atMs + 10_000)
  assert.deepEqual([isActive(pod), isActive({ ...pod, metadata: { deletionTimestamp: since } })], [true, false])
  const [any] = hostPortsOf({ containers: [{ ports: [{ hostPort: 80 }, { containerPort: 81 }] }] })
  const [one] = hostPortsOf({ containers: [{ ports: [{ hostPort: 80, hostIP: '127.0.0.1' }] }] })
  const [udp] = hostPortsOf({ containers: [{ ports: [{ hostPort: 80, protocol: 'UDP' }] }] })
  assert.deepEqual([hostPortsConflict(any!, one!), hostPortsConflict(any!, udp!)], [true, false])
})
