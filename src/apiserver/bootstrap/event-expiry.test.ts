import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import { expireEvents } from './event-expiry.ts'

test('an event goes a while after it was last written, whoever wrote it, and not before', async () => {
  const clock = manualClock()
  const gone: string[] = []
  let tell = (_type: 'put' | 'delete', _name: string, _revision: number) => {}
  const registry = {
    all: async () => [{ metadata: { namespace: 'one', name: 'old', resourceVersion: '1' } }],
    delete: async (_of: unknown, namespace: string, name: string) => void gone.push(`${namespace}/${name}`),
  }
  const hub = {
    onChange(_of: unknown, listener: (change: object) => void) {
      tell = (type, name, modified) => listener({ type, entry: { key: `/registry/events/one/${name}`, modified } })
      return { [Symbol.dispose]: () => {} }
    },
  }
  using _ = expireEvents(registry as never, hub as never, clock, 60_000)
  await Promise.resolve()
  clock.advance(10_000)
  for (const [at, name] of ['a', 'b', 'c'].entries()) tell('put', name, 2 + at)
  tell('delete', 'c', 5)
  clock.advance(30_000)
  tell('put', 'b', 6)
  clock.advance(19_000)
  assert.deepEqual(gone, [])
  clock.advance(2_000)
  assert.deepEqual(gone, ['one/old'])
  clock.advance(10_000)
  assert.deepEqual(gone, ['one/old', 'one/a'])
  clock.advance(40_000)
  assert.deepEqual(gone, ['one/old', 'one/a', 'one/b'])
})
