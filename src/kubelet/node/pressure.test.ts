import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPressure } from './pressure.ts'

test('pressure is shown until the transition period has passed without it', () => {
  const shown = createPressure(1000)
  assert.deepEqual([...shown(new Set(['DiskPressure']), 0)], ['DiskPressure'])
  assert.deepEqual([...shown(new Set(), 999)], ['DiskPressure'])
  assert.deepEqual([...shown(new Set(), 1000)], [])
})
