import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hardThresholds, type NodeRoom } from '../node/pressure.ts'
import { createThresholdWatch, thresholdsOf } from './thresholds.ts'

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
    ['memory.available'],
  ],
  [
    'less than a tenth of the disk',
    { ...roomy, 'nodefs.available': { available: 9, capacity: 100 } },
    hardThresholds,
    ['nodefs.available'],
  ],
  [
    'images’ disk below 15 %',
    { ...roomy, 'imagefs.available': { available: 14, capacity: 100 } },
    hardThresholds,
    ['imagefs.available'],
  ],
  ['process ids only where asked for', roomy, { 'pid.available': '5%' }, ['pid.available']],
]
for (const [what, room, thresholds, passed] of cases) {
  test(`what is passed: ${what}`, () => {
    const { observed, due } = createThresholdWatch(thresholdsOf({ thresholds }))(room, 0)
    assert.deepEqual(
      observed.map(({ signal }) => signal),
      passed,
    )
    assert.deepEqual(due, observed)
  })
}

const memory = (available: number): NodeRoom => ({ 'memory.available': { available, capacity: 1000 } })

test('a soft threshold is due once it has been passed for its grace period without a break', () => {
  const watch = createThresholdWatch(
    thresholdsOf({ thresholds: {}, softThresholds: { 'memory.available': { value: '300', graceMs: 60_000 } } }),
  )
  const at = (available: number, nowMs: number) => {
    const { observed, due } = watch(memory(available), nowMs)
    return [observed.length, due.length]
  }
  assert.deepEqual(at(200, 0), [1, 0])
  assert.deepEqual(at(400, 30_000), [0, 0])
  assert.deepEqual(at(200, 60_000), [1, 0])
  assert.deepEqual(at(200, 119_000), [1, 0])
  assert.deepEqual(at(200, 120_000), [1, 1])
})

test('a threshold that was due stays passed until its minimum is free again', () => {
  const settings = { thresholds: { 'memory.available': '300' }, minimumReclaim: { 'memory.available': '10%' } }
  const watch = createThresholdWatch(thresholdsOf(settings))
  const isDue = (available: number) => watch(memory(available), 0).due.length === 1
  assert.deepEqual([350, 299, 350, 399, 400, 350].map(isDue), [false, true, true, true, false, false])
})
