import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployments, jobs, nodes, pods, services } from './index.ts'
import { allResources } from './registry.ts'
import { zeroObject } from './schema.ts'

const nowMs = Date.parse('2026-01-01T01:00:00Z')
const metadata = { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z' }
const status = (name: string, state: object, more: object = {}) => ({
  name,
  ready: false,
  restartCount: 0,
  state,
  ...more,
})
const running = { running: { startedAt: metadata.creationTimestamp } }
const waiting = (reason: string) => ({ waiting: { reason } })
const ended = (exitCode: number, reason?: string) => ({ terminated: { exitCode, ...(reason && { reason }) } })
const pod = (containerStatuses: object[], more: any = {}) =>
  ({
    metadata: { ...metadata, ...more.metadata },
    spec: { containers: containerStatuses.map(() => ({ name: 'c' })), ...more.spec },
    status: { phase: 'Running', containerStatuses, ...more.status },
  }) as any

test('pods are summed up in the words of kubectl', () => {
  const init = (state: object, more: object = {}) => ({
    spec: { initContainers: [{ name: 'i' }, { name: 'j' }] },
    status: { phase: 'Pending', initContainerStatuses: [status('i', state, more)] },
  })
  const ready = { ready: true }
  const table: readonly [object, string, string, string][] = [
    [pod([status('c', running, ready)]), '1/1', 'Running', '0'],
    [
      pod([status('c', waiting('ContainerCreating'))], { status: { phase: 'Pending' } }),
      '0/1',
      'ContainerCreating',
      '0',
    ],
    [
      pod([
        status('c', waiting('CrashLoopBackOff'), {
          restartCount: 3,
          lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:59:00Z' } },
        }),
      ]),
      '0/1',
      'CrashLoopBackOff',
      '3 (60s ago)',
    ],
    [pod([status('c', ended(0, 'Completed'))], { status: { phase: 'Succeeded' } }), '0/1', 'Completed', '0'],
    [pod([status('c', ended(3))], { status: { phase: 'Failed' } }), '0/1', 'ExitCode:3', '0'],
    [pod([status('c', running, ready), status('d', ended(0, 'Completed'))]), '1/2', 'NotReady', '0'],
    [pod([status('c', waiting('PodInitializing'))], init(running)), '0/1', 'Init:0/2', '0'],
    [pod([], init(ended(1, 'Error'))), '0/0', 'Init:Error', '0'],
    [pod([], init(waiting('CrashLoopBackOff'), { restartCount: 2 })), '0/0', 'Init:CrashLoopBackOff', '2'],
    [pod([], init(ended(2))), '0/0', 'Init:ExitCode:2', '0'],
    [
      pod([status('c', running, ready)], {
        spec: { initContainers: [{ name: 's', restartPolicy: 'Always' }] },
        status: { initContainerStatuses: [status('s', running, { ready: true, started: true, restartCount: 1 })] },
      }),
      '2/2',
      'Running',
      '1',
    ],
    [pod([status('c', running, ready)], { metadata: { deletionTimestamp: 'x' } }), '1/1', 'Terminating', '0'],
    [
      pod([status('c', running, ready)], { metadata: { deletionTimestamp: 'x' }, status: { reason: 'NodeLost' } }),
      '1/1',
      'Unknown',
      '0',
    ],
    [pod([], { status: { phase: 'Failed', reason: 'Evicted' } }), '0/0', 'Evicted', '0'],
    [
      pod([], {
        status: {
          phase: 'Pending',
          conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated', status: 'False' }],
        },
      }),
      '0/0',
      'SchedulingGated',
      '0',
    ],
  ]
  assert.deepEqual(
    table.map(([one]) => pods.cells(one as any, nowMs).slice(1, 4)),
    table.map(([, ...cells]) => cells),
  )
  assert.deepEqual(pods.cells(pod([]), nowMs).slice(4), ['60m', '<none>', '<none>', '<none>', '<none>'])
})

test('other kinds show what kubectl shows', () => {
  const template = { spec: { containers: [{ name: 'web', image: 'nginx' }] } }
  const selector = { matchLabels: { app: 'web' } }
  const deployment: any = {
    metadata,
    spec: { replicas: 3, selector, template },
    status: { readyReplicas: 2, updatedReplicas: 3 },
  }
  assert.deepEqual(deployments.cells(deployment, nowMs), ['a', '2/3', 3, 0, '60m', 'web', 'nginx', 'app=web'])
  const node: any = {
    metadata: { ...metadata, labels: { 'node-role.kubernetes.io/control-plane': '' } },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: 'Ready', status: 'Unknown' }],
      addresses: [{ type: 'InternalIP', address: '1.2.3.4' }],
    },
  }
  assert.deepEqual(nodes.cells(node, nowMs), [
    'a',
    'NotReady,SchedulingDisabled',
    'control-plane',
    '60m',
    '',
    '1.2.3.4',
    '<none>',
    '<unknown>',
    '<unknown>',
    '<unknown>',
  ])
  const service: any = {
    metadata,
    spec: { type: 'NodePort', clusterIPs: ['10.96.0.7'], ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }] },
  }
  assert.deepEqual(services.cells(service, nowMs), [
    'a',
    'NodePort',
    '10.96.0.7',
    '<none>',
    '80:30080/TCP',
    '60m',
    '<none>',
  ])
  const job: any = { metadata, spec: { template, completions: 1 }, status: { startTime: metadata.creationTimestamp } }
  assert.deepEqual(jobs.cells(job, nowMs).slice(0, 5), ['a', 'Running', '0/1', '60m', '60m'])
})

test('every kind gives one cell per column, even for an object in which nothing is set', () => {
  for (const resource of allResources) {
    const object = { ...zeroObject(resource.type), metadata: { name: 'a' } }
    const cells = resource.cells(object, nowMs)
    assert.equal(cells.length, resource.columns.length, `${resource.plural}.${resource.version}.${resource.group}`)
    assert(
      cells.every((cell) => cell !== undefined),
      resource.plural,
    )
  }
})
