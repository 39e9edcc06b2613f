import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DaemonSet, Node, Pod } from '../../resources/index.ts'
import { nodeThatIs, type PodState, podThatIs, startMs } from '../runtime/fixtures.ts'
import { daemonStatus, fitOf, planDaemons } from './plan.ts'

function setOf(spec: Partial<DaemonSet['spec']> = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: 'agent',
      namespace: 'default',
      uid: 'set',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '',
    },
    spec: { selector: {}, template: { spec: { containers: [] } }, ...spec },
    status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  }
}
const daemon = (node: string, state: PodState = 'ready', hash = 'new', name = `${state}-${node}-${hash}`): Pod =>
  podThatIs(state, { name, node, labels: { 'controller-revision-hash': hash } })
const [a, b, c]: readonly [Node, Node, Node] = [
  nodeThatIs('True', { name: 'a' }),
  nodeThatIs('True', { name: 'b' }),
  nodeThatIs('True', { name: 'c' }),
]
const tainted = (key: string, effect: 'NoSchedule' | 'NoExecute') =>
  nodeThatIs('True', { name: 'a', taints: [{ key, effect }] })
const surge = { updateStrategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }

const cases: readonly {
  readonly name: string
  readonly set?: Partial<DaemonSet['spec']>
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  readonly create?: readonly string[]
  readonly remove?: readonly string[]
  readonly ended?: readonly string[]
}[] = [
  { name: 'comes to every node', nodes: [a, b], pods: [daemon('a')], create: ['b'] },
  { name: 'waits where one is still going', nodes: [a], pods: [daemon('a', 'terminating')] },
  {
    name: 'keeps the oldest of two',
    nodes: [a],
    pods: [daemon('a'), daemon('a', 'ready', 'new', 'zzz')],
    remove: ['zzz'],
  },
  { name: 'replaces one that failed', nodes: [a], pods: [daemon('a', 'failed')], ended: ['failed-a-new'] },
  {
    name: 'leaves a node it no longer wants',
    set: { template: { spec: { containers: [], nodeSelector: { disk: 'ssd' } } } },
    nodes: [a],
    pods: [daemon('a')],
    remove: ['ready-a-new'],
  },
  { name: 'stays on a node that is closed', nodes: [tainted('team', 'NoSchedule')], pods: [daemon('a')] },
  {
    name: 'leaves a node that puts it out',
    nodes: [tainted('team', 'NoExecute')],
    pods: [daemon('a')],
    remove: ['ready-a-new'],
  },
  {
    name: 'replaces one old daemon at a time',
    nodes: [a, b, c],
    pods: [daemon('a', 'ready', 'old'), daemon('b', 'ready', 'old'), daemon('c', 'ready', 'old')],
    remove: ['ready-a-old'],
  },
  {
    name: 'waits while one is missing',
    nodes: [a, b, c],
    pods: [daemon('a', 'unready'), daemon('b', 'ready', 'old'), daemon('c', 'ready', 'old')],
  },
  {
    name: 'replaces unready old ones whatever the budget',
    nodes: [a, b, c],
    pods: [daemon('a', 'unready', 'old'), daemon('b', 'unready', 'old'), daemon('c', 'ready', 'old')],
    remove: ['unready-a-old', 'unready-b-old'],
  },
  {
    name: 'leaves updates to the user',
    set: { updateStrategy: { type: 'OnDelete' } },
    nodes: [a],
    pods: [daemon('a', 'ready', 'old')],
  },
  {
    name: 'puts the new one beside the old when it may surge',
    set: surge,
    nodes: [a, b],
    pods: [daemon('a', 'ready', 'old'), daemon('b', 'ready', 'old')],
    create: ['a'],
  },
  {
    name: 'removes the old one when the new one is well',
    set: surge,
    nodes: [a, b],
    pods: [daemon('a', 'ready', 'old'), daemon('a'), daemon('b', 'ready', 'old')],
    create: ['b'],
    remove: ['ready-a-old'],
  },
]
for (const { name, set, nodes, pods, create = [], remove = [], ended = [] } of cases) {
  test(`daemonset ${name}`, () => {
    const plan = planDaemons(setOf(set), nodes, pods, 'new', startMs)
    const namesOf = (list: readonly Pod[]) => list.map(({ metadata }) => metadata.name)
    assert.deepEqual(
      { create: plan.create, remove: namesOf(plan.remove), ended: namesOf(plan.ended) },
      { create, remove, ended },
    )
  })
}

test('daemonset bears the taints that nodes get by themselves', () => {
  const keys = ['not-ready', 'unreachable', 'disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map(
    (key) => `node.kubernetes.io/${key}`,
  )
  const effects = (index: number) => (index < 2 ? 'NoExecute' : 'NoSchedule')
  assert.deepEqual(
    keys.map((key, index) => fitOf(setOf(), tainted(key, effects(index))).shouldRun),
    keys.map(() => true),
  )
  assert.deepEqual(fitOf(setOf(), tainted('node.kubernetes.io/network-unavailable', 'NoSchedule')), {
    shouldRun: false,
    mayStay: true,
  })
})

test('daemonset counts nodes, not pods', () => {
  const pods = [daemon('a'), daemon('b', 'unready', 'old'), daemon('d')]
  const status = daemonStatus(
    setOf({ template: { spec: { containers: [] } } }),
    [a, b, c, tainted('team', 'NoExecute')].slice(0, 3),
    pods,
    'new',
    undefined,
    startMs,
  )
  assert.deepEqual(status, {
    currentNumberScheduled: 2,
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
    numberReady: 1,
    observedGeneration: 1,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 2,
  })
})
