import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import type { NodeRoom } from '../node/pressure.ts'
import type { Verdict } from '../pods/context.ts'
import { evictUnderPressure } from './evict.ts'

const mebibyte = 2 ** 20

test('one pod after the other goes while memory is short, each waited for; unused images go first when disk is', async () => {
  const clock = manualClock(0)
  const stop = new AbortController()
  let room: NodeRoom = { 'memory.available': { available: 10 * mebibyte, capacity: 1024 * mebibyte } }
  let frees = 0
  const events: string[] = []
  const signals: string[] = []
  const verdicts: [string, Verdict][] = []
  const podOf = (name: string) => {
    const state = { ended: false }
    return {
      pod: {
        metadata: { name, uid: name },
        spec: { containers: [{ name: 'c' }] },
        status: { phase: 'Running' },
      } as unknown as Pod,
      admitted: true,
      get ended() {
        return state.ended
      },
      evict: (verdict: Verdict) => void verdicts.push([name, verdict]),
      diskUse: async () => ({ bytes: 1, inodes: 1 }),
      end: () => void (state.ended = true),
    }
  }
  /** Time passes, and what waits for it goes on. */
  const pass = async (ms: number) => {
    for (let passedMs = 0; passedMs < ms; passedMs += 500) {
      clock.advance(500)
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const [large, small] = [podOf('large'), podOf('small')]
  const running = evictUnderPressure(
    {
      settings: {} as never,
      runtime: {
        usage: async () => [
          { podUid: 'small', name: 'c', workingSetBytes: 1 * mebibyte },
          { podUid: 'large', name: 'c', workingSetBytes: 9 * mebibyte },
        ],
      } as never,
      clock,
      record: (about, _type, reason) => void events.push(`${about.metadata.name} ${reason}`),
      complain: (about, error) => assert.fail(`${about}: ${String(error)}`),
      room: async () => room,
      onPassed: (passed) => void signals.push(passed.map(({ signal }) => signal).join()),
      node: () => ({ metadata: { name: 'node' } }) as never,
      pods: () => [small, large],
      freeImages: async () => {
        frees++
        room = { 'imagefs.available': { available: 50, capacity: 100 } }
      },
    },
    stop.signal,
  )
  await pass(10_000)
  assert.deepEqual(events, ['node EvictionThresholdMet', 'large Evicted'])
  assert.equal(verdicts[0]?.[0], 'large')
  assert.deepEqual(
    { ...verdicts[0]?.[1], message: '' },
    { reason: 'Evicted', message: '', graceSeconds: 1, isDisruption: true },
  )
  // It takes its time to end, and nobody else goes meanwhile.
  await pass(15_000)
  assert.equal(verdicts.length, 1)
  large.end()
  await pass(11_000)
  assert.deepEqual(
    verdicts.map(([name]) => name),
    ['large', 'small'],
  )
  small.end()
  room = { 'imagefs.available': { available: 5, capacity: 100 } }
  await pass(31_000)
  assert.equal(frees, 1)
  assert.deepEqual([signals[0], signals.includes('imagefs.available'), signals.at(-1)], ['memory.available', true, ''])
  assert.equal(verdicts.length, 2)
  stop.abort()
  await running
})
