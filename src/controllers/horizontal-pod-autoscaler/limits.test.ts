import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HPAScalingRules } from '../../resources/index.ts'
import {
  behaviourOf,
  limitByDefault,
  limitByPolicies,
  policyLimit,
  type ScaleEvent,
  stabilizeByDefault,
  stabilizeByWindows,
  withRecommendation,
  withScaleEvent,
} from './limits.ts'

const nowMs = Date.UTC(2026, 0, 1)
const nothing = { recommendations: [], ups: [], downs: [] }

/** Rules by their policies: so many pods in a period, and so many percent in another. */
function rulesOf(pods: number, podsSeconds: number, percent: number, percentSeconds: number): HPAScalingRules {
  return {
    selectPolicy: 'Max',
    policies: [
      ...(pods === 0 ? [] : [{ type: 'Pods', value: pods, periodSeconds: podsSeconds }]),
      ...(percent === 0 ? [] : [{ type: 'Percent', value: percent, periodSeconds: percentSeconds }]),
    ],
  }
}
const upDefault = rulesOf(4, 15, 100, 15)
const downDefault = rulesOf(0, 0, 100, 15)

/** Events evenly over a time, each in the middle of its part. */
function eventsOf(changes: readonly number[], seconds = 120): readonly ScaleEvent[] {
  const part = seconds / changes.length
  return changes.map((change, index) => ({
    change,
    atMs: nowMs - Math.trunc(seconds - part * (index + 1) + part / 2) * 1000,
  }))
}

test('without behaviour a target at most doubles, or goes to four', () => {
  for (const [current, desired, min, max, replicas, reason] of [
    [5, 7, 3, 8, 7, 'DesiredWithinRange'],
    [3, 1, 2, 8, 2, 'TooFewReplicas'],
    [1, 0, 0, 10, 0, 'DesiredWithinRange'],
    [20, 1000, 1, 10, 10, 'TooManyReplicas'],
    [3, 1000, 1, 2000, 6, 'ScaleUpLimit'],
    [1, 1000, 1, 2000, 4, 'ScaleUpLimit'],
  ] as const) {
    const found = limitByDefault({ current, desired, min, max })
    assert.deepEqual([found.replicas, found.reason], [replicas, reason], `${current} to ${desired}`)
  }
})

