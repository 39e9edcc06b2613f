import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PodState, podThatIs, replicaSetOf, startMs } from '../runtime/fixtures.ts'
import { podDeletionCost } from '../runtime/pods.ts'
import { nextAvailableInMs, planReplicas, replicaStatus } from './plan.ts'

const cases: readonly {
  readonly name: string
  readonly replicas: number
  readonly pods: readonly PodState[]
  readonly create: number
  readonly remove: readonly string[]
}[] = [
  { name: 'creates what is missing', replicas: 3, pods: ['ready'], create: 2, remove: [] },
  { name: 'leaves a full set alone', replicas: 1, pods: ['ready'], create: 0, remove: [] },
  {
    name: 'removes the least useful first',
    replicas: 1,
    pods: ['ready', 'unscheduled', 'pending', 'unready'],
    create: 0,
    remove: ['unscheduled', 'pending', 'unready'],
  },
  {
    name: 'replaces ended and ending pods',
    replicas: 3,
    pods: ['failed', 'succeeded', 'terminating'],
    create: 3,
    remove: [],
  },
  { name: 'creates no more than a burst at once', replicas: 600, pods: [], create: 500, remove: [] },
]
for (const { name, replicas, pods, create, remove } of cases) {
  test(`replicaset ${name}`, () => {
    const owned = pods.map((state) => podThatIs(state))
    const plan = planReplicas(replicaSetOf('set', { replicas }), owned, () => owned, startMs)
    assert.deepEqual(
      { create: plan.create, remove: plan.remove.map(({ metadata }) => metadata.name) },
      { create, remove },
    )
  })
}

const rankings = [
  {
    name: 'the cheaper to delete',
    pods: [{ name: 'dear', annotations: { [podDeletionCost]: '10' } }, { name: 'cheap' }],
    first: 'cheap',
  },
  {
    name: 'one that shares its node with siblings',
    pods: [
      { name: 'alone', node: 'a' },
      { name: 'crowded', node: 'b' },
      { name: 'neighbour', node: 'b', annotations: { [podDeletionCost]: '1' } },
    ],
    first: 'crowded',
  },
  {
    name: 'the one ready for a shorter time',
    pods: [
      { name: 'older', readyAtSeconds: -1000 },
      { name: 'younger', readyAtSeconds: -1 },
    ],
    first: 'younger',
  },
  { name: 'the one restarted more often', pods: [{ name: 'steady' }, { name: 'shaky', restarts: 3 }], first: 'shaky' },
]
for (const { name, pods, first } of rankings) {
  test(`replicaset loses ${name} first`, () => {
    const owned = pods.map((wish) => podThatIs('ready', wish))
    const plan = planReplicas(replicaSetOf('set', { replicas: pods.length - 1 }), owned, () => owned, startMs)
    assert.deepEqual(
      plan.remove.map(({ metadata }) => metadata.name),
      [first],
    )
  })
}

test('replicaset counts pods by what they are', () => {
  const set = replicaSetOf('set', { replicas: 4 })
  const waiting = { ...set, spec: { ...set.spec, minReadySeconds: 60 } }
  const labels = { app: 'web', 'pod-template-hash': 'set' }
  const owned = [
    podThatIs('ready', { readyAtSeconds: -100, labels }),
    podThatIs('ready', { readyAtSeconds: -10 }),
    podThatIs('unready'),
    podThatIs('terminating'),
    podThatIs('failed'),
  ]
  assert.deepEqual(replicaStatus(waiting, owned, startMs), {
    replicas: 3,
    fullyLabeledReplicas: 1,
    readyReplicas: 2,
    availableReplicas: 1,
    terminatingReplicas: 1,
    observedGeneration: 1,
  })
  assert.equal(nextAvailableInMs(waiting, owned, startMs), 50_000)
})
