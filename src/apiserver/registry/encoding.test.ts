import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMaps, type ResourceDefinition } from '../../resources/index.ts'
import type { Entry } from '../../store/index.ts'
import { objectOf } from './encoding.ts'

test('readers of two states of a declaration each keep their own object of an entry', () => {
  const ofState = (state: string) =>
    ({
      ...{ group: 'example.com', version: 'v1', kind: 'Thing', plural: 'things', storage: { version: 'v1' } },
      custom: { declaration: { current: (object: object) => ({ ...object, state }) } },
    }) as unknown as ResourceDefinition<any>
  const value = new TextEncoder().encode('{"apiVersion":"example.com/v1","metadata":{"name":"a"}}')
  const entry = { key: 'a', value, sizeBytes: value.length, created: 1, modified: 1 } as unknown as Entry
  const [before, after] = [ofState('before'), ofState('after')]
  const first = objectOf(before, entry)
  assert.equal((objectOf(after, entry) as { state?: string }).state, 'after')
  // What was converted ahead is found by the object itself, so it must stay the same one.
  assert.equal(objectOf(before, entry), first)
})

test('of large objects only the last few are kept parsed, and all can be read', () => {
  const entries = Array.from({ length: 40 }, (_, at) => {
    const value = new TextEncoder().encode(`{"metadata":{"name":"m-${at}"},"data":{"a":"${'x'.repeat(300 << 10)}"}}`)
    return { key: `m-${at}`, value, sizeBytes: value.length, created: 1, modified: at + 1 } as Entry
  })
  const first = objectOf(configMaps, entries[0]!)
  assert.equal(objectOf(configMaps, entries[0]!), first)
  const last = entries.map((entry) => objectOf(configMaps, entry)).at(-1)
  assert.equal(objectOf(configMaps, entries.at(-1)!), last)
  const again = objectOf(configMaps, entries[0]!)
  assert.notEqual(again, first)
  assert.deepEqual(again, first)
})
