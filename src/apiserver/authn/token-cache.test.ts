import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, manualClock } from '../../machinery/index.ts'
import { TokenCache, tokenCacheMeasures } from './token-cache.ts'

test('a token is looked up once for all who ask, then known; a failure is nobody’s answer but theirs', async () => {
  const clock = manualClock(0)
  const metrics = new Metrics()
  const cache = new TokenCache<string>(new Map(), tokenCacheMeasures(metrics, clock))
  const waiting = Promise.withResolvers<string>()
  let looked = 0
  const find = () => {
    looked++
    return waiting.promise
  }
  const both = [cache.get('t', find), cache.get('t', find)]
  const shown = () =>
    Object.fromEntries(
      metrics
        .text()
        .split('\n')
        .flatMap((line) => [...line.matchAll(/^authentication_token_cache_(\w+)\{status="(\w+)"\} (\d+)$/g)])
        .filter(([, name]) => !name!.startsWith('request_duration'))
        .map(([, name, status, value]) => [`${name} ${status}`, Number(value)]),
    )
  assert.deepEqual([shown()['active_fetch_count in_flight'], shown()['active_fetch_count blocked']], [1, 2])
  clock.advance(300)
  waiting.resolve('somebody')
  assert.deepEqual(await Promise.all(both), ['somebody', 'somebody'])
  assert.equal(await cache.get('t', find), 'somebody')
  await assert.rejects(
    cache.get('u', async () => {
      throw new Error('nobody there')
    }),
    /nobody there/,
  )
  assert.equal(await cache.get('u', async () => 'back'), 'back')
  assert.equal(looked, 1)
  assert.deepEqual(shown(), {
    'request_total hit': 1,
    'request_total miss': 4,
    'fetch_total ok': 2,
    'fetch_total error': 1,
    'active_fetch_count blocked': 0,
    'active_fetch_count in_flight': 0,
  })
  const slow = 'authentication_token_cache_request_duration_seconds_bucket{status="miss",le="0.25"} 2'
  assert.ok(metrics.text().includes(slow))
})
