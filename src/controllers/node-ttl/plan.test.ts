import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secondsOf, stepOf } from './plan.ts'

test('the more nodes, the longer kubelets may rest, and it does not waver at the bounds', () => {
  const seen: number[] = []
  let step = 0
  for (const nodes of [1, 100, 101, 95, 89, 600, 5000, 1850, 1799, 3]) {
    step = stepOf(nodes, step)
    seen.push(secondsOf(step))
  }
  assert.deepEqual(seen, [0, 0, 15, 15, 0, 30, 300, 300, 60, 0])
})
