import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import { Agenda } from './agenda.ts'
import { behaviourOf, simulatedAnnotations } from './behaviour.ts'

test('agenda does its work in order, on one timer', () => {
  const clock = manualClock(0)
  const agenda = new Agenda(clock)
  const done: string[] = []
  const plan = (delayMs: number, name: string) =>
    agenda.after(delayMs, () => void done.push(`${clock.monotonic()} ${name}`))
  plan(30, 'c')
  plan(10, 'a')
  plan(10, 'b')
  plan(20, 'x')
  clock.advance(15)
  plan(1, 'soon')
  clock.advance(100)
  assert.deepEqual(done, ['10 a', '10 b', '16 soon', '20 x', '30 c'])
  assert.equal(clock.nextDueMs(), undefined)
})

test('agenda forgets what is cleared', () => {
  const clock = manualClock(0)
  const agenda = new Agenda(clock)
  const done: string[] = []
  agenda.after(10, () => void done.push('cleared'))
  agenda.clear()
  agenda.after(20, () => void done.push('kept'))
  clock.advance(50)
  assert.deepEqual(done, ['kept'])
})

test('behaviour is as annotated, and quick where it is not', () => {
  const quick = { startDelayMs: 0, readyDelayMs: 0, exitAfterMs: undefined, exitCode: 0, stopDelayMs: 0 }
  assert.deepEqual(behaviourOf(undefined), quick)
  assert.deepEqual(behaviourOf({ [simulatedAnnotations.startDelay]: 'soon' }), quick)
  assert.deepEqual(
    behaviourOf({
      [simulatedAnnotations.exitAfter]: '1.5s',
      [simulatedAnnotations.exitCode]: '3',
      [simulatedAnnotations.stopDelay]: '1m',
    }),
    { ...quick, exitAfterMs: 1500, exitCode: 3, stopDelayMs: 60_000 },
  )
})
