import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProxyHealth } from './health.ts'

test('a proxy is well once its rules are in place, and until some have waited for a minute', () => {
  const health = new ProxyHealth()
  assert.equal(health.isHealthy(0), false)
  health.synced(1000)
  assert.equal(health.isHealthy(10_000_000), true)
  health.pending(20_000_000)
  health.pending(20_030_000)
  assert.equal(health.isHealthy(20_059_999), true)
  assert.equal(health.isHealthy(20_060_000), false)
  health.synced(20_061_000)
  assert.deepEqual([health.isHealthy(20_061_000), health.syncedMs], [true, 20_061_000])
})
