import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPressure, hardThresholds, type NodeRoom, pressedConditions } from './pressure.ts'

const gibibyte = 2 ** 30
const roomy: NodeRoom = {
  'memory.available': { available: gibibyte, capacity: 4 * gibibyte },
  'nodefs.available': { available: 50, capacity: 100 },
  'nodefs.inodesFree': { available: 50, capacity: 100 },
  'imagefs.available': { available: 50, capacity: 100 },
  'pid.available': { available: 1, capacity: 100 },
}
const cases: readonly (readonly [string, NodeRoom, object, readonly string[]])[] = [
  ['nothing on a roomy node', roomy, hardThresholds, []],
  [
    'memory below 100Mi',
    { ...roomy, 'memory.available': { available: 99 * 2 ** 20, capacity: gibibyte } },
    hardThresholds,
    ['MemoryPressure'],
  ],
  [
    'less than a tenth of the disk',
    { ...roomy, 'nodefs.available': { available: 9, capacity: 100 } },
    hardThresholds,
    ['DiskPressure'],
  ],
  [
    'images’ disk below 15 %',
    { ...roomy, 'imagefs.available': { available: 14, capacity: 100 } },
    hardThresholds,
    ['DiskPressure'],
  ],
  ['process ids only where asked for', roomy, { 'pid.available': '5%' }, ['PIDPressure']],
]
for (const [what, room, thresholds, pressed] of cases) {
  test(`node pressure: ${what}`, () => {
    assert.deepEqual([...pressedConditions(room, thresholds)], pressed)
  })
}

test('pressure is shown until the transition period has passed without it', () => {
  const shown = createPressure(1000)
  assert.deepEqual([...shown(new Set(['DiskPressure']), 0)], ['DiskPressure'])
  assert.deepEqual([...shown(new Set(), 999)], ['DiskPressure'])
  assert.deepEqual([...shown(new Set(), 1000)], [])
})
