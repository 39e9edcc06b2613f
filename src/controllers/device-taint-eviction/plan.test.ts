import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceTaintRule, Pod, ResourceClaim, ResourceSlice } from '../../resources/index.ts'
import { evictionOf, ruleCondition } from './plan.ts'

const setAt = '2026-01-01T00:00:00Z'
const setMs = Date.parse(setAt)
const taint = (more: object = {}) => ({ key: 'broken', effect: 'NoExecute', timeAdded: setAt, ...more })
const sliceThat = (taints: readonly object[], generation = 1) =>
  ({
    spec: { driver: 'd', pool: { name: 'p', generation }, devices: [{ name: 'x', taints }] },
  }) as unknown as ResourceSlice
const claimThat = (tolerations: readonly object[] = [], reservedFor: readonly object[] = [{ uid: 'u' }]) =>
  ({
    metadata: { name: 'claim', namespace: 'ns' },
    status: {
      allocation: { devices: { results: [{ driver: 'd', pool: 'p', device: 'x', tolerations }] } },
      reservedFor,
    },
  }) as unknown as ResourceClaim
const podThat = (spec: object = {}) =>
  ({
    metadata: { name: 'pod', namespace: 'ns', uid: 'u' },
    spec: { nodeName: 'n', resourceClaims: [{ name: 'c', resourceClaimName: 'claim' }], ...spec },
  }) as unknown as Pod
const ruleThat = (deviceSelector: object | undefined, effect = 'NoExecute', status: object = {}) =>
  ({
    metadata: { name: 'rule', uid: 'r', generation: 2 },
    spec: { ...(deviceSelector === undefined ? {} : { deviceSelector }), taint: taint({ effect }) },
    status,
  }) as unknown as DeviceTaintRule

test('a pod goes when none of its claims puts up with a taint, counted from when that was set', () => {
  const after = (
    slices: readonly ResourceSlice[],
    { claim = claimThat(), pod = podThat(), rules = [] as readonly DeviceTaintRule[] } = {},
  ) => {
    const eviction = evictionOf(pod, { slicesOf: () => slices, rules, claim: () => claim })
    return eviction === undefined ? 'stays' : (eviction.atMs - setMs) / 1000
  }
  const bearing = (more: object = {}) => ({ key: 'broken', operator: 'Exists', effect: 'NoExecute', ...more })
  const cases: readonly [title: string, is: unknown, should: unknown][] = [
    ['no taint', after([sliceThat([])]), 'stays'],
    ['a taint', after([sliceThat([taint()])]), 0],
    ['a taint for new pods', after([sliceThat([taint({ effect: 'NoSchedule' })])]), 'stays'],
    ['one that is borne', after([sliceThat([taint()])], { claim: claimThat([bearing()]) }), 'stays'],
    [
      'one of another effect',
      after([sliceThat([taint()])], { claim: claimThat([bearing({ effect: 'NoSchedule' })]) }),
      0,
    ],
    ['for a while', after([sliceThat([taint()])], { claim: claimThat([bearing({ tolerationSeconds: 30 })]) }), 30],
    [
      'the shortest while',
      after([sliceThat([taint(), taint({ key: 'hot' })])], {
        claim: claimThat([bearing({ tolerationSeconds: 30 }), bearing({ key: '', tolerationSeconds: 60 })]),
      }),
      30,
    ],
    ['a slice that is out of date', after([sliceThat([taint()]), sliceThat([], 2)]), 'stays'],
    ['a claim of others', after([sliceThat([taint()])], { claim: claimThat([], [{ uid: 'other' }]) }), 'stays'],
    ['no node yet', after([sliceThat([taint()])], { pod: podThat({ nodeName: '' }) }), 'stays'],
    ['a rule', after([], { rules: [ruleThat({ driver: 'd', device: 'x' })] }), 0],
    ['a rule for others', after([], { rules: [ruleThat({ driver: 'e' })] }), 'stays'],
    ['a rule for nobody', after([], { rules: [ruleThat(undefined)] }), 'stays'],
  ]
  for (const [title, is, should] of cases) assert.equal(is, should, title)
})

test('a rule says how far it got', () => {
  const counts = { pending: [] as readonly string[], evicted: 0, published: 1, allocated: 2 }
  const said = (effect: string, more: Partial<typeof counts> = {}) => {
    const { status, reason, message } = ruleCondition(ruleThat({}, effect), { ...counts, ...more }, setMs)!
    return [status, reason, message]
  }
  assert.deepEqual(said('NoExecute'), ['False', 'NotStarted', ''])
  assert.deepEqual(said('NoExecute', { pending: ['a'] }), [
    'True',
    'PodsPendingEviction',
    '1 pod needs to be evicted in 1 namespace.',
  ])
  assert.deepEqual(said('NoExecute', { pending: ['a', 'b', 'a'], evicted: 1 }), [
    'True',
    'PodsPendingEviction',
    '3 pods need to be evicted in 2 different namespaces. 1 pod evicted since starting the controller.',
  ])
  assert.deepEqual(said('NoExecute', { evicted: 2 }), [
    'False',
    'Completed',
    '2 pods evicted since starting the controller.',
  ])
  assert.deepEqual(said('NoSchedule'), ['False', 'OtherEffect', 'Eviction only happens for the NoExecute effect.'])
  assert.deepEqual(said('None', { pending: ['a', 'a'] }), [
    'False',
    'NoEffect',
    '1 published device selected. 2 allocated devices selected. 2 pods would be evicted in 1 namespace if the effect was NoExecute. This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.',
  ])
  const condition = ruleCondition(ruleThat({}), counts, setMs)!
  assert.deepEqual([condition.observedGeneration, condition.lastTransitionTime], [2, setAt])
  assert.equal(ruleCondition(ruleThat({}, 'NoExecute', { conditions: [condition] }), counts, setMs + 1000), undefined)
})
