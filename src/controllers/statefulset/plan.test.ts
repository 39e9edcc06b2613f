import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, StatefulSet } from '../../resources/index.ts'
import { type PodState, podThatIs, startMs } from '../runtime/fixtures.ts'
import { planStatefulSet, statefulStatus } from './plan.ts'

function setOf(spec: Partial<StatefulSet['spec']> = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: {
      name: 'db',
      namespace: 'default',
      uid: 'set',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '',
    },
    spec: { replicas: 3, selector: {}, template: { spec: { containers: [] } }, ...spec },
    status: { replicas: 0 },
  }
}
const member = (ordinal: number, state: PodState = 'ready', revision = 'new'): Pod =>
  podThatIs(state, { name: `db-${ordinal}`, labels: { 'controller-revision-hash': revision } })
const names = { current: 'old', update: 'new' }
const parallel = { podManagementPolicy: 'Parallel' as const }
const updating = (partition: number) => ({
  updateStrategy: { type: 'RollingUpdate' as const, rollingUpdate: { partition } },
})

const cases: readonly {
  readonly name: string
  readonly set?: Partial<StatefulSet['spec']>
  readonly pods: readonly Pod[]
  readonly create?: readonly string[]
  readonly remove?: readonly string[]
  readonly recreate?: readonly string[]
}[] = [
  { name: 'makes the first', pods: [], create: ['0 update'] },
  { name: 'waits for the first to be ready', pods: [member(0, 'unready')] },
  { name: 'makes the next when the first is ready', pods: [member(0)], create: ['1 update'] },
  { name: 'makes all at once in parallel', set: parallel, pods: [member(1)], create: ['0 update', '2 update'] },
  { name: 'waits for one that is going', pods: [member(0, 'terminating'), member(1)] },
  { name: 'replaces one that failed', pods: [member(0, 'failed')], recreate: ['db-0'] },
  { name: 'shrinks from the highest', set: { replicas: 1 }, pods: [member(0), member(1), member(2)], remove: ['db-2'] },
  {
    name: 'waits for the highest to be gone',
    set: { replicas: 1 },
    pods: [member(0), member(1), member(2, 'terminating')],
  },
  {
    name: 'does not shrink past an unready one below',
    set: { replicas: 1 },
    pods: [member(0), member(1, 'unready'), member(2)],
    remove: ['db-2'],
  },
  {
    name: 'waits when the highest is unready, and one below too',
    set: { replicas: 1 },
    pods: [member(0), member(1, 'unready'), member(2, 'unready')],
  },
  {
    name: 'shrinks at once in parallel',
    set: { replicas: 1, ...parallel },
    pods: [member(0), member(1), member(2)],
    remove: ['db-2', 'db-1'],
  },
  {
    name: 'updates the highest first',
    pods: [member(0, 'ready', 'old'), member(1, 'ready', 'old'), member(2, 'ready', 'old')],
    remove: ['db-2'],
  },
  {
    name: 'waits for the updated one',
    pods: [member(0, 'ready', 'old'), member(1, 'ready', 'old'), member(2, 'unready')],
  },
  {
    name: 'stops at the partition',
    set: updating(2),
    pods: [member(0, 'ready', 'old'), member(1, 'ready', 'old'), member(2)],
  },
  {
    name: 'makes the old revision below the partition',
    set: updating(2),
    pods: [member(0, 'ready', 'old'), member(2)],
    create: ['1 current'],
  },
  {
    name: 'leaves updates to the user',
    set: { updateStrategy: { type: 'OnDelete' } },
    pods: [member(0, 'ready', 'old'), member(1, 'ready', 'old'), member(2, 'ready', 'old')],
  },
  {
    name: 'begins at the ordinal it is told',
    set: { ordinals: { start: 5 }, replicas: 1 },
    pods: [],
    create: ['5 update'],
  },
]
for (const { name, set, pods, create = [], remove = [], recreate = [] } of cases) {
  test(`statefulset ${name}`, () => {
    const plan = planStatefulSet(setOf(set), pods, names, startMs)
    const namesOf = (list: readonly Pod[]) => list.map(({ metadata }) => metadata.name)
    const said = {
      create: plan.create.map(({ ordinal, revision }) => `${ordinal} ${revision}`),
      remove: namesOf(plan.remove),
      recreate: namesOf(plan.recreate),
    }
    assert.deepEqual(said, { create, remove, recreate })
  })
}

test('statefulset: the new revision becomes the current one when all have it', () => {
  const mixed = statefulStatus(setOf(), [member(0, 'ready', 'old'), member(1), member(2)], names, undefined, startMs)
  assert.deepEqual([mixed.currentRevision, mixed.currentReplicas, mixed.updatedReplicas], ['old', 1, 2])
  const all = statefulStatus(setOf(), [member(0), member(1), member(2)], names, undefined, startMs)
  assert.deepEqual(
    [all.currentRevision, all.currentReplicas, all.updatedReplicas, all.availableReplicas],
    ['new', 3, 3, 3],
  )
})

test('as many outdated pods go at once as may be missing, where that is on', () => {
  const removed = (maxUnavailable: number | string, pods: readonly Pod[], partition = 0) => {
    const rolling = { updateStrategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxUnavailable, partition } } }
    const set = setOf({ ...rolling, ...parallel, replicas: 4 })
    return planStatefulSet(set, pods, names, startMs, true).remove.map(({ metadata }) => metadata.name)
  }
  const old = [0, 1, 2, 3].map((ordinal) => member(ordinal, 'ready', 'old'))
  assert.deepEqual(removed(2, old), ['db-3', 'db-2'])
  assert.deepEqual(removed('10%', old), ['db-3'])
  assert.deepEqual(removed(3, old, 2), ['db-3', 'db-2'])
  assert.deepEqual(removed(2, [...old.slice(0, 3), member(3, 'unready')]), ['db-2'])
  assert.deepEqual(removed(1, [...old.slice(0, 3), member(3, 'unready')]), [])
})