interface PolicyCase {
  readonly up?: HPAScalingRules
  readonly down?: HPAScalingRules
  readonly ups?: readonly number[]
  readonly downs?: readonly number[]
  /** Current, desired, least and most; what comes of it. */
  readonly is: readonly [current: number, desired: number, min: number, max: number]
  readonly want: readonly [replicas: number, reason: string]
}
const events = [1, 5, 9]
const four = [8, 12, 9, 11]
/** Kubernetes' cases, by the names they have there. */
const policyCases: Readonly<Record<string, PolicyCase>> = {
  'within range': { is: [5, 7, 3, 8], want: [7, 'DesiredWithinRange'] },
  'less than the least': { is: [3, 1, 2, 8], want: [2, 'TooFewReplicas'] },
  'nothing, when that is the least': { is: [1, 0, 0, 10], want: [0, 'DesiredWithinRange'] },
  'the most is the limit': { is: [20, 1000, 1, 10], want: [10, 'TooManyReplicas'] },
  'more than the most': { is: [100, 1000, 100, 150], want: [150, 'TooManyReplicas'] },
  'the policy is the limit': { up: rulesOf(0, 0, 1, 60), is: [3, 1000, 1, 2000], want: [4, 'ScaleUpLimit'] },
  'up by default': { is: [10, 50, 1, 1000], want: [20, 'ScaleUpLimit'] },
  'up, pods allow more than percent': {
    up: rulesOf(100, 60, 100, 60),
    is: [10, 500, 1, 1000],
    want: [110, 'ScaleUpLimit'],
  },
  'up, percent allow more than pods': {
    up: rulesOf(2, 60, 100, 60),
    is: [10, 500, 1, 1000],
    want: [20, 'ScaleUpLimit'],
  },
  'up, a large policy of pods': { up: rulesOf(100, 60, 0, 0), is: [10, 50, 1, 1000], want: [50, 'DesiredWithinRange'] },
  'up, limited by pods': { up: rulesOf(30, 60, 0, 0), is: [10, 50, 1, 1000], want: [40, 'ScaleUpLimit'] },
  'up, limited by percent': { up: rulesOf(0, 0, 200, 60), is: [10, 50, 1, 1000], want: [30, 'ScaleUpLimit'] },
  'down, the policy is the limit': {
    down: rulesOf(20, 60, 0, 0),
    is: [1000, 3, 3, 2000],
    want: [980, 'ScaleDownLimit'],
  },
  'down, pods allow more than percent': {
    down: rulesOf(20, 60, 1, 60),
    is: [100, 2, 1, 1000],
    want: [80, 'ScaleDownLimit'],
  },
  'down, pods and percent near each other': {
    down: rulesOf(2, 60, 1, 60),
    is: [100, 2, 1, 1000],
    want: [98, 'ScaleDownLimit'],
  },
  'down, a large policy of pods': { down: rulesOf(100, 60, 0, 0), is: [10, 0, 1, 1000], want: [1, 'TooFewReplicas'] },
  'down, a large policy of percent': {
    down: rulesOf(0, 0, 100, 60),
    is: [10, 2, 5, 1000],
    want: [5, 'TooFewReplicas'],
  },
  'down, limited by pods': { down: rulesOf(5, 60, 0, 0), is: [10, 2, 1, 1000], want: [5, 'ScaleDownLimit'] },
  'down, allowed by percent': { down: rulesOf(0, 0, 50, 60), is: [10, 5, 1, 1000], want: [5, 'DesiredWithinRange'] },
  'up again, large policy of pods': {
    ups: events,
    up: rulesOf(300, 60, 0, 0),
    is: [100, 500, 1, 200],
    want: [200, 'TooManyReplicas'],
  },
  'up again, large policy of percent': {
    ups: events,
    up: rulesOf(0, 0, 10000, 60),
    is: [100, 500, 1, 200],
    want: [200, 'TooManyReplicas'],
  },
  'up again, when more came than the policy has now': {
    ups: events,
    up: rulesOf(5, 120, 0, 0),
    is: [100, 500, 1, 1000],
    want: [100, 'ScaleUpLimit'],
  },
  'up again by pods': {
    ups: events,
    up: rulesOf(150, 120, 0, 0),
    is: [100, 500, 1, 1000],
    want: [235, 'ScaleUpLimit'],
  },
  'up again by percent': {
    ups: events,
    up: rulesOf(0, 0, 200, 120),
    is: [100, 500, 1, 1000],
    want: [255, 'ScaleUpLimit'],
  },
  'up after up and down': {
    ups: [4],
    downs: [2],
    up: rulesOf(0, 0, 300, 300),
    is: [6, 24, 1, 1000],
    want: [16, 'ScaleUpLimit'],
  },
  'down again by default': { downs: events, is: [10, 5, 1, 1000], want: [5, 'DesiredWithinRange'] },
  'down again, large policy of pods': {
    downs: events,
    down: rulesOf(115, 120, 0, 0),
    is: [100, 0, 1, 1000],
    want: [1, 'TooFewReplicas'],
  },
  'down again to the least': {
    downs: events,
    down: rulesOf(130, 120, 0, 0),
    is: [100, 0, 5, 1000],
    want: [5, 'TooFewReplicas'],
  },
  'down again, all of them': {
    downs: events,
    down: rulesOf(0, 0, 100, 120),
    is: [100, 2, 5, 1000],
    want: [5, 'TooFewReplicas'],
  },
  'down again by pods': {
    downs: events,
    down: rulesOf(5, 120, 0, 0),
    is: [100, 2, 1, 1000],
    want: [100, 'ScaleDownLimit'],
  },
  'down again by percent': {
    downs: [2, 4, 6],
    down: rulesOf(0, 0, 50, 120),
    is: [100, 0, 1, 1000],
    want: [56, 'ScaleDownLimit'],
  },
  'down after up and down': {
    ups: [2],
    downs: [4],
    down: rulesOf(0, 0, 50, 180),
    is: [10, 1, 1, 1000],
    want: [6, 'ScaleDownLimit'],
  },
  'down, when more went than the policy has now': {
    downs: [10, 10, 10],
    down: rulesOf(0, 0, 10, 120),
    is: [100, 0, 1, 1000],
    want: [100, 'ScaleDownLimit'],
  },
  'down, by more than there are': {
    downs: [10, 10, 10],
    down: rulesOf(0, 0, 1000, 120),
    is: [10, 5, 1, 1000],
    want: [5, 'DesiredWithinRange'],
  },
  'up, two policies with periods of their own': {
    ups: four,
    up: rulesOf(1000, 120, 100, 60),
    is: [100, 200, 1, 1000],
    want: [200, 'DesiredWithinRange'],
  },
  'down, two policies with periods of their own': {
    downs: four,
    down: rulesOf(1000, 120, 100, 60),
    is: [100, 5, 1, 1000],
    want: [5, 'DesiredWithinRange'],
  },
}
for (const [name, { up = upDefault, down = downDefault, ups = [], downs = [], is, want }] of Object.entries(
  policyCases,
)) {
  test(`policies: ${name}`, () => {
    const [current, desired, min, max] = is
    const history = { ups: eventsOf(ups), downs: eventsOf(downs) }
    const found = limitByPolicies({ current, desired, min, max }, { up, down }, history, nowMs)
    assert.deepEqual([found.replicas, found.reason], want)
  })
}

