import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packed, unpacked } from './packing.ts'

test('a batch is the same after it was packed: values, empty ones, and deletes', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  const batch = [
    { key: '/a', revision: 1, created: 1, replaced: 0, value: bytes('one') },
    { key: '/b', revision: 2, created: 2, replaced: 0, value: bytes('') },
    { key: '/a', revision: 3, created: 1, replaced: 1, value: undefined },
    { key: '/c', revision: 4, created: 4, replaced: 0, value: bytes('zwei €') },
  ]
  const sent = structuredClone(packed(batch))
  assert.equal(sent.bytes.length, 11)
  assert.deepEqual(unpacked(sent), batch)
  assert.deepEqual(unpacked(packed([])), [])
})
