import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brief } from './workload-objects.ts'
import { simulateWorkloads } from './workloads.ts'

// Both have a node that is not heard for a while, and seed 4 clocks that are wrong by minutes.
for (const seed of [1, 4]) {
  test(`seed ${seed}: sets, jobs, quotas and budgets hold while nodes die, calls fail, caches lag and components crash`, async () => {
    const outcome = await simulateWorkloads(seed)
    assert.ok(outcome.changes > 200, 'hardly anything happened')
    assert.ok(outcome.evictions > 5, 'hardly anything was evicted')
  })
}

for (const seed of [1, 4, 7, 11]) {
  test(`seed ${seed}: the same holds of a small cluster in a short time`, async () => {
    const outcome = await simulateWorkloads(seed, brief)
    assert.ok(outcome.evictions > 2, 'hardly anything was evicted')
  })
}

test('a seed replays identically', async () => {
  const [first, second] = [await simulateWorkloads(5, brief), await simulateWorkloads(5, brief)]
  assert.deepEqual(second, first)
})
