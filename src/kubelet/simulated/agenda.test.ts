import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import { Agenda } from './agenda.ts'

test('work due at fractions of a millisecond is done in order, and the clock gets past it', () => {
  const clock = manualClock()
  const agenda = new Agenda(clock)
  const done: number[] = []
  for (const index of [3, 1, 2]) agenda.after((10_000 * index) / 3, () => void done.push(index))
  clock.advance(3_334)
  assert.deepEqual(done, [1])
  clock.advance(10_000)
  assert.deepEqual(done, [1, 2, 3])
})