test('the smallest change may be chosen, or none at all', () => {
  const min = { ...rulesOf(2, 60, 50, 60), selectPolicy: 'Min' }
  assert.equal(policyLimit(1, min, nothing, nowMs, 'up'), 2)
  assert.equal(policyLimit(5, min, nothing, nowMs, 'down'), 3)
  const none = { ...min, selectPolicy: 'Disabled' }
  assert.equal(policyLimit(5, none, nothing, nowMs, 'up'), 5)
  assert.equal(policyLimit(5, none, nothing, nowMs, 'down'), 5)
})

const minutes = (...all: readonly (readonly [replicas: number, ago: number])[]) =>
  all.map(([replicas, ago]) => ({ replicas, atMs: nowMs - ago * 60_000 }))

test('without behaviour the highest recommendation of five minutes counts', () => {
  for (const [recent, desired, replicas] of [
    [minutes(), 5, 5],
    [minutes([4, 2], [5, 1]), 3, 5],
    [minutes([1, 2], [2, 1]), 3, 3],
    [minutes([10, 10], [9, 9]), 3, 3],
    [minutes([10, 10], [4, 1], [5, 2], [9, 9]), 3, 5],
  ] as const)
    assert.equal(stabilizeByDefault(desired, recent, 300_000, nowMs), replicas)
})

test('each direction has its own window', () => {
  for (const [recent, current, desired, upSeconds, downSeconds, replicas] of [
    [minutes(), 100, 5, 0, 0, 5],
    [minutes([4, 2], [5, 1]), 100, 3, 0, 180, 5],
    [minutes([4, 2], [5, 1]), 1, 7, 300, 0, 4],
    [minutes([1, 2], [2, 1]), 100, 3, 300, 0, 3],
    [minutes([4, 2], [5, 1]), 1, 3, 0, 300, 3],
    [minutes([10, 10], [9, 9]), 100, 3, 0, 0, 3],
    [minutes([10, 10], [9, 9]), 1, 100, 0, 0, 100],
    [minutes([10, 10], [4, 1], [5, 2], [9, 9]), 100, 3, 0, 180, 5],
    [minutes([10, 100], [6, 1], [5, 2], [9, 3]), 1, 100, 300, 0, 5],
    [minutes([2, 100], [3, 3]), 2, 1, 300, 300, 2],
    [minutes([2, 100], [1, 3]), 2, 3, 300, 300, 2],
  ] as const) {
    const windows = {
      up: { stabilizationWindowSeconds: upSeconds },
      down: { stabilizationWindowSeconds: downSeconds },
    }
    assert.equal(stabilizeByWindows({ current, desired }, windows, recent, nowMs).replicas, replicas)
  }
})

test('what no window and no policy looks back to is forgotten', () => {
  const recent = withRecommendation(minutes([10, 10], [4, 1]), 3, 300_000, nowMs)
  assert.deepEqual(recent, [...minutes([4, 1]), { replicas: 3, atMs: nowMs }])
  const behaviour = behaviourOf({ scaleUp: upDefault, scaleDown: rulesOf(1, 60, 0, 0) }, 300)
  const old = { change: 2, atMs: nowMs - 61_000 }
  const young = { change: 2, atMs: nowMs - 59_000 }
  const history = { ...nothing, ups: [old, young], downs: [old] }
  assert.deepEqual(withScaleEvent(history, 3, 5, behaviour, nowMs), {
    ...history,
    ups: [young, { change: 2, atMs: nowMs }],
  })
  assert.deepEqual(withScaleEvent(history, 5, 2, behaviour, nowMs).downs, [{ change: 3, atMs: nowMs }])
  assert.equal(withScaleEvent(history, 3, 5, undefined, nowMs), history)
})

test('the window of the way down is the controller’s where the spec has none', () => {
  assert.equal(behaviourOf({ scaleDown: downDefault }, 300)?.down.stabilizationWindowSeconds, 300)
  assert.equal(behaviourOf(undefined, 300), undefined)
})
