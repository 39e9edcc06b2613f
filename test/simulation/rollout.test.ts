import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulateRollout } from './rollout.ts'

for (const seed of [1, 2, 3]) {
  test(`seed ${seed}: a roll-out survives dying nodes, failing calls, late caches and crashes`, async () => {
    const outcome = await simulateRollout(seed)
    assert.ok(outcome.changes > 200, 'hardly anything happened')
  })
}

test('a seed replays identically', async () => {
  const [first, second] = [await simulateRollout(4), await simulateRollout(4)]
  assert.deepEqual(second, first)
})
