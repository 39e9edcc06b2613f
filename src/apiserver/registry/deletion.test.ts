import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMaps, jobs, pods, replicationControllers } from '../../resources/index.ts'
import { checkPreconditions, planDeletion } from './deletion.ts'

const nowMs = Date.parse('2026-01-01T00:01:00Z')
const object = (metadata: object, spec: object = {}) =>
  ({ metadata: { name: 'x', uid: 'u', ...metadata }, spec }) as any
const onNode = { nodeName: 'n', terminationGracePeriodSeconds: 30 }
const metadataOf = (plan: ReturnType<typeof planDeletion>) => {
  assert.equal(plan.action, 'mark')
  const { deletionTimestamp, deletionGracePeriodSeconds, generation } = (plan as any).metadata
  return [deletionTimestamp, deletionGracePeriodSeconds, generation]
}

test('to be marked is a new generation, where generations are counted, with grace and with finalizers alike', () => {
  const finalizers = ['example.com/keep']
  const held = (more: object) => metadataOf(planDeletion(configMaps, object({ finalizers, ...more }), {}, nowMs))
  assert.deepEqual(held({ generation: 3 }), ['2026-01-01T00:01:00Z', 0, 4])
  assert.deepEqual(held({}), ['2026-01-01T00:01:00Z', 0, undefined])
  const pod = (more: object) => metadataOf(planDeletion(pods, object(more, onNode), {}, nowMs))
  assert.deepEqual(pod({ generation: 1 }), ['2026-01-01T00:01:30Z', 30, 2])
  assert.deepEqual(pod({}), ['2026-01-01T00:01:30Z', 30, undefined])
})

test('a second delete shortens the grace from its beginning, but not into the past', () => {
  const marked = { generation: 2, deletionTimestamp: '2026-01-01T00:01:20Z', deletionGracePeriodSeconds: 30 }
  const again = (gracePeriodSeconds: number) =>
    metadataOf(planDeletion(pods, object(marked, onNode), { gracePeriodSeconds }, nowMs))
  assert.deepEqual(again(15), ['2026-01-01T00:01:05Z', 15, 2])
  assert.deepEqual(again(5), ['2026-01-01T00:01:00Z', 1, 2])
  assert.deepEqual(planDeletion(pods, object(marked, onNode), { gracePeriodSeconds: 40 }, nowMs), { action: 'nothing' })
  assert.deepEqual(planDeletion(pods, object(marked, onNode), { gracePeriodSeconds: 0 }, nowMs), { action: 'remove' })
})

test('what is marked already keeps its time when only its finalizers change', () => {
  const marked = { generation: 2, deletionTimestamp: '2026-01-01T00:00:20Z', deletionGracePeriodSeconds: 0 }
  const held = object({ ...marked, finalizers: ['example.com/keep'] })
  const plan = planDeletion(configMaps, held, { propagationPolicy: 'Foreground' }, nowMs)
  assert.deepEqual(metadataOf(plan), ['2026-01-01T00:00:20Z', 0, 2])
})

test('dependents of Jobs and replication controllers stay unless the delete says what becomes of them', () => {
  const finalizersOf = (
    definition: typeof jobs | typeof replicationControllers,
    options: object,
    has: string[] = [],
  ) => {
    const plan = planDeletion(definition, object({ finalizers: ['example.com/keep', ...has] }), options, nowMs)
    return plan.action === 'mark' ? plan.metadata.finalizers : plan.action
  }
  for (const definition of [jobs, replicationControllers]) {
    assert.deepEqual(finalizersOf(definition, {}), ['example.com/keep', 'orphan'])
    assert.deepEqual(finalizersOf(definition, { propagationPolicy: 'Background' }), ['example.com/keep'])
    assert.deepEqual(finalizersOf(definition, { orphanDependents: false }), ['example.com/keep'])
    assert.deepEqual(finalizersOf(definition, {}, ['foregroundDeletion']), ['example.com/keep', 'foregroundDeletion'])
  }
  assert.deepEqual(finalizersOf(configMaps as never, {}), ['example.com/keep'])
})

test('a precondition that fails says which, of the kind', () => {
  const at = object({ resourceVersion: '7' })
  const check = (preconditions: object) => () => checkPreconditions(pods, at, { preconditions })
  assert.throws(
    check({ uid: 'other' }),
    /^StatusError: Operation cannot be fulfilled on Pod "x": the UID in the precondition \(other\) does not match the UID in record \(u\)\. The object might have been deleted and then recreated$/,
  )
  assert.throws(
    check({ resourceVersion: '6' }),
    /^StatusError: Operation cannot be fulfilled on Pod "x": the ResourceVersion in the precondition \(6\) does not match the ResourceVersion in record \(7\)\. The object might have been modified$/,
  )
  assert.doesNotThrow(check({ uid: 'u', resourceVersion: '7' }))
})
