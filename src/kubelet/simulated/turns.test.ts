import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import { Turns } from './turns.ts'

test('so much is begun at once, and the rest turn by turn in the order of asking', async () => {
  const clock = manualClock()
  const turns = new Turns(clock, 2)
  const begun: number[] = []
  const ask = async (one: number) => {
    await turns.next()
    begun.push(one)
  }
  const all = [1, 2, 3, 4, 5].map(ask)
  await Promise.resolve()
  await Promise.resolve()
  assert.deepEqual(begun, [1, 2])
  const late = ask(6)
  clock.advance(0)
  await Promise.all([...all, late])
  assert.deepEqual(begun, [1, 2, 3, 4, 5, 6])
  assert.equal(clock.nextDueMs(), undefined)
  assert.equal(turns.next(), undefined)
})
