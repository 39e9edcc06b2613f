import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, VerticalPodAutoscaler } from '../../resources/index.ts'
import { planUpdates, type UpdateFacts } from './update.ts'

const nowMs = Date.parse('2026-01-02T00:00:00Z')
const hourMs = 60 * 60_000
const pod = (name: string, cpu: string | undefined, more: any = {}): Pod =>
  ({
    metadata: {
      ...{ name, uid: name, namespace: 'a', annotations: more.annotations },
      ownerReferences: more.bare ? [] : [{ kind: 'ReplicaSet', name: 'r', uid: more.owner ?? 'r', controller: true }],
    },
    spec: { containers: [{ name: 'c', resources: cpu === undefined ? {} : { requests: { cpu } } }] },
    status: {
      phase: more.phase ?? 'Running',
      startTime: new Date(nowMs - (more.ageMs ?? hourMs)).toISOString(),
      conditions: more.conditions ?? [],
      containerStatuses: more.killed
        ? [{ name: 'c', lastState: { terminated: { reason: 'OOMKilled', startedAt: at(-60_000), finishedAt: at(0) } } }]
        : [],
    },
  }) as unknown as Pod
const at = (ms: number) => new Date(nowMs + ms).toISOString()
const autoscaler = (updatePolicy: object = {}, more: object = {}): VerticalPodAutoscaler =>
  ({
    metadata: { name: 'v', namespace: 'a' },
    spec: { updatePolicy, ...more },
    status: {
      recommendation: {
        containerRecommendations: [
          { containerName: 'c', target: { cpu: '500m' }, lowerBound: { cpu: '300m' }, upperBound: { cpu: '800m' } },
        ],
      },
    },
  }) as unknown as VerticalPodAutoscaler
const plan = (pods: readonly Pod[], policy: object = {}, more: Partial<UpdateFacts> = {}) => {
  const { resize, evict } = planUpdates({
    ...{ autoscaler: autoscaler(policy), pods, nowMs, range: undefined },
    ...{ replicasOf: () => undefined, resizedAt: () => undefined, ...more },
  })
  return { resize: resize.map((one) => one.pod.metadata.name), evict: evict.map((one) => one.metadata.name) }
}
const evicted = (...args: Parameters<typeof plan>) => plan(...args).evict
const other = pod('other', '500m')

test('a pod is updated when it is out of bounds, or old and far off, or was killed soon', () => {
  assert.deepEqual(evicted([pod('p', '200m'), other]), ['p'])
  assert.deepEqual(evicted([pod('p', '900m'), other]), ['p'])
  assert.deepEqual(evicted([pod('p', undefined), other]), ['p'])
  assert.deepEqual(evicted([pod('p', '400m'), other]), [])
  assert.deepEqual(evicted([pod('p', '400m', { ageMs: 13 * hourMs }), other]), ['p'])
  assert.deepEqual(evicted([pod('p', '480m', { ageMs: 13 * hourMs }), other]), [])
  assert.deepEqual(evicted([pod('p', '400m', { killed: true }), other]), ['p'])
  assert.deepEqual(evicted([pod('p', '500m', { killed: true }), other]), [])
})

test('modes that do not update leave pods alone', () => {
  for (const updateMode of ['Off', 'Initial']) assert.deepEqual(evicted([pod('p', '200m'), other], { updateMode }), [])
  assert.deepEqual(evicted([pod('p', '200m'), other], { updateMode: 'Auto' }), ['p'])
})

test('half of a workload is disrupted at most, and nothing of one with too few pods', () => {
  const four = ['a', 'b', 'c', 'd'].map((name) => pod(name, '200m'))
  assert.deepEqual(evicted(four), ['a', 'b'])
  assert.deepEqual(evicted(four, {}, { replicasOf: () => 6 }), ['a'])
  assert.deepEqual(evicted([pod('p', '200m')]), [])
  assert.deepEqual(evicted([pod('p', '200m')], { minReplicas: 1 }), ['p'])
  assert.deepEqual(evicted([pod('p', '200m', { bare: true }), other]), [])
  // What waits for a place disturbs nobody by going.
  assert.deepEqual(evicted([pod('p', '200m', { phase: 'Pending' }), pod('q', '200m', { phase: 'Pending' })]), [
    'p',
    'q',
  ])
})

test('who wants more comes first, then who is furthest off', () => {
  const pods = [pod('shrinks', '5'), pod('near', '290m'), pod('far', '100m')]
  assert.deepEqual(evicted(pods, {}, { replicasOf: () => 3 }), ['far'])
  assert.deepEqual(evicted([...pods, other, pod('o', '500m'), pod('u', '500m')]), ['far', 'near', 'shrinks'])
})

test('pods are resized where they run, and evicted when that fails', () => {
  const updateMode = 'InPlaceOrRecreate'
  const resizing = (reason: string, type = 'PodResizePending') =>
    pod('p', '200m', { conditions: [{ type, status: 'True', reason }] })
  assert.deepEqual(plan([pod('p', '200m'), other], { updateMode }), { resize: ['p'], evict: [] })
  assert.deepEqual(plan([resizing('Infeasible'), other], { updateMode }), { resize: [], evict: ['p'] })
  assert.deepEqual(plan([resizing('Deferred'), other], { updateMode }), { resize: [], evict: [] })
  const longAgo = { resizedAt: () => nowMs - 10 * 60_000 }
  assert.deepEqual(plan([resizing('Deferred'), other], { updateMode }, longAgo), { resize: [], evict: ['p'] })
  const going = resizing('', 'PodResizeInProgress')
  assert.deepEqual(plan([going, other], { updateMode }, longAgo), { resize: [], evict: [] })
  assert.deepEqual(plan([resizing('Infeasible'), other], { updateMode: 'InPlace' }), { resize: [], evict: [] })
})

test('what is asked of a change must hold', () => {
  const evictionRequirements = [{ resources: ['cpu'], changeRequirement: 'TargetHigherThanRequests' }]
  assert.deepEqual(evicted([pod('p', '200m'), other], { evictionRequirements }), ['p'])
  assert.deepEqual(evicted([pod('p', '900m'), other], { evictionRequirements }), [])
})

test('containers that came after admission are nobody’s to scale', () => {
  const annotations = { vpaObservedContainers: 'main, side' }
  assert.deepEqual(evicted([pod('p', '200m', { annotations }), other]), [])
})
