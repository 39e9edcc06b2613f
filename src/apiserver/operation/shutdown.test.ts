import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import { Shutdown } from './shutdown.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a server that goes down says so first, serves on for the delay, then ends watches and waits for the rest', async () => {
  const clock = manualClock()
  const shutdown = new Shutdown(clock)
  const request = shutdown.serve()
  let isEnded = false
  using _watch = shutdown.watch(() => {
    isEnded = true
  })
  const steps: string[] = []
  const done = shutdown.run(5000, async () => void steps.push('last')).then(() => steps.push('done'))
  await turn()
  assert.deepEqual([shutdown.problem, shutdown.turnsAway, isEnded], ['process is shutting down', false, false])
  clock.advance(5000)
  await turn()
  assert.deepEqual([shutdown.turnsAway, isEnded, steps], [true, true, ['last']])
  request[Symbol.dispose]()
  await done
  assert.deepEqual(steps, ['last', 'done'])
})

test('a request that does not end holds nothing up for ever', async () => {
  const clock = manualClock()
  const shutdown = new Shutdown(clock)
  shutdown.serve()
  const done = shutdown.run(0, async () => {})
  await turn()
  clock.advance(10_000)
  await done
})
