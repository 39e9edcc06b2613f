import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodDisruptionBudget } from '../../resources/index.ts'
import { podThatIs, secondsLater, startMs } from '../runtime/fixtures.ts'
import { budgetStatus, coveredPod, needsOf } from './plan.ts'

function budgetOf(
  spec: PodDisruptionBudget['spec'],
  disruptedPods?: Readonly<Record<string, string>>,
): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      name: 'budget',
      namespace: 'default',
      uid: 'b',
      resourceVersion: '1',
      generation: 2,
      creationTimestamp: '',
    },
    spec,
    status: disruptedPods === undefined ? {} : { disruptedPods },
  }
}
const needs = [
  { name: 'a number that must be there', spec: { minAvailable: 2 }, expected: { expected: 3, desired: 2 } },
  {
    name: 'a part that must be there, rounded up',
    spec: { minAvailable: '50%' },
    expected: { expected: 5, desired: 3 },
  },
  { name: 'a number that may be missing', spec: { maxUnavailable: 1 }, expected: { expected: 5, desired: 4 } },
  {
    name: 'a part that may be missing, rounded up',
    spec: { maxUnavailable: '30%' },
    expected: { expected: 5, desired: 3 },
  },
  { name: 'more missing than there are', spec: { maxUnavailable: 9 }, expected: { expected: 5, desired: 0 } },
]
for (const { name, spec, expected } of needs) {
  test(`budget: ${name}`, () =>
    assert.deepEqual(
      needsOf(budgetOf(spec), 3, () => 5),
      expected,
    ))
}

test('budget: pods on their way out are not healthy, and allowed evictions count for two minutes', () => {
  const pods = [
    podThatIs('ready', { name: 'a' }),
    podThatIs('ready', { name: 'b' }),
    podThatIs('ready', { name: 'c' }),
    podThatIs('terminating', { name: 'd' }),
    podThatIs('unready', { name: 'e' }),
  ]
  const budget = budgetOf({ minAvailable: 1 }, { a: secondsLater(-60), b: secondsLater(-121), gone: secondsLater(-1) })
  const { conditions, ...status } = budgetStatus(budget, pods.map(coveredPod), { expected: 5, desired: 1 }, startMs)
  assert.deepEqual(status, {
    disruptedPods: { a: secondsLater(-60) },
    observedGeneration: 2,
    currentHealthy: 2,
    desiredHealthy: 1,
    expectedPods: 5,
    disruptionsAllowed: 1,
  })
  assert.deepEqual(
    conditions?.map(({ status: value, reason }) => [value, reason]),
    [['True', 'SufficientPods']],
  )
  const none = budgetStatus(budgetOf({}), [], { expected: 0, desired: 0 }, startMs)
  assert.deepEqual([none.disruptionsAllowed, none.conditions?.[0]?.reason], [0, 'InsufficientPods'])
})
