import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, manualClock } from '../../machinery/index.ts'
import { configMaps, deployments } from '../../resources/index.ts'
import { openMemoryStore, StoreUnavailableError } from '../../store/index.ts'
import { measuredStore } from './measured-store.ts'

test('writes are counted by what they do, and of which kind; those that fail are told apart', async () => {
  const own = await openMemoryStore()
  const metrics = new Metrics()
  const declared = { ...configMaps, plural: 'things', group: 'example.com', storage: { prefix: 'example.com/things' } }
  let hasBegun = false
  const kinds: unknown[] = [configMaps, deployments]
  const store = measuredStore(
    own,
    manualClock(),
    metrics,
    () => kinds as never,
    () => hasBegun,
  )
  const value = Buffer.from('{}')
  await store.put('/registry/configmaps/default/brought', value, 0)
  hasBegun = true
  const made = await store.put('/registry/configmaps/default/a', value, 0)
  assert.ok(made.ok)
  await store.put('/registry/configmaps/default/a', value, made.entry.modified)
  // A kind that was declared after the first writes.
  kinds.push(declared)
  await store.put('/registry/example.com/things/default/b', value, 0)
  await own[Symbol.asyncDispose]()
  await assert.rejects(store.delete('/registry/configmaps/default/a', 3), StoreUnavailableError)
  await Promise.resolve()
  const lines = metrics.text().split('\n')
  const values = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}{`)).map((line) => line.slice(name.length))
  assert.deepEqual(values('etcd_requests_total'), [
    '{group="",operation="create",resource="configmaps"} 1',
    '{group="",operation="update",resource="configmaps"} 1',
    '{group="example.com",operation="create",resource="things"} 1',
    '{group="",operation="delete",resource="configmaps"} 1',
  ])
  assert.deepEqual(values('etcd_request_errors_total'), ['{group="",operation="delete",resource="configmaps"} 1'])
  assert.equal(values('etcd_request_duration_seconds_count').length, 4)
})
