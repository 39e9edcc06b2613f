import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploymentOf, replicaSetOf } from '../runtime/fixtures.ts'
import {
  desiredReplicasAnnotation,
  limitsOf,
  maxReplicasAnnotation,
  newSetSize,
  planRolling,
  planScaling,
  type Scale,
} from './sizes.ts'

const said = (steps: readonly Scale[]) => Object.fromEntries(steps.map(({ set, to }) => [set.metadata.name, to]))

const limits = [
  { name: 'rounds surge up and unavailable down', wish: { replicas: 10 }, limits: { maxSurge: 3, maxUnavailable: 2 } },
  {
    name: 'lets one be missing when both round to none',
    wish: { replicas: 3, maxSurge: 0, maxUnavailable: '10%' },
    limits: { maxSurge: 0, maxUnavailable: 1 },
  },
  {
    name: 'never lets more be missing than are wanted',
    wish: { replicas: 2, maxSurge: 0, maxUnavailable: 5 },
    limits: { maxSurge: 0, maxUnavailable: 2 },
  },
  { name: 'lets none be missing of none', wish: { replicas: 0 }, limits: { maxSurge: 0, maxUnavailable: 0 } },
  {
    name: 'knows no limits for Recreate',
    wish: { spec: { strategy: { type: 'Recreate' as const } } },
    limits: { maxSurge: 0, maxUnavailable: 0 },
  },
]
for (const { name, wish, limits: expected } of limits) {
  test(`deployment limits: ${name}`, () => assert.deepEqual(limitsOf(deploymentOf(wish)), expected))
}

const rolling = [
  { name: 'grows the new set by the surge first', new: { replicas: 0 }, old: [{ replicas: 10 }], steps: { new: 3 } },
  {
    name: 'shrinks the old set once the surge is used',
    new: { replicas: 3, available: 0 },
    old: [{ replicas: 10 }],
    steps: { old0: 8 },
  },
  {
    name: 'takes unhealthy old pods first, whatever is available',
    new: { replicas: 3, available: 0 },
    old: [{ replicas: 10, available: 8 }],
    steps: { old0: 8 },
  },
  {
    name: 'waits while new pods are not available',
    new: { replicas: 5, available: 0 },
    old: [{ replicas: 8 }],
    steps: {},
  },
  {
    name: 'counts new pods that are not available against the old ones',
    new: { replicas: 5, available: 2 },
    old: [{ replicas: 8 }],
    steps: { old0: 6 },
  },
  {
    name: 'empties the oldest of several sets first',
    new: { replicas: 7, available: 7 },
    old: [{ replicas: 2 }, { replicas: 4 }],
    steps: { old0: 0, old1: 1 },
  },
  { name: 'shrinks a new set that is too large', new: { replicas: 12 }, old: [], steps: { new: 10 } },
  { name: 'is done when only the new set is left', new: { replicas: 10 }, old: [{ replicas: 0 }], steps: {} },
] as const
for (const { name, new: fresh, old, steps } of rolling) {
  test(`deployment rolling ${name}`, () => {
    const sets = old.map((wish, index) => replicaSetOf(`old${index}`, { ...wish, createdAtSeconds: index }))
    assert.deepEqual(
      said(planRolling(deploymentOf(), replicaSetOf('new', { ...fresh, createdAtSeconds: 99 }), sets)),
      steps,
    )
  })
}

const sized = (replicas: number, max: number) => ({
  [desiredReplicasAnnotation]: String(replicas),
  [maxReplicasAnnotation]: String(max),
})
const scaling = [
  { name: 'gives the only set all', replicas: 7, new: { replicas: 5 }, old: [], steps: { new: 7 } },
  {
    name: 'gives a set that is not the newest all, when it alone is active',
    replicas: 7,
    new: { replicas: 0 },
    old: [{ replicas: 5 }],
    steps: { old0: 7 },
  },
  {
    name: 'shares growth in proportion',
    replicas: 20,
    new: { replicas: 5, annotations: sized(10, 13) },
    old: [{ replicas: 8, annotations: sized(10, 13) }],
    steps: { old0: 15, new: 10 },
  },
  {
    name: 'shares shrinking in proportion',
    replicas: 5,
    new: { replicas: 5, annotations: sized(10, 13) },
    old: [{ replicas: 8, annotations: sized(10, 13) }],
    steps: { old0: 4, new: 3 },
  },
  {
    name: 'takes all to nothing',
    replicas: 0,
    new: { replicas: 5, annotations: sized(10, 13) },
    old: [{ replicas: 8, annotations: sized(10, 13) }],
    steps: { old0: 0, new: 0 },
  },
  {
    name: 'empties old sets once the new one has everything',
    replicas: 10,
    new: { replicas: 10, annotations: sized(10, 13) },
    old: [{ replicas: 2, annotations: sized(10, 13) }],
    steps: { old0: 0 },
  },
]
for (const { name, replicas, new: fresh, old, steps } of scaling) {
  test(`deployment scaling ${name}`, () => {
    const sets = old.map((wish, index) => replicaSetOf(`old${index}`, { ...wish, createdAtSeconds: index }))
    assert.deepEqual(
      said(planScaling(deploymentOf({ replicas }), replicaSetOf('new', { ...fresh, createdAtSeconds: 99 }), sets)),
      steps,
    )
  })
}

test('deployment: a new set starts as large as the surge allows', () => {
  assert.equal(newSetSize(deploymentOf(), [replicaSetOf('old', { replicas: 10 })], 0), 3)
  assert.equal(newSetSize(deploymentOf(), [], 0), 10)
  assert.equal(newSetSize(deploymentOf(), [replicaSetOf('old', { replicas: 13 })], 0), 0)
})
